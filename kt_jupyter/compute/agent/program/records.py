"""What a work printed and displayed, as a sequence of bytes: the contents of its spool.

A record is a kind, a length and a payload: text for what was printed, a pickle for an item, else JSON. Positions in the
sequence always grow; its beginning may be missing, then from the beginning of a record on.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

STARTED, STDOUT, STDERR, DISPLAY, CLEAR, RESULT, ERROR, DONE, ITEM = range(1, 10)

_HEAD = struct.Struct(">BI")


class Record(NamedTuple):
    """One record; ``end`` is the position after it."""

    kind: int
    payload: bytes
    end: int


def encode(kind: int, payload: bytes) -> bytes:
    """Return a record's bytes."""
    return _HEAD.pack(kind, len(payload)) + payload


class Reader:
    """Cuts a sequence into records.

    Attributes:
        position: Up to where bytes have arrived.
    """

    def __init__(self, position: int = 0) -> None:
        self.position = position
        self._rest = bytearray()

    def feed(self, position: int, data: bytes | memoryview) -> list[Record]:
        """Take bytes at a position, and return the records that are whole by now.

        Bytes that came before are ignored. A gap is one in the sequence itself: what was begun is dropped then, and
        ``position`` shows where it goes on.
        """
        if position > self.position:
            self._rest.clear()
            self.position = position
        data = data[self.position - position :]
        self._rest += data
        self.position += len(data)
        records: list[Record] = []
        start, base = 0, self.position - len(self._rest)
        while len(self._rest) - start >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._rest, start)
            end = start + _HEAD.size + length
            if len(self._rest) < end:
                break
            records.append(Record(kind, bytes(self._rest[start + _HEAD.size : end]), base + end))
            start = end
        del self._rest[:start]
        return records
