"""Messages between the supervisor and a child, whole or not at all.

A socket that keeps messages apart: a signal handler that raises in the middle of sending (Ctrl-C, or a user's own
timeout) can then never leave half a message behind. Larger messages go in numbered pieces; of one that was interrupted
the receiver keeps nothing for long.

Each message of a child says how many bytes lie in its raw output pipes at that moment, which come before it: so what a
subprocess printed and what Python printed stay in order although they take different ways.
"""

from __future__ import annotations

import itertools
import socket
import struct
from typing import NamedTuple

# From a child: text it printed, records (see ``records``), and what became of the work.
OUT, ERR, RECORD, BEGUN, FINISHED = 1, 2, 3, 4, 5
# To the cells' process.
RUN = 16

_HEAD = struct.Struct(">BBIII")  # kind, last piece?, number, bytes before it in the pipes for output and for errors
PIECE = 60 * 1024
_UNFINISHED = 8
_SIZE = 1024 * 1024


class Message(NamedTuple):
    """A message that has arrived whole."""

    kind: int
    payload: bytes
    before: tuple[int, int]


class Channel:
    """One end."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self._numbers = itertools.count()
        self._pieces: dict[int, list[bytes]] = {}

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Return two ends."""
        kind = getattr(socket, "SOCK_SEQPACKET", socket.SOCK_DGRAM)
        try:
            ends = socket.socketpair(socket.AF_UNIX, kind)
        except OSError:  # macOS has the name and not the thing
            ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SIZE)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SIZE)
        return cls(ends[0]), cls(ends[1])

    def fileno(self) -> int:
        """Return the descriptor."""
        return self.raw.fileno()

    def send(self, kind: int, payload: bytes, before: tuple[int, int] = (0, 0)) -> None:
        """Send a message; from any thread."""
        number = next(self._numbers) & 0xFFFFFFFF
        size = len(payload)
        if size <= PIECE:
            self.raw.send(_HEAD.pack(kind, 1, number, *before) + payload)
            return
        for start in range(0, size, PIECE):
            head = _HEAD.pack(kind, start + PIECE >= size, number, *before)
            self.raw.send(head + payload[start : start + PIECE])

    def receive(self) -> Message | None:
        """Return the next message; None at the end.

        Raises:
            BlockingIOError: There is none now (where the socket does not block).
        """
        while True:
            data = self.raw.recv(PIECE + _HEAD.size)
            if not data:
                return None
            kind, last, number, out, err = _HEAD.unpack_from(data)
            payload = data[_HEAD.size :]
            if last and not self._pieces:
                return Message(kind, payload, (out, err))
            pieces = self._pieces.setdefault(number, [])
            pieces.append(payload)
            if last:
                del self._pieces[number]
                return Message(kind, b"".join(pieces), (out, err))
            if len(self._pieces) > _UNFINISHED:
                del self._pieces[min(self._pieces)]

    def close(self) -> None:
        """Close it."""
        self.raw.close()
