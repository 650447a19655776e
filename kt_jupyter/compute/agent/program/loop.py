"""The supervisor's loop: descriptors, timers and signals in one thread.

Not asyncio: importing it would double the agent's start, and a process that forks must have no other threads.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import selectors
import signal
import time
import traceback
from typing import Callable

Callback = Callable[[], None]


class Timer:
    """Something to be done later, unless it is cancelled."""

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        """Forget it."""
        self.callback = None


class Loop:
    """Waits, and calls who is concerned."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._signals: dict[int, Callback] = {}
        self._ended = False
        self._wake, wake = os.pipe()
        for fd in (self._wake, wake):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self.watch(self._wake, self._signalled)

    def on_signal(self, signum: int, callback: Callback) -> None:
        """Call back, in the loop, when a signal has come."""
        self._signals[signum] = callback
        signal.signal(signum, lambda *_: None)

    def watch(self, fd: int, readable: Callback | None, writable: Callback | None = None) -> None:
        """Call back when a descriptor can be read, or written; with neither it is left alone."""
        events = (selectors.EVENT_READ if readable else 0) | (selectors.EVENT_WRITE if writable else 0)
        known = self._selector.get_map().get(fd)
        if not events:
            if known is not None:
                self._selector.unregister(fd)
        elif known is None:
            self._selector.register(fd, events, (readable, writable))
        else:
            self._selector.modify(fd, events, (readable, writable))

    def later(self, seconds: float, callback: Callback) -> Timer:
        """Call back after a time."""
        timer = Timer(callback)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), timer))
        return timer

    def end(self) -> None:
        """Return from ``run`` soon."""
        self._ended = True

    def run(self) -> None:
        """Wait and call until ``end``."""
        while not self._ended:
            for key, events in self._selector.select(self._patience()):
                readable, writable = key.data
                try:
                    if events & selectors.EVENT_READ and readable is not None and self._still(key):
                        readable()
                    if events & selectors.EVENT_WRITE and writable is not None and self._still(key):
                        writable()
                except Exception:  # noqa: BLE001 - a fault of ours in one place must not end everybody's work
                    traceback.print_exc()
                    self.watch(key.fd, None)
            self._due()

    def _still(self, key: selectors.SelectorKey) -> bool:
        """Whether nobody who was called before has changed or closed it."""
        known = self._selector.get_map().get(key.fd)
        return known is not None and known.data is key.data

    def _patience(self) -> float | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None

    def _due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.callback is not None:
                try:
                    timer.callback()
                except Exception:  # noqa: BLE001 - see above
                    traceback.print_exc()

    def _signalled(self) -> None:
        came = b""
        with contextlib.suppress(BlockingIOError):
            came = os.read(self._wake, 4096)
        for signum in set(came):
            if signum in self._signals:
                self._signals[signum]()
