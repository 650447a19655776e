"""The way out of a connection: what is ready to be sent, and where it goes.

That is the socket, or the relay's own output once the relay has lent it (the descriptor comes with its first bytes).
Copying 100 MB from the socket to there cost the relay 150 ms of the pod's CPU; so it carries only what goes up.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections import deque
from typing import Callable

from .blobs import Buffer
from .forks import widen
from .loop import Loop, Timer

_PARTS = 16  # handed over together
_DRAIN = 0.002  # seconds in which the reader of a wide pipe takes a fifth of it


class Outlet:
    """See the module.

    Args:
        loop: Ours.
        raw: The connection's socket.
        on_room: Called when there is room again, after ``settle`` has found that something was left.

    Attributes:
        size: Bytes that are ready to be sent.
    """

    def __init__(self, loop: Loop, raw: socket.socket, on_room: Callable[[], None]) -> None:
        self._loop = loop
        self._on_room = on_room
        self._fd = os.dup(raw.fileno())  # what is watched for reading is another's
        self._parts: deque[memoryview] = deque()
        self._lent = self._wide = self._waits = False
        self._timer: Timer | None = None
        self.size = 0

    def lend(self, fd: int) -> None:
        """Send by this from now on. Not when something is on its way already: it would be overtaken."""
        if self._lent or self._waits:
            os.close(fd)
            return
        os.close(self._fd)
        os.set_blocking(fd, False)
        self._fd, self._lent, self._wide = fd, True, widen(fd)

    def put(self, *parts: Buffer) -> None:
        """Add what is to be sent."""
        for part in parts:
            self._parts.append(memoryview(part))
            self.size += len(part)

    def write(self) -> None:
        """Send as much as is taken at once.

        Raises:
            BlockingIOError: There is no room now.
            OSError: Nobody is there.
        """
        size = os.writev(self._fd, list(itertools.islice(self._parts, _PARTS)))
        self.size -= size
        while size:
            first = self._parts.popleft()
            if len(first) > size:
                self._parts.appendleft(first[size:])
            size -= min(size, len(first))

    def settle(self) -> None:
        """Wait for room if something is left, else for nothing."""
        waits = bool(self._parts)
        if waits != self._waits:
            self._waits = waits
            self._loop.watch(self._fd, None, self._room if waits else None)

    def close(self) -> None:
        """Send no more."""
        if self._timer is not None:
            self._timer.cancel()
        fd, self._fd = self._fd, -1  # soon it may be another file's number
        self._loop.watch(fd, None)
        os.close(fd)
        self._parts.clear()
        self.size = 0

    def _room(self) -> None:
        """Let the reader of a wide pipe go on alone for a moment: it tells of each 4 KB, and to wake costs more."""
        if not self._wide:
            self._on_room()
            return
        self._loop.watch(self._fd, None)
        self._timer = self._loop.later(_DRAIN, self._drained)

    def _drained(self) -> None:
        self._waits = False
        self._on_room()
