"""Watches: the skeleton."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Event:
    """One change: what happened and the whole object after it (for DELETED: as it was last)."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: dict[str, Any]


class Watch:
    """The synchronous end of a watch: a context manager and an iterator of :class:`Event`."""

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Event]:
        raise NotImplementedError

    def next(self, timeout: float | None = None) -> Event:
        """Wait for the next event; ``TimeoutError`` after ``timeout`` seconds."""
        raise NotImplementedError
