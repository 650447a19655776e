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
from typing import NamedTuple, Union

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
    """One frame that has arrived whole."""

    type: int
    work: bytes
    position: int
    payload: bytes


def encode(type_: int, payload: Buffer, work: bytes = NOBODY, position: int = 0) -> bytes:
    """Return a frame as it goes over the wire."""
    head = _HEAD.pack(type_, len(payload), work, position)
    return b"".join((head, _SUM.pack(zlib.crc32(payload, zlib.crc32(head))), payload))


class Decoder:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: Buffer) -> list[Frame]:
        """Return the frames that are whole by now.

        Raises:
            Garbled: A checksum or a length is wrong.
        """
        self._rest += data
        frames: list[Frame] = []
        start = 0
        with memoryview(self._rest) as view:
            while len(view) - start >= _SIZE:
                type_, length, work, position = _HEAD.unpack_from(view, start)
                if length > _MOST or type_ not in (JSON, STREAM, BLOB):
                    raise Garbled("what arrived is no frame")
                end = start + _SIZE + length
                if len(view) < end:
                    break
                payload = bytes(view[start + _SIZE : end])
                (told,) = _SUM.unpack_from(view, start + _HEAD.size)
                if zlib.crc32(payload, zlib.crc32(view[start : start + _HEAD.size])) != told:
                    raise Garbled("a frame's checksum is wrong")
                frames.append(Frame(type_, work, position, payload))
                start = end
        del self._rest[:start]
        return frames
