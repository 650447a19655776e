"""Frames on the way between a kernel and an agent, the same in both directions.

A frame has a type, a length, a checksum, and says which work it belongs to and where in that work's bytes it stands.
The position makes a broken connection harmless: whoever comes back says how far it got, and nothing is lost or comes
twice. Lengths and checksums are there because exec through a cluster can lose the end of what was sent and call it
success.

* ``JSON``: a request, a reply or a notice; belongs to no work.
* ``STREAM``: bytes of what a work printed and displayed (``records``), at their position.
* ``BLOB``: bytes of a payload on the way up, of a result on the way down.
"""

from __future__ import annotations

import struct
import zlib
from collections import deque
from typing import Any, NamedTuple, Union

JSON, STREAM, BLOB = 1, 2, 3
NOBODY = bytes(16)
CHUNK = 256 * 1024  # bytes of a payload at most; a reader takes more, up to the limit

_HEAD = struct.Struct(">BI16sQ")
_SUM = struct.Struct(">I")
_SIZE = _HEAD.size + _SUM.size
_MOST = 64 * 1024 * 1024

Buffer = Union[bytes, bytearray, memoryview]


class Garbled(Exception):  # noqa: N818 - named for what is true
    """What arrived is not what was sent; the connection is of no more use."""


class Frame(NamedTuple):
    """One frame that has arrived whole.

    The payload is bytes; of a ``BLOB`` it is the list of the pieces in which it came, so that nobody copies them.
    """

    type: int
    work: bytes
    position: int
    payload: Any


def head(type_: int, payload: Buffer, work: bytes = NOBODY, position: int = 0) -> bytes:
    """Return what goes before a payload: a frame can then be sent in two parts, and a large one is not copied."""
    words = _HEAD.pack(type_, len(payload), work, position)
    return words + _SUM.pack(zlib.crc32(payload, zlib.crc32(words)))


def encode(type_: int, payload: Buffer, work: bytes = NOBODY, position: int = 0) -> bytes:
    """Return a frame as it goes over the wire."""
    return b"".join((head(type_, payload, work, position), payload))


class Decoder:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._pieces: deque[memoryview] = deque()
        self._size = 0
        self._head: tuple[int, int, bytes, int, int] | None = None  # of the frame whose payload is awaited

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are whole by now.

        Raises:
            Garbled: A checksum or a length is wrong.
        """
        self._pieces.append(memoryview(data))
        self._size += len(data)
        frames: list[Frame] = []
        while True:
            if self._head is None:
                if self._size < _SIZE:
                    return frames
                self._head = self._read_head()
            type_, length, work, position, _ = self._head
            if self._size < length:
                return frames
            pieces = self._take(length)
            self._check(pieces)
            frames.append(Frame(type_, work, position, pieces if type_ == BLOB else b"".join(pieces)))
            self._head = None

    def _read_head(self) -> tuple[int, int, bytes, int, int]:
        words = b"".join(self._take(_SIZE))
        type_, length, work, position = _HEAD.unpack_from(words)
        if length > _MOST or type_ not in (JSON, STREAM, BLOB):
            raise Garbled("what arrived is no frame")
        (told,) = _SUM.unpack_from(words, _HEAD.size)
        self._sum = zlib.crc32(words[: _HEAD.size])
        return type_, length, work, position, told

    def _check(self, pieces: list[memoryview]) -> None:
        assert self._head is not None
        found = self._sum
        for piece in pieces:
            found = zlib.crc32(piece, found)
        if found != self._head[-1]:
            raise Garbled("a frame's checksum is wrong")

    def _take(self, size: int) -> list[memoryview]:
        taken: list[memoryview] = []
        self._size -= size
        while size:
            piece = self._pieces.popleft()
            if len(piece) > size:
                self._pieces.appendleft(piece[size:])
                piece = piece[:size]
            taken.append(piece)
            size -= len(piece)
        return taken
