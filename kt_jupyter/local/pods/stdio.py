"""The standard streams of a process, seen from the server: a pty, or pipes.

Both ends are made here. The process gets ``inner``; the server reads and writes the other ends without ever blocking
its loop. Nothing is buffered beside what the kernel holds, so who doesn't read stops who writes, in both directions.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import struct
import termios
from typing import Final

_CHUNK: Final = 64 * 1024
_LARGEST: Final = 0xFFFF  # rows or columns of a terminal


class Stdio:
    """The streams of one process.

    Args:
        tty: whether they are a terminal, which is all three in one.
        stdin: whether there is anything to read; without a terminal, else, it reads /dev/null.
    """

    def __init__(self, *, tty: bool, stdin: bool) -> None:
        self.tty = tty
        self._outputs: dict[str, int] = {}
        self._stdin: int | None = None
        self._open: set[int] = set()
        self._waiting: dict[tuple[int, bool], asyncio.Future[None]] = {}
        self._writing = asyncio.Lock()
        if tty:
            master, slave = pty.openpty()
            self.inner = (slave, slave, slave)
            self._outputs = {"stdout": master}
            self._stdin = master
            self._open = {master}
        else:
            self.inner = (self._input(piped=stdin), self._output("stdout"), self._output("stderr"))
        for fd in self._open:
            os.set_blocking(fd, False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it writes: ``stdout``, and ``stderr`` without a terminal."""
        return tuple(self._outputs)

    def release(self) -> None:
        """Give back the process's ends, once it has them."""
        for fd in set(self.inner):
            os.close(fd)
        self.inner = (-1, -1, -1)

    async def read(self, name: str) -> bytes:
        """Return what was written to a stream, ``b""`` at its end."""
        fd = self._outputs[name]
        await asyncio.sleep(0)  # who always has something to say must not keep the loop from everybody else
        while fd in self._open:
            try:
                return os.read(fd, _CHUNK)
            except BlockingIOError:
                await self._until_ready(fd, write=False)
            except OSError:  # a terminal that no process has open any more (EIO)
                return b""
        return b""

    async def write(self, data: bytes) -> None:
        """Hand over input; forgotten when the process doesn't read any."""
        async with self._writing:
            view = memoryview(data)
            while view and self._stdin is not None and self._stdin in self._open:
                try:
                    view = view[os.write(self._stdin, view) :]
                except BlockingIOError:
                    await self._until_ready(self._stdin, write=True)
                except OSError:
                    return

    async def close_stdin(self) -> None:
        """Let the process see the end of its input. A terminal has none: what comes later is forgotten."""
        async with self._writing:
            if self._stdin is not None and not self.tty:
                self._close(self._stdin)
            self._stdin = None

    def resize(self, columns: int, rows: int) -> None:
        """Tell the terminal how large it is; sizes that no terminal has are ignored, as by a real kubelet."""
        if self.tty and self._open and 0 < columns <= _LARGEST and 0 < rows <= _LARGEST:
            fcntl.ioctl(self._outputs["stdout"], termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """Give back every descriptor; who reads comes to the end."""
        for fd in list(self._open):
            self._close(fd)

    def _input(self, *, piped: bool) -> int:
        if not piped:
            return os.open(os.devnull, os.O_RDONLY)
        inner, self._stdin = os.pipe()
        self._open.add(self._stdin)
        return inner

    def _output(self, name: str) -> int:
        self._outputs[name], inner = os.pipe()
        self._open.add(self._outputs[name])
        return inner

    def _close(self, fd: int) -> None:
        """Close once; who waits for it is woken and finds it closed."""
        if fd not in self._open:
            return
        self._open.remove(fd)
        for write in (False, True):
            waiter = self._waiting.get((fd, write))
            if waiter is not None:
                self._wake(fd, write, waiter)
        os.close(fd)

    async def _until_ready(self, fd: int, *, write: bool) -> None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting[fd, write] = waiter
        (loop.add_writer if write else loop.add_reader)(fd, self._wake, fd, write, waiter)
        try:
            await waiter
        finally:
            self._wake(fd, write, waiter)

    def _wake(self, fd: int, write: bool, waiter: asyncio.Future[None]) -> None:  # noqa: FBT001  (a callback's arguments)
        """End one wait, once: by then the number may belong to another file."""
        if self._waiting.get((fd, write)) is waiter:
            del self._waiting[fd, write]
            loop = waiter.get_loop()
            (loop.remove_writer if write else loop.remove_reader)(fd)
        if not waiter.done():
            waiter.set_result(None)


async def read_to_end(fd: int) -> bytes:
    """Return all that comes through a pipe, and close it."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", buffering=0)
    )
    try:
        return await reader.read()
    finally:
        transport.close()
