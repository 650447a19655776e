"""A further process in a running container: what ``pods/exec`` starts.

It outlives whoever asked for it. On a real node nobody tells a command that its client has left: without a terminal it
sees the end of its input, with one it sees nothing, and either may go on writing. It ends by itself or with its
container, and so it is here; what it writes meanwhile is read and forgotten, so that it isn't held up for ever.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.pods.stdio import read_to_end

if TYPE_CHECKING:
    from kt_jupyter.local.pods.stdio import Stdio

KILLED: Final = 137


class Command:
    """A running command. ``Process.execute`` makes it."""

    def __init__(self, stdio: Stdio, end: int) -> None:
        self.stdio = stdio
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._end = asyncio.ensure_future(read_to_end(end))
        self._forgetting: asyncio.Task[None] | None = None

    async def wait(self) -> int:
        """Return the exit code: 128 + n after signal n, and 137 when the container has ended with the command in it."""
        code = await asyncio.shield(self._end)
        return int(code) if code else KILLED

    def leave(self) -> None:
        """The client has gone, or has seen everything."""
        if self._forgetting is None:
            self._forgetting = asyncio.ensure_future(self._forget())

    def close(self) -> None:
        """Give back descriptors: the container has ended."""
        self.stdio.close()
        if not self.closed.done():
            self.closed.set_result(None)

    async def _forget(self) -> None:
        try:
            await self.stdio.close_stdin()
            await asyncio.gather(self.wait(), *(self._drain(name) for name in self.stdio.outputs))
        finally:
            self.close()

    async def _drain(self, name: str) -> None:
        while await self.stdio.read(name):
            pass
