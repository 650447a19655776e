"""Ctrl-C while a work is followed: counted, acted upon at once, and never in the middle of showing something."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from typing import Any, Final, Self

_HEEDED: Final = 2  # presses that are passed on; the next one leaves


class Presses:
    """A context in which the first presses are given to ``act`` and the next raises KeyboardInterrupt as usual.

    Only the main thread can be interrupted; elsewhere nothing changes.

    Args:
        act: Called with how often it was pressed, in the signal handler: it must not wait.
    """

    def __init__(self, act: Callable[[int], Any]) -> None:
        self._act = act
        self._count = 0
        self._before: Any = None
        self._ours = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._ours:
            self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            with contextlib.suppress(TypeError):  # a handler that was not made in Python can't be put back
                signal.signal(signal.SIGINT, self._before)

    def _pressed(self, *_: object) -> None:
        self._count += 1
        if self._count > _HEEDED:
            raise KeyboardInterrupt
        self._act(self._count)
