"""Payloads on their way in and results on their way out: small ones in memory, others in files."""

from __future__ import annotations

import mmap
import os
from typing import IO, Any, Callable, Union

IN_MEMORY = 64 * 1024
_STEP = 4 * 1024 * 1024  # bytes written, after which others are told that they are there

Buffer = Union[bytes, memoryview]


class Blob:
    """Bytes that are written once, from beginning to end, and read; a binary file for ``pickle``.

    Args:
        path: The file that it has when it is not small.
        most: Bytes that it may have.
        on_growth: Called each time that many more of them are to be found in the file.

    Attributes:
        size: Bytes so far.
        path: Its file; None while it is in memory.
    """

    def __init__(self, path: str, most: int | None = None, on_growth: Callable[[Blob], None] | None = None) -> None:
        self._spare = path
        self._on_growth = on_growth
        self._told = 0
        self._most = most
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self.path: str | None = None
        self.size = 0
        self._map: mmap.mmap | None = None

    def write(self, data: Any) -> int:
        """Add bytes.

        Raises:
            TooLarge: It would be larger than it may.
            OSError: There is no room on the disk.
        """
        view = memoryview(data).cast("B")
        size = len(view)
        if self._most is not None and self.size + size > self._most:
            raise TooLarge(self.size + size)
        if self.size + size > IN_MEMORY:
            self._to_file()
        if self._file is None:
            self._memory += view
            self.size += size
        else:
            self._write_out(self._file, view)
        return size

    def flush(self) -> None:
        """Let other processes see the file's bytes."""
        if self._file is not None:
            self._file.flush()

    def as_file(self) -> str | None:
        """Return the path of a file that has it; None when it is empty."""
        if self.size:
            self._to_file()
        self.flush()
        return self.path

    def read(self, position: int, most: int) -> Buffer:
        """Return bytes from a position on."""
        if self._map is not None:
            return memoryview(self._map)[position : position + most]
        if self._file is None:
            return bytes(self._memory[position : position + most])
        self._file.flush()
        return os.pread(self._file.fileno(), most, position)

    def whole(self) -> bytes:
        """Return all of it."""
        return b"".join(self.read(position, 1 << 30) for position in range(0, self.size, 1 << 30))

    def close(self) -> None:
        """Drop it."""
        self._memory.clear()
        if self._file is not None:
            self._file.close()
            os.unlink(self._spare)
            self._file = self._map = None  # unmapped when nothing of it is on its way any more

    def _write_out(self, file: IO[bytes], view: memoryview) -> None:
        while view:
            part, view = view[:_STEP], view[_STEP:]
            file.write(part)
            self.size += len(part)
            if self._on_growth is not None and self.size - self._told >= _STEP:
                file.flush()
                self._told = self.size
                self._on_growth(self)

    def _to_file(self) -> None:
        if self._file is None:
            self._file = open(self._spare, "w+b")
            self.path = self._spare
            self._file.write(self._memory)
            self._memory.clear()

    @classmethod
    def of(cls, path: str, size: int) -> Blob:
        """Take over a file that another process writes, and has written so far."""
        blob = cls(path)
        blob._file = open(path, "rb")
        blob.path = path
        blob.grow(size)
        return blob

    def grow(self, size: int) -> None:
        """Note how much that process has written by now."""
        assert self._file is not None
        if size > self.size:
            self._map = mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ)  # of before goes when it is sent
            self.size = size


class TooLarge(Exception):  # noqa: N818 - named for what is true
    """It has more bytes than it may; ``size`` is a lower bound."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size
