"""One container's process, seen from the server: started, joined by further commands, asked to end, awaited.

The process itself is the business of the program in ``sandbox/``. Output goes to ``console`` as it comes, and ``wait``
returns only when both the process has ended and its output has been read to the end, so that no log loses its tail.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

from kt_jupyter.local.pods.command import Command
from kt_jupyter.local.pods.console import Console, Output
from kt_jupyter.local.pods.stdio import Stdio, read_to_end

_SANDBOX: Final = str(Path(__file__).with_name("sandbox"))
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
    stdin_once: bool = False
    isolate: bool = True


class CannotStart(Exception):  # noqa: N818  (an outcome, reported in the container's state)
    """The command could not be started; the text is runc's."""


class Process:
    """A running container. Make one with ``Process.start``."""

    def __init__(
        self, spec: ProcessSpec, shim: asyncio.subprocess.Process, lifeline: socket.socket, stdio: Stdio, output: Output
    ) -> None:
        self.spec = spec
        self.stdio = stdio
        self.console = Console(stdio, output)
        self._shim = shim
        self._lifeline = lifeline
        self._commands: set[Command] = set()
        self.out_of_memory = False

    @property
    def pid(self) -> int:
        """The process whose descendants are the container's processes."""
        return self._shim.pid

    @classmethod
    async def start(cls, spec: ProcessSpec, output: Output) -> Process:
        """Start a container; ``output`` is called with all it writes.

        Raises:
            CannotStart: the command does not exist, may not be run, or its surroundings cannot be made.
        """
        stdio = Stdio(tty=spec.tty, stdin=spec.stdin)
        lifeline, theirs = socket.socketpair()
        os.set_blocking(lifeline.fileno(), False)
        status, status_write = os.pipe()
        try:
            with _as_file(asdict(spec)) as config:
                shim = await _start_shim((config.fileno(), theirs.fileno(), status_write), stdio.inner)
        except BaseException:
            lifeline.close()
            stdio.close()
            os.close(status)
            raise
        finally:
            theirs.close()
            os.close(status_write)
            stdio.release()
        process = cls(spec, shim, lifeline, stdio, output)
        problem = await read_to_end(status)
        if problem:
            await process.wait()
            raise CannotStart(problem.decode(errors="replace"))
        return process

    async def execute(self, argv: list[str], *, tty: bool, stdin: bool) -> Command:
        """Start a further command in the container, as the same user, with its environment and working directory.

        Raises:
            CannotStart: there is no such command, it may not be run, or the container has just ended.
        """
        env = {**self.spec.env, "TERM": "xterm"} if tty else self.spec.env
        config = {"argv": argv, "env": env, "cwd": self.spec.cwd, "tty": tty, "isolate": self.spec.isolate}
        stdio = Stdio(tty=tty, stdin=stdin)
        problem, problem_write = os.pipe()
        end, end_write = os.pipe()
        command = Command(stdio, end)
        self._commands.add(command)
        command.closed.add_done_callback(lambda _: self._commands.discard(command))
        try:
            with _as_file(config) as file:
                handed = [file.fileno(), problem_write, end_write, *stdio.inner]
                socket.send_fds(self._lifeline, [b"+"], handed)
        except OSError:  # the shim has ended: the pipes say so at once
            pass
        finally:
            for fd in (problem_write, end_write):
                os.close(fd)
            stdio.release()
        words = None
        try:
            words = await read_to_end(problem)
        finally:
            if words != b"":  # not started, or nobody waits for it any more
                command.leave()
        if words:
            raise CannotStart(words.decode(errors="replace"))
        return command

    async def wait(self) -> int:
        """Return the exit code (128 + n after signal n), once the output has been read to its end."""
        try:
            code = await self._shim.wait()
            self.console.hurry()
            ends = [*self.console.readers, *(command.closed for command in self._commands)]
            await asyncio.wait(ends, timeout=_DRAIN_SECONDS)
        finally:
            self.close()
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """Ask the container's first process to end (SIGTERM)."""
        with contextlib.suppress(ProcessLookupError):
            self._shim.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End every process of the container at once."""
        self._lifeline.close()

    def run_out_of_memory(self) -> None:
        """End every process at once because together they use more memory than the container may."""
        self.out_of_memory = True
        self.kill()

    def close(self) -> None:
        """Kill what still runs and give back descriptors."""
        self.kill()
        self.console.close()
        self.stdio.close()
        for command in list(self._commands):
            command.close()


async def _start_shim(given: tuple[int, int, int], streams: tuple[int, int, int]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", _SANDBOX, *map(str, given)),
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        pass_fds=given,
        env={},
        start_new_session=True,
    )


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
    lifeline, theirs = socket.socketpair()
    status, status_write = os.pipe()
    with lifeline, theirs, _as_file(asdict(config)) as file:
        given = (file.fileno(), theirs.fileno(), status_write)
        done = subprocess.run(  # noqa: S603  (our own program)
            [sys.executable, "-I", "-S", _SANDBOX, *map(str, given)],
            pass_fds=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},
            check=False,
            timeout=30,
        )
    os.close(status_write)
    with os.fdopen(status, "rb") as pipe:
        problem = pipe.read().decode(errors="replace")
    if problem or done.returncode:
        return problem or done.stderr.decode(errors="replace").strip() or f"the trial ended with {done.returncode}"
    return None
