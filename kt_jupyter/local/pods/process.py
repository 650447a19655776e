"""One container's process, seen from the server: started, written to, asked to end, awaited.

The process itself is the business of the program in ``sandbox/``. Output goes to a callback as it comes, and ``wait``
returns only when both the process has ended and its output has been read to the end, so that no log loses its tail.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

Output = Callable[[str, bytes], None]  # stream ("stdout" or "stderr"), bytes; b"" when the stream has ended

_SANDBOX: Final = str(Path(__file__).with_name("sandbox"))
_CHUNK: Final = 64 * 1024
# Output that a daemon, left behind in no namespace of its own, holds open is not waited for longer than this.
_DRAIN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or directory of this machine shown at ``target`` in the container."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """Everything the sandbox needs to know."""

    argv: list[str]
    env: dict[str, str]
    cwd: str = "/"
    uid: int = 0
    gid: int = 0
    hostname: str = "localhost"
    mounts: list[Mount] = field(default_factory=list)
    read_only_root: bool = False
    tty: bool = False
    stdin: bool = False
    isolate: bool = True


class CannotStart(Exception):  # noqa: N818  (an outcome, reported in the container's state)
    """The command could not be started; the text is runc's."""


class Process:
    """A running container. Make one with ``Process.start``."""

    def __init__(self, shim: asyncio.subprocess.Process, lifeline: int, terminal: int | None) -> None:
        self._shim = shim
        self._lifeline = lifeline
        self._terminal = terminal
        self._readers: list[asyncio.Future[None]] = []

    @classmethod
    async def start(cls, spec: ProcessSpec, output: Output) -> Process:
        """Start a container; ``output`` is called with all it writes.

        Raises:
            CannotStart: the command does not exist, may not be run, or its surroundings cannot be made.
        """
        with contextlib.ExitStack() as opened:
            config = opened.enter_context(_as_file(asdict(spec)))
            lifeline_read, lifeline = os.pipe()
            status, status_write = os.pipe()
            terminal, slave = pty.openpty() if spec.tty else (None, None)
            for fd in (lifeline_read, status_write, slave):
                if fd is not None:
                    opened.callback(os.close, fd)
            given = (config.fileno(), lifeline_read, status_write)
            try:
                shim = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", "-S", _SANDBOX, *map(str, given)),
                    stdin=slave if slave is not None else (subprocess.PIPE if spec.stdin else subprocess.DEVNULL),
                    stdout=slave if slave is not None else subprocess.PIPE,
                    stderr=slave if slave is not None else subprocess.PIPE,
                    pass_fds=given,
                    env={},
                    start_new_session=True,
                )
            except BaseException:
                for fd in (lifeline, status, terminal):
                    if fd is not None:
                        os.close(fd)
                raise
        process = cls(shim, lifeline, terminal)
        process._read_output(output)
        problem = await _read_to_end(status)
        if problem:
            await process.wait()
            raise CannotStart(problem.decode(errors="replace"))
        return process

    async def wait(self) -> int:
        """Return the exit code (128 + n after signal n), once the output has been read to its end."""
        try:
            code = await self._shim.wait()
            await asyncio.wait(self._readers, timeout=_DRAIN_SECONDS)
        finally:
            self.close()
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """Ask the container's first process to end (SIGTERM)."""
        with contextlib.suppress(ProcessLookupError):
            self._shim.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End every process of the container at once."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def close(self) -> None:
        """Kill what still runs and give back descriptors."""
        self.kill()
        for reader in self._readers:
            reader.cancel()
        if self._terminal is not None:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = None

    def resize(self, rows: int, columns: int) -> None:
        """Tell the container's terminal how large it is now."""
        if self._terminal is not None:
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read_output(self, output: Output) -> None:
        if self._terminal is not None:
            self._readers.append(asyncio.ensure_future(_read_terminal(self._terminal, output)))
            return
        for name, stream in (("stdout", self._shim.stdout), ("stderr", self._shim.stderr)):
            assert stream is not None
            self._readers.append(asyncio.ensure_future(_read_stream(name, stream, output)))


async def _read_stream(name: str, stream: asyncio.StreamReader, output: Output) -> None:
    while chunk := await stream.read(_CHUNK):
        output(name, chunk)
    output(name, b"")


async def _read_terminal(terminal: int, output: Output) -> None:
    """A pty's end is an error (EIO), so no stream class reads it."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def read() -> None:
        try:
            chunk = os.read(terminal, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if chunk:
            output("stdout", chunk)
        else:
            loop.remove_reader(terminal)
            ended.set()

    os.set_blocking(terminal, False)
    loop.add_reader(terminal, read)
    await ended.wait()
    output("stdout", b"")


async def _read_to_end(fd: int) -> bytes:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", buffering=0)
    )
    try:
        return await reader.read()
    finally:
        transport.close()


def _as_file(config: dict[str, Any]) -> IO[bytes]:
    """An unlinked file: an agent's source in the arguments is larger than a pipe would hold."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    file.write(json.dumps(config).encode())
    file.flush()
    file.seek(0)
    return file


@cache
def isolation_problem() -> str | None:
    """Return why containers cannot have their own namespaces on this machine, or None when they can."""
    if sys.platform != "linux":
        return "only Linux has mount namespaces"
    config = ProcessSpec(argv=["true"], env={"PATH": os.defpath})
    lifeline_read, lifeline = os.pipe()
    status, status_write = os.pipe()
    with _as_file(asdict(config)) as file:
        given = (file.fileno(), lifeline_read, status_write)
        done = subprocess.run(  # noqa: S603  (our own program)
            [sys.executable, "-I", "-S", _SANDBOX, *map(str, given)],
            pass_fds=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},
            check=False,
            timeout=30,
        )
    for fd in (lifeline_read, lifeline, status_write):
        os.close(fd)
    with os.fdopen(status, "rb") as pipe:
        problem = pipe.read().decode(errors="replace")
    if problem or done.returncode:
        return problem or done.stderr.decode(errors="replace").strip() or f"the trial ended with {done.returncode}"
    return None
