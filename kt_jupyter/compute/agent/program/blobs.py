"""Payloads on their way in and results on their way out: small ones in memory, others in files."""

from __future__ import annotations

import mmap
import os
from typing import IO, Any, Union

IN_MEMORY = 64 * 1024

Buffer = Union[bytes, memoryview]


class Blob:
    """Bytes that are written once, from beginning to end, and then read; a binary file for ``pickle``.

    Attributes:
        size: Bytes so far.
        path: Its file; None while it is in memory.
    """

    def __init__(self, path: str, most: int | None = None) -> None:
        self._spare = path
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
        else:
            self._file.write(view)
        self.size += size
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

    def _to_file(self) -> None:
        if self._file is None:
            self._file = open(self._spare, "w+b")
            self.path = self._spare
            self._file.write(self._memory)
            self._memory.clear()

    @classmethod
    def of(cls, path: str, size: int) -> Blob:
        """Take over a file that another process has written, and will not change any more."""
        blob = cls(path)
        blob._file = open(path, "rb")
        blob.path, blob.size = path, size
        blob._map = mmap.mmap(blob._file.fileno(), size, access=mmap.ACCESS_READ)
        return blob


class TooLarge(Exception):  # noqa: N818 - named for what is true
    """It has more bytes than it may; ``size`` is a lower bound."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size
