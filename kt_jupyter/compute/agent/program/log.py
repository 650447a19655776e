"""The pod's own log: what works print goes there too, so that ``kubectl logs`` shows it.

Writing must never hold up the supervisor, nor a work that prints a gigabyte keep the node busy with lines that it
rotates away a moment later: what is too fast for the log is left out, and the log says how much. The notebook misses
nothing: it is served from the spool.
"""

from __future__ import annotations

import contextlib
import os
import time

from .loop import Loop

_AHEAD = 1024 * 1024
_BURST = 4 * 1024 * 1024
_RATE = 1024 * 1024  # bytes a second, in the long run


class Log:
    """The container's standard output and error."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        self._missed = {1: 0, 2: 0}
        self._room, self._since = float(_BURST), time.monotonic()
        for fd in (1, 2):
            os.set_blocking(fd, False)

    def write(self, fd: int, data: bytes | bytearray) -> None:
        """Add to it, or note that it misses this."""
        waiting = self._waiting[fd]
        now = time.monotonic()
        self._room = min(_BURST, self._room + (now - self._since) * _RATE)
        self._since = now
        if len(waiting) > _AHEAD or len(data) > self._room:
            self._missed[fd] += len(data)
            return
        self._room -= len(data)
        first = not waiting
        if self._missed[fd]:
            waiting += b"\n[kt] %d bytes are not in this log: too many at once\n" % self._missed[fd]
            self._missed[fd] = 0
        waiting += data
        if first:
            self._flush(fd)

    def say(self, text: str) -> None:
        """Add a line of the agent's own."""
        self.write(2, (f"[kt] {text}\n").encode())

    def finish(self) -> None:
        """Write what is waiting, if it is taken without waiting."""
        for fd in (1, 2):
            self._flush(fd)

    def _flush(self, fd: int) -> None:
        waiting = self._waiting[fd]
        try:
            while waiting:
                del waiting[: os.write(fd, waiting[:65536])]
        except BlockingIOError:
            pass
        except OSError:  # nobody will ever read it
            waiting.clear()
        with contextlib.suppress(OSError, ValueError):  # a file can't be waited for, nor need it be
            self._loop.watch(fd, None, (lambda: self._flush(fd)) if waiting else None)
