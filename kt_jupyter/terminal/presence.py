"""Whether anybody has a terminal open: the Jupyter server knows it, and tells the program under the pty by a signal."""

from __future__ import annotations

import signal
import time
from typing import Final

SIGNAL: Final = signal.SIGURG  # ignored by a program that has not come to say what it means
EVERY: Final = 15.0  # seconds


class Presence:
    """The program's side.

    Args:
        told: Whether there is a server that tells. Without one whoever runs the program is there.
    """

    def __init__(self, *, told: bool) -> None:
        self._told = told
        self._last = time.monotonic()
        if told:
            signal.signal(SIGNAL, self._somebody)

    def within(self, seconds: float) -> bool:
        """Whether somebody has been there lately."""
        return not self._told or time.monotonic() - self._last < max(seconds, 2 * EVERY)

    def _somebody(self, *_: object) -> None:
        self._last = time.monotonic()
