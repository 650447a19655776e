"""A file to unpickle from, over the pieces in which a pickle came: a large object is then copied once, into itself."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from collections import deque
from collections.abc import Iterable
from typing import Final

_LARGE: Final = 4 * 1024 * 1024  # bytes: where numpy begins


class Pieces:
    """As much of a binary file as ``pickle.load`` wants; each piece goes as soon as it is read."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._pieces = deque(memoryview(piece) for piece in pieces)

    def readinto(self, buffer: memoryview | bytearray) -> int:
        """Fill a buffer; returns how many bytes there were."""
        room = memoryview(buffer)
        size = len(room)
        if size >= _LARGE:
            _in_large_pages(room)
        while self._pieces and room:
            piece = self._pieces[0]
            taken = min(len(piece), len(room))
            room[:taken] = piece[:taken]
            room = room[taken:]
            if taken < len(piece):
                self._pieces[0] = piece[taken:]
            else:
                self._pieces.popleft()
        return size - len(room)

    def read(self, size: int) -> bytes:
        """Return so many bytes."""
        buffer = bytearray(size)
        return bytes(memoryview(buffer)[: self.readinto(buffer)])

    def readline(self) -> bytes:
        """Return a line."""
        line = bytearray()
        while byte := self.read(1):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)


def _in_large_pages(room: memoryview) -> None:
    """Ask for fresh memory in pages of 2 MB, as numpy does: in those of 4 KB, 100 MB took 60 ms more."""
    advice = getattr(mmap, "MADV_HUGEPAGE", None)  # Linux
    if advice is None:
        return
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    with contextlib.suppress(OSError, AttributeError):  # a Python that shows no C library
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(address + len(room) - start), advice)
