"""What works have printed, on disk for whoever attaches later, within a limit.

A spool is a growing sequence of whole records. Its newest part is in memory (most works print little, and a file for
each would cost more than running them), older parts are files, and when all spools together are over the limit the
oldest part of the largest goes, whole records at a time. A reader who asks for what is gone gets what follows it: the
position tells.

While somebody reads and has not got the oldest part yet, it stays, and the spool says that it is ``full``: the work is
paused then. That waits for a slow reader, never for one who is absent or sleeps: see ``Store.patience``.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Callable

_PART = 1024 * 1024


class Spool:
    """One work's output.

    Attributes:
        begin: Position of the first byte that is still here.
        end: Position after the last.
        lost: Bytes that were never kept, because the disk was full.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._path = os.path.join(store.directory, name)
        self._parts: list[tuple[int, int, str]] = []  # begin, end, file
        self._tail = bytearray()
        self._readers: dict[object, int] = {}
        self._impatient: set[object] = set()
        self.begin = self.end = 0

    def append(self, record: bytes) -> None:
        """Add a whole record."""
        self._tail += record
        self.end += len(record)
        if len(self._tail) >= _PART:
            self._put_away()
        self._store.grew(len(record))

    def read(self, position: int, most: int) -> tuple[int, bytes]:
        """Return bytes from a position on, or from the beginning of what is left after it, and where they stand."""
        position = max(position, self.begin)
        tail = self.end - len(self._tail)
        if position >= tail:
            start = position - tail
            return position, bytes(self._tail[start : start + most])
        begin, end, path = next(part for part in self._parts if position < part[1])
        with open(path, "rb", buffering=0) as file:
            file.seek(position - begin)
            return position, file.read(min(most, end - position))

    def reader(self, who: object, position: int | None) -> None:
        """Note how far somebody has got; None when they are gone."""
        self._impatient.discard(who)
        if position is None:
            self._readers.pop(who, None)
        else:
            self._readers[who] = position
        self._store.eased()

    def may_go(self) -> bool:
        """Whether the oldest part is read by all who read, or nobody does."""
        if not self._parts:
            return False
        end = self._parts[0][1]
        return all(position >= end or who in self._impatient for who, position in self._readers.items())

    def lose_patience(self) -> None:
        """Wait no longer for those who read the oldest part: until they say something again."""
        self._impatient.update(who for who, position in self._readers.items() if position < self._parts[0][1])

    def drop(self) -> int:
        """Drop the oldest part; returns its size."""
        begin, end, path = self._parts.pop(0)
        with contextlib.suppress(OSError):
            os.unlink(path)
        self.begin = end
        return end - begin

    @property
    def on_disk(self) -> int:
        """Bytes that ``drop`` can free."""
        return sum(end - begin for begin, end, _ in self._parts)

    def close(self) -> None:
        """Drop everything."""
        size = len(self._tail)
        while self._parts:
            size += self.drop()
        self._tail.clear()
        self.begin = self.end
        self._store.shrank(self, size)

    def _put_away(self) -> None:
        begin = self.end - len(self._tail)
        path = f"{self._path}.{begin}"
        while True:
            try:
                with open(path, "wb", buffering=0) as file:
                    view = memoryview(self._tail)
                    while view:
                        view = view[file.write(view) :]
                    del view
                break
            except OSError:  # the disk is full
                with contextlib.suppress(OSError):
                    os.unlink(path)
                if not self._parts:  # nothing of ours to give up for it: these bytes themselves go
                    self._store.shrank(None, len(self._tail))
                    self.begin = self.end
                    self._tail.clear()
                    return
                self._store.shrank(None, self.drop())
        self._parts.append((begin, self.end, path))
        self._tail.clear()


class Store:
    """All spools of an agent.

    Args:
        directory: Where the files are; it exists.
        limit: Bytes.
        patience: Seconds that a reader who says nothing may hold up a work.

    Attributes:
        full: Whether works must pause: the limit is reached, and readers are not through with what would go.
        on_change: Called when ``full`` has changed.
    """

    def __init__(self, directory: str, limit: int, patience: float = 30.0) -> None:
        self.directory = directory
        self.limit = max(limit, 2 * _PART)
        self.patience = patience
        self.full = False
        self.on_change: Callable[[], None] = lambda: None
        self._spools: list[Spool] = []
        self._size = 0
        self._since = 0.0

    def spool(self, name: str) -> Spool:
        """Make a spool."""
        made = Spool(self, name)
        self._spools.append(made)
        return made

    def grew(self, size: int) -> None:
        """Make room, where somebody has printed."""
        self._size += size
        if self._size > self.limit:
            self._make_room()

    def shrank(self, spool: Spool | None, size: int) -> None:
        """Note that bytes are gone, and with them a spool if it is given."""
        self._size -= size
        if spool in self._spools:
            self._spools.remove(spool)
        self.eased()

    def eased(self) -> None:
        """See whether works can go on."""
        if self.full:
            self._make_room()

    def hurry(self) -> None:
        """Lose patience with readers that are due; to be called now and then while ``full``."""
        if self.full and time.monotonic() - self._since > self.patience:
            for spool in self._spools:
                if spool.on_disk:
                    spool.lose_patience()
            self._make_room()

    def _make_room(self) -> None:
        full = False
        while self._size > self.limit:
            ready = [spool for spool in self._spools if spool.may_go()]
            if not ready:
                full = any(spool.on_disk for spool in self._spools)
                break
            self._size -= max(ready, key=lambda spool: spool.on_disk).drop()
        if full != self.full:
            self.full, self._since = full, time.monotonic()
            self.on_change()
