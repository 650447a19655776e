r"""The state on disk: one append-only file of changes, rewritten now and then to hold only what still counts.

What "acknowledged" means: a change is written with ``write(2)`` before anyone hears of it, so killing the process,
with whatever signal, loses nothing. The file is flushed to the disk within ``FLUSH_SECONDS`` by a thread, so a power
cut may cost the last second of changes. (Flushing before each answer costs 0.4 ms on a good disk and 10 ms and more
on a laptop's, for a cluster whose pods don't survive a power cut anyway.)

The format: lines of ``<crc32 in hex> <JSON>\n``. The first is the header with the format's number; every other says
``put`` with an object or ``del`` with a key. A last line that is cut short is the trace of a kill in the middle of a
write that nobody was told of: it is dropped. Any other damage, and every other format number, is refused with a
sentence and the file is left as it is.

Compaction writes a whole new file and renames it over the old one, so that at every moment one complete file exists.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from kt_jupyter import __version__
from kt_jupyter.errors import LocalClusterError

FORMAT: Final = 1
FLUSH_SECONDS: Final = 1.0
# The file is compacted when it has grown to this many bytes beyond four times what it held when it was last compact.
_SLACK: Final = 8 * 1024 * 1024


class Journal:
    """The file ``journal`` in a directory. ``load`` it once, then ``append`` to it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "journal"
        self._fd = -1
        self._size = 0
        self._compact_size = 0
        self._dirty = False

    @property
    def dirty(self) -> bool:
        """Whether something was written that may not have reached the disk."""
        return self._dirty

    @property
    def overgrown(self) -> bool:
        """Whether most of the file is history that no longer counts."""
        return self._size > 4 * self._compact_size + _SLACK

    def load(self) -> Iterator[dict[str, Any]]:
        """Yield every record, oldest first, and leave the journal open for appending.

        Raises:
            LocalClusterError: the file was written by another version, or is damaged elsewhere than in its last line.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.path.exists():
            self.rewrite([], revision=0)
            return
        whole = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                record = _decode(line)
                if record is None:
                    if number == 1 or file.read(1):
                        raise self._refusal(f"line {number} of {self.path} is damaged")
                    break
                if number == 1:
                    self._check_header(record)
                whole += len(line)
                yield record
        if whole == 0:
            raise self._refusal(f"{self.path} is empty")
        self._open(whole)

    def append(self, record: bytes) -> None:
        """Write one record, JSON already; when this returns, a kill of the process cannot lose it.

        Raises:
            OSError: the disk is full, for instance; the file is then as it was before.
        """
        line = _encode(record)
        try:
            written = os.write(self._fd, line)
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(line)
        self._dirty = True

    def rewrite(self, records: Iterable[bytes], *, revision: int) -> None:
        """Replace the file by a header and these records, in one step that cannot be seen half done."""
        header = {"format": FORMAT, "writer": f"kt_jupyter {__version__}", "revision": revision}
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(_encode(json.dumps(header).encode()))
            for record in records:
                file.write(_encode(record))
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o600)
        fresh.replace(self.path)
        _sync_directory(self.path.parent)
        self._open(self.path.stat().st_size)
        self._compact_size = self._size

    def flush(self) -> None:
        """Bring what was written to the disk; safe to call from another thread."""
        if self._dirty and self._fd >= 0:
            self._dirty = False
            os.fsync(self._fd)

    def close(self) -> None:
        """Flush and close."""
        if self._fd >= 0:
            self.flush()
            os.close(self._fd)
            self._fd = -1

    def _open(self, size: int) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        os.ftruncate(self._fd, size)
        self._size = size

    def _check_header(self, header: dict[str, Any]) -> None:
        found = header.get("format")
        if found == FORMAT:
            return
        writer = header.get("writer", "another program")
        raise self._refusal(f"{self.path} has format {found} (written by {writer}); this version reads format {FORMAT}")

    def _refusal(self, fact: str) -> LocalClusterError:
        return LocalClusterError(
            f"The local cluster's state cannot be used: {fact}. Nothing was changed.",
            remedy="Start it with the version that wrote it, or begin anew, which deletes its volumes and their data:\n"
            "python -m kt_jupyter.local reset --yes",
        )


def _encode(record: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(record), record)


def _decode(line: bytes) -> dict[str, Any] | None:
    """Return the record in a line, None when the line is cut short or damaged."""
    checksum, _, record = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(record):
        return None
    decoded = json.loads(record)
    return decoded if isinstance(decoded, dict) else None


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
