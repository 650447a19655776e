"""From what a process prints to records in a spool: joined where it comes in small pieces, in order, whole characters.

A program that prints byte by byte would make a record and a frame of each byte; a reader far away could not keep up.
So text waits up to 5 ms for more. A line that comes after a silence does not wait.
"""

from __future__ import annotations

import time
from typing import Callable

from . import records
from .log import Log
from .loop import Loop, Timer
from .spool import Spool

WINDOW = 0.005
_ENOUGH = 64 * 1024
_CONTINUES = 0b10  # the first bits of a byte in the middle of a UTF-8 character
_FIRST_OF = {0b1100: 2, 0b1101: 2, 0b1110: 3, 0b1111: 4}  # of its first byte: how many there are
_KINDS = {1: records.STDOUT, 2: records.STDERR}


class Output:
    """What one work prints."""

    def __init__(self, loop: Loop, spool: Spool, log: Log, changed: Callable[[], None]) -> None:
        self._loop = loop
        self._spool = spool
        self._log = log
        self._changed = changed
        self._pending: list[tuple[int, bytearray]] = []
        self._size = 0
        self._unfinished: dict[int, bytes] = {1: b"", 2: b""}
        self._timer: Timer | None = None
        self._flushed = 0.0

    def text(self, stream: int, data: bytes) -> None:
        """Take what was printed: 1 is output, 2 errors."""
        if self._pending and self._pending[-1][0] == stream:
            self._pending[-1][1].extend(data)
        else:
            self._pending.append((stream, bytearray(data)))
        self._size += len(data)
        if self._size >= _ENOUGH or (data.endswith(b"\n") and time.monotonic() - self._flushed > WINDOW):
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.later(WINDOW, self.flush)

    def record(self, kind: int, payload: bytes) -> None:
        """Take what was displayed, after what was printed before."""
        self._put_text()
        self._put(kind, payload)

    def flush(self) -> None:
        """Let readers have what is there."""
        self._put_text()
        self._changed()

    def finish(self) -> None:
        """Take the end: a character that was begun will not be finished."""
        self._put_text()
        for stream, rest in self._unfinished.items():
            if rest:
                self._put(_KINDS[stream], rest)
        self._unfinished = {1: b"", 2: b""}

    def _put_text(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending, self._pending, self._size = self._pending, [], 0
        for stream, text in pending:
            self._log.write(stream, text)
            data = self._unfinished[stream] + bytes(text)
            whole = whole_characters(data)
            self._unfinished[stream] = data[whole:]
            if whole:
                self._put(_KINDS[stream], data[:whole])
        self._flushed = time.monotonic()

    def _put(self, kind: int, payload: bytes) -> None:
        self._spool.append(records.encode(kind, payload))


def whole_characters(data: bytes) -> int:
    """Return how many bytes are left without a last UTF-8 character that is not complete."""
    size = len(data)
    for back in range(1, min(4, size) + 1):
        byte = data[size - back]
        if byte >> 6 != _CONTINUES:
            need = _FIRST_OF.get(byte >> 4, 1)
            return size - back if need > back else size
    return size
