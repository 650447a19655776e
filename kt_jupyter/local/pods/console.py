"""Where a container's output goes: into its log, and to whoever is attached at that moment.

Nothing is replayed to those who come later: they have the log. Those who don't read fast enough hold the container up,
as on a real node (containerd writes to each in turn); once it has ended they no longer can.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kt_jupyter.local.pods.stdio import Stdio

Output = Callable[[str, bytes], None]  # stream ("stdout" or "stderr"), bytes; b"" when the stream has ended

_WAITING_CHUNKS: Final = 8  # of 64 KiB each, before the container is held up


class Attachment:
    """One who looks on from now until leaving."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[str, bytes]] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._ended = False
        self._patient = True

    async def put(self, name: str, data: bytes) -> None:
        """Add output; waits for the reader."""
        while self._patient and len(self._chunks) >= _WAITING_CHUNKS:
            self._room.clear()
            await self._room.wait()
        if not self._ended:
            self._chunks.append((name, data))
            self._news.set()

    async def get(self) -> tuple[str, bytes] | None:
        """Return the next output and its stream, None at the end."""
        while not self._chunks:
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        self._room.set()
        return self._chunks.popleft()

    def hurry(self) -> None:
        """Hold nobody up any more."""
        self._patient = False
        self._room.set()

    def end(self) -> None:
        """There will be no more."""
        self._ended = True
        self._news.set()


class Console:
    """The output of one container."""

    def __init__(self, stdio: Stdio, output: Output) -> None:
        self._stdio = stdio
        self._output = output
        self._attached: list[Attachment] = []
        self._patient = True
        self.readers = [asyncio.ensure_future(self._read(name)) for name in stdio.outputs]

    def attach(self) -> Attachment:
        """Begin to look on."""
        attachment = Attachment()
        if not self._patient:
            attachment.hurry()
        self._attached.append(attachment)
        return attachment

    def detach(self, attachment: Attachment) -> None:
        """Stop looking on."""
        attachment.hurry()
        attachment.end()
        if attachment in self._attached:
            self._attached.remove(attachment)

    def hurry(self) -> None:
        """The container has ended: what is left of its output waits for nobody."""
        self._patient = False
        for attachment in self._attached:
            attachment.hurry()

    def close(self) -> None:
        """Stop reading; everybody comes to the end of what was read."""
        for reader in self.readers:
            reader.cancel()
        for attachment in self._attached:
            attachment.end()

    async def _read(self, name: str) -> None:
        while chunk := await self._stdio.read(name):
            self._output(name, chunk)
            for attachment in list(self._attached):
                await attachment.put(name, chunk)
        self._output(name, b"")
