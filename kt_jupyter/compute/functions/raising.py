"""Exceptions that were raised in a pod, raised here: the same type, with the traceback of there.

Whoever calls a function that runs elsewhere wants ``except ValueError`` to work, and to see which line there was to
blame. So the exception itself comes back, pickled, with the remote traceback as its cause, as ``concurrent.futures``
does it; IPython asks the exception how it is to be shown, and shows that one block.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

from kt_jupyter.errors import KtError, RemoteError

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class RemoteTraceback(Exception):  # noqa: N818 - it is one
    """The text of a traceback, as the cause of an exception that comes from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}\n"""'


class _Block:
    """What IPython shows in place of a traceback; pickles, as the exception that has it must."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __call__(self) -> list[str]:
        return self._lines


def from_there(error: BaseException, traceback: tuple[str, ...], where: str) -> BaseException:
    """Dress an exception that came from a pod.

    Args:
        error: The exception.
        traceback: Lines as IPython prints them, colours included.
        where: Such as ``train on pod kt-a1b2``.
    """
    lines = [*traceback, f"    raised in {where}"]
    _dress(error, plain(lines), lines)
    return error


def remote_error(type_name: str, message: str, traceback: tuple[str, ...], where: str, why: str) -> RemoteError:
    """Return what is raised in place of an exception that can't come here."""
    error = RemoteError(
        f"{where} raised {type_name}{f': {message}' if message else ''}.",
        type_name=type_name,
        message=message,
        traceback=plain(traceback),
        remedy=f"It is shown as text, because {why}.",
    )
    _dress(error, error.traceback, [*traceback, *KtError._render_traceback_(error)])
    return error


def plain(lines: tuple[str, ...] | list[str]) -> str:
    """Return lines without colours."""
    return _ANSI.sub("", "\n".join(lines))


def _dress(error: BaseException, cause: str, shown: list[str]) -> None:
    # Past its own ``__setattr__``: an exception may be a frozen dataclass.
    BaseException.__setattr__(error, "__cause__", RemoteTraceback(cause))
    with contextlib.suppress(AttributeError):  # it has no room for attributes; its cause tells
        error.__dict__["_render_traceback_"] = _Block(shown)


def described(error: Any) -> str:
    """Say what an exception is, in one line."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
