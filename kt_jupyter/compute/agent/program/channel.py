"""Messages from a child to the supervisor, whole or not at all, and orders to it.

A pipe, in pieces that are written in one go (``PIPE_BUF``): a signal handler that raises in the middle of printing
(Ctrl-C, or a user's own timeout) can then never leave half a piece behind, nor can two threads mix theirs; and the
supervisor takes thousands of them in one read. Of a message in several pieces that was interrupted nothing is kept.

Each message names the marks that must be reached first in the child's raw output pipes (see ``raw``), if any.
"""

from __future__ import annotations

import itertools
import os
import select
import struct
from typing import NamedTuple

# Text that was printed, records (see ``records``), and what became of the work.
OUT, ERR, RECORD, BEGUN, FINISHED = 1, 2, 3, 4, 5
# From the fork server.
MADE, NOT_MADE, REAPED = 6, 7, 8
# How much of the work's result is in its file by now.
GROWN = 9

_HEAD = struct.Struct(">BBHIII")  # kind, last piece?, length, number, marks in the pipes for output and for errors
PIECE = select.PIPE_BUF - _HEAD.size
_UNFINISHED = 8


class Message(NamedTuple):
    """A message that has arrived whole."""

    kind: int
    payload: bytes
    marks: tuple[int, int]


class Speaker:
    """The child's end."""

    def __init__(self, fd: int, begin: bytes) -> None:
        self.fd = fd
        self.begin = begin  # of the marks in the raw pipes
        self._numbers = itertools.count()

    def say(self, kind: int, payload: bytes, marks: tuple[int, int] = (0, 0)) -> None:
        """Send a message; from any thread."""
        number = next(self._numbers) & 0xFFFFFFFF
        size = len(payload)
        if size <= PIECE:
            os.write(self.fd, _HEAD.pack(kind, 1, size, number, *marks) + payload)
            return
        for start in range(0, size, PIECE):
            piece = payload[start : start + PIECE]
            os.write(self.fd, _HEAD.pack(kind, start + PIECE >= size, len(piece), number, *marks) + piece)


class Hearer:
    """The supervisor's end: cuts what was read into messages."""

    def __init__(self) -> None:
        self._rest = b""
        self._pieces: dict[int, list[bytes]] = {}

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are whole by now."""
        data = self._rest + data
        messages: list[Message] = []
        start, end = 0, len(data)
        while end - start >= _HEAD.size:
            kind, last, length, number, out, err = _HEAD.unpack_from(data, start)
            after = start + _HEAD.size + length
            if after > end:
                break
            payload = data[start + _HEAD.size : after]
            start = after
            if last and number not in self._pieces:
                messages.append(Message(kind, payload, (out, err)))
                continue
            pieces = self._pieces.setdefault(number, [])
            pieces.append(payload)
            if last:
                del self._pieces[number]
                messages.append(Message(kind, b"".join(pieces), (out, err)))
            elif len(self._pieces) > _UNFINISHED:
                del self._pieces[min(self._pieces)]
        self._rest = data[start:]
        return messages
