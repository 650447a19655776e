"""A stream for code that is not asynchronous: the kernel's, any thread's but ``kt-io``.

A task on the I/O thread reads ahead up to a bound; chunks cross to the caller's thread in batches, through a deque that
only the caller empties, so that an interrupted wait loses none. One crossing a chunk would halve the throughput.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Self

from kt_jupyter.kube import loop
from kt_jupyter.kube.streams.core import AsyncStream
from kt_jupyter.kube.streams.endings import End, Exited

_AHEAD = 1024 * 1024  # bytes read ahead, above which the process is paused

Chunk = tuple[int, bytes]


class Stream:
    """A process's output to iterate, and its input to write; a context manager.

    Iteration gives ``(channel, data)``: channel ``STDOUT`` or ``STDERR`` and bytes as they came, until the end. Leaving
    the ``with`` block ends the connection; what runs in the pod may go on.

    Example:
        >>> with cluster.exec("web-0", ["cat"], stdin=True) as stream:
        ...     stream.write(b"hello")
        ...     stream.close_stdin()
        ...     print(b"".join(data for _, data in stream), stream.exit_code())
        b'hello' 0
    """

    def __init__(self, core: AsyncStream) -> None:
        """Made on the I/O thread."""
        self._core = core
        self._chunks: deque[Chunk] = deque()
        self._taken: deque[Chunk] = deque()
        self._ahead = 0
        self._arrived, self._emptied = asyncio.Event(), asyncio.Event()
        self._over = False
        self._generation = loop.generation()
        self._task = asyncio.ensure_future(self._pump())

    @property
    def protocol(self) -> str:
        """What was agreed on with the server."""
        return self._core.protocol

    @property
    def end(self) -> End | None:
        """How it ended; None while it goes on, or while there is output to read."""
        return self._core.end if self._over and not self._taken and not self._chunks else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Chunk]:
        while self._fill():
            yield self._taken.popleft()

    def write(self, data: bytes) -> None:
        """Send input; blocks while the process takes no more.

        Raises:
            StreamLost: It has ended; how much of ``data`` arrived is not known.
        """
        loop.run(self._core.write(data))

    def resize(self, columns: int, rows: int) -> None:
        """Tell the process's terminal its size."""
        loop.run(self._core.resize(columns, rows))

    def close_stdin(self) -> None:
        """End the process's input and keep its output.

        Raises:
            HalfCloseUnsupported: The server speaks only v4.
            StreamLost: It has ended.
        """
        loop.run(self._core.close_stdin())

    def wait(self, timeout: float | None = None) -> End:
        """Wait for the end, discarding output, and return how it ended.

        Args:
            timeout: Seconds; None waits until Ctrl-C.

        Raises:
            TimeoutError: It goes on.
        """
        loop.run(self._drained(), timeout)
        assert self._core.end is not None
        return self._core.end

    def exit_code(self, timeout: float | None = None) -> int:
        """Wait for the end as ``wait`` does, and return the command's exit code.

        Raises:
            ContainerNotRunning: The container does not run.
            CommandNotStarted: There is no such command in the image.
            ServerFailure: The cluster ended it.
            StreamLost: The connection broke.
        """
        end = self.wait(timeout)
        if isinstance(end, Exited):
            return end.code
        raise end.error(self._core.pod)

    def close(self) -> None:
        """End the connection now; from any thread. A wait that another thread is in comes to its end."""
        if self._generation == loop.generation() and not self._over:
            loop.run(self._closed())

    def _fill(self) -> bool:
        if not self._taken:
            self._taken = loop.run(self._some())
        return bool(self._taken)

    async def _some(self) -> deque[Chunk]:
        while not self._chunks and not self._over:
            self._arrived.clear()
            await self._arrived.wait()
        taken, self._chunks, self._ahead = self._chunks, deque(), 0
        self._emptied.set()
        return taken

    async def _drained(self) -> None:
        self._taken.clear()
        while await self._some():
            pass

    async def _closed(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _pump(self) -> None:
        try:
            async for chunk in self._core:
                self._chunks.append(chunk)
                self._ahead += len(chunk[1])
                self._arrived.set()
                while self._ahead >= _AHEAD:
                    self._emptied.clear()
                    await self._emptied.wait()
        finally:
            try:
                await self._core.aclose()
            finally:
                self._over = True
                self._arrived.set()
