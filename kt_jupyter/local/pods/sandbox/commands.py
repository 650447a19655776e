"""Further processes in the container, for ``pods/exec``: forked here, because here is where the container is.

The namespaces are this program's own, so a fork of it is inside them without a system call more; that makes a command
start within a few milliseconds, where an nsenter would have to start Python first. It is this program's child, which
also holds where there are no namespaces: it can be awaited, and ended with the container.

The server asks with one byte on the LIFELINE and six descriptors: the configuration, where to write why the command
could not be started, where to write its exit code, and its standard streams.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from kt_jupyter.local.pods.sandbox.becoming import Config, StartError, become, stand_alone
else:  # this directory is the program: see __main__.py
    from becoming import StartError, become, stand_alone

_DESCRIPTORS = 6
_FAILED = 126  # never seen by anyone: the reason has been written before


class Commands:
    """The processes that were started beside the container's first one."""

    def __init__(self, lifeline: socket.socket, outside: os.stat_result, first: int) -> None:
        self._lifeline = lifeline
        self._outside = outside  # the root directory before there was a container
        self._first = first
        self._ends: dict[int, int] = {}

    def serve(self) -> bool:
        """Start what the server asks for; return False when the server is gone."""
        try:
            request, descriptors, _, _ = socket.recv_fds(self._lifeline, 1, _DESCRIPTORS)
        except OSError:
            return False
        for fd in descriptors:
            os.set_inheritable(fd, False)  # noqa: FBT003
        if request and len(descriptors) == _DESCRIPTORS:
            self._start(*descriptors)
        return bool(request)

    def _start(self, config_fd: int, problem: int, end: int, *streams: int) -> None:
        with os.fdopen(config_fd, "rb") as file:
            config: Config = json.load(file)
        try:
            pid = os.fork()
        except OSError as error:  # the container's first process has just ended
            os.write(problem, f"fork: {error.strerror}".encode())
            os.close(end)
        else:
            if pid == 0:
                self._become(config, problem, streams)
            self._ends[pid] = end
        for fd in (problem, *streams):
            os.close(fd)

    def _become(self, config: Config, problem: int, streams: tuple[int, ...]) -> NoReturn:
        try:
            for number, fd in enumerate(streams):
                os.dup2(fd, number)
            stand_alone(tty=config["tty"])
            if config["isolate"] and os.path.samestat(os.stat("/"), self._outside):
                os.chroot(f"/proc/{self._first}/root")  # where pivot_root did not take this program along
            become(config)
        except StartError as error:
            os.write(problem, str(error).encode())
        except OSError as error:
            os.write(problem, f"the command's surroundings could not be made: {error}".encode())
        finally:
            os._exit(_FAILED)

    def ended(self, pid: int, code: int) -> None:
        """Tell the server with which code a process ended, if it is one of these."""
        end = self._ends.pop(pid, None)
        if end is not None:
            with contextlib.suppress(OSError):  # nobody wants to know any more
                os.write(end, str(code).encode())
            os.close(end)

    def kill(self) -> None:
        """Kill them and what they started in their sessions; namespaces do that by themselves."""
        for pid in self._ends:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
