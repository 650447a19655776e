"""What a generator yields, given one by one or kept."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Optional

from . import tracebacks
from .pickles import blame, dumps

Give = Optional[Callable[[bytes], None]]


class ItemNotPicklable(Exception):  # noqa: N818 - named for what is true
    """An item can't be pickled."""


def given(values: Any, give: Give) -> list[Any]:
    """Give what a generator yields, or return it; closed at the end, so that its ``finally`` runs here."""
    kept: list[Any] = []
    with contextlib.closing(values):
        for value in values:
            _give(value, give, kept)
    return kept


async def given_later(values: Any, give: Give) -> list[Any]:
    """Do the same for an asynchronous one."""
    kept: list[Any] = []
    try:
        async for value in values:
            _give(value, give, kept)
    finally:
        await values.aclose()
    return kept


def _give(value: Any, give: Give, kept: list[Any]) -> None:
    if give is None:
        kept.append(value)
        return
    try:
        data = dumps(value)
    except Exception as error:  # anything can be raised by what is pickled
        raise ItemNotPicklable(f"{blame(value, 'item')}: {tracebacks.one_line(error)}") from error
    give(data)
