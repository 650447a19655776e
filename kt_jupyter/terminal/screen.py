"""The terminal this program runs in: raw while a pod has it, and as it was whatever happens.

It is opened a second time, by name, so that reading and writing can be made non-blocking without that showing in the
shell that started us: the flag belongs to the open file, which a shell shares with its children.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from kt_jupyter.errors import InvalidInput

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
# What a program may have switched on and, cut off in the middle, never switched off: bracketed paste, mouse reports,
# focus reports, the hidden cursor, application keys.
_CALM = b"\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?25h\x1b[?1l\x1b>\x1b[0m"


class Screen:
    """A terminal; a context manager.

    Args:
        path: Which one; default: the one that standard input and output are.

    Attributes:
        borrowed: It is another program's, which hears of its changes of size in our place.

    Raises:
        InvalidInput: Standard input or output is not a terminal.
    """

    def __init__(self, path: str | None = None) -> None:
        if path is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise InvalidInput(
                "a terminal is needed, and standard input or output is not one.",
                remedy="Run it in a terminal. For a script: kubectl exec, or kt_jupyter's Cluster.run.",
            )
        self.borrowed = path is not None
        self._fd = os.open(path or os.ttyname(sys.stdin.fileno()), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._saved = termios.tcgetattr(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    @contextmanager
    def raw(self, *, keep_typed: bool) -> Iterator[None]:
        """Let every key through, Ctrl-C included. What was typed while a connection was broken was meant for nobody."""
        try:
            tty.setraw(self._fd, termios.TCSADRAIN if keep_typed else termios.TCSAFLUSH)
            yield
        finally:
            termios.tcsetattr(self._fd, termios.TCSANOW, self._saved)
            self._write_now(_CALM)

    def size(self) -> tuple[int, int] | None:
        """Columns and rows; None where nobody has said yet."""
        columns, rows = os.get_terminal_size(self._fd)
        return (columns, rows) if columns and rows else None

    def say(self, line: str) -> None:
        """Show a line of ours: dim, and on a line of its own."""
        self._write_now(f"\r\x1b[2K{_DIM}{line}{_PLAIN}\r\n".encode())

    def title(self, text: str) -> None:
        """Name the tab or window."""
        self._write_now(f"\x1b]0;{text}\x07".encode())

    async def read(self) -> bytes:
        """Return what was typed; nothing means that the terminal is gone."""
        while True:
            try:
                return os.read(self._fd, 65536)
            except BlockingIOError:
                await _ready(self._fd, writing=False)
            except OSError:  # EIO: the other side of the pty was closed
                return b""

    async def write(self, data: bytes) -> None:
        """Show bytes as they are; waits for a terminal that is slow, or stopped with Ctrl-S."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                await _ready(self._fd, writing=True)

    def _write_now(self, data: bytes) -> None:
        try:
            os.write(self._fd, data)
        except OSError:
            return  # stopped or gone: these words can be missed


async def _ready(fd: int, *, writing: bool) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    add(fd, ready.set)
    try:
        await ready.wait()
    finally:
        remove(fd)
