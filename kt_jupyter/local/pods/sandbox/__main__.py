"""The program that stands between the server and one container's processes.

The server starts it as ``python -I -S sandbox/ CONFIG LIFELINE STATUS`` (three inherited descriptors), so it uses
the standard library only and imports nothing of this package. It does what containerd's shim and runc do together:

* It makes the container's view of the machine: user, mount, pid and host-name namespaces, none of which needs root,
  and in them the file system that ``rootfs.py`` describes.
* It starts the command, tells the server that it started or why it could not, passes SIGTERM on, and ends with the
  container's exit code.
* It starts further commands in the container when the server asks for them (``commands.py``).
* It makes sure that no process outlives the server. The LIFELINE socket ends when the server dies, however it dies; the
  whole container is then killed. The container's first process is PID 1 of its own namespace, whose end the kernel
  makes the end of everything in it, daemons in other sessions included; should this program itself be killed, the
  kernel sends that PID 1 a SIGKILL (``PR_SET_PDEATHSIG``).

Where the system has no such namespaces (macOS, hosts that forbid them) ``"isolate": false`` runs the command in its own
session with this machine's file system as it is. Then only the process group and, on Linux, what was re-parented to us
can be ended: a process that both changes its group and is not on Linux escapes.

This is tidiness, not security: the processes have the user's own rights.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from kt_jupyter.local.pods.sandbox import calls
    from kt_jupyter.local.pods.sandbox.becoming import Config, StartError, become, stand_alone
    from kt_jupyter.local.pods.sandbox.commands import Commands
    from kt_jupyter.local.pods.sandbox.rootfs import build_root
else:  # Python runs this directory: its files are top-level modules
    import calls
    from becoming import StartError, become, stand_alone
    from commands import Commands
    from rootfs import build_root

START_ERROR = 128  # containerd's exit code for a container whose command could not be started
SIGNALLED = 128  # added to the number of the signal that ended a process, as every shell does


def main(config_fd: int, lifeline: int, status: int) -> int:
    """Run one container to its end; return its exit code."""
    with os.fdopen(config_fd, "rb") as file:
        config: Config = json.load(file)
    wakeup, wakeup_write = os.pipe()
    for fd in (lifeline, status, wakeup, wakeup_write):
        os.set_inheritable(fd, False)  # noqa: FBT003
    os.set_blocking(wakeup_write, False)
    outside = os.stat("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    if config["isolate"]:
        try:
            _enter_namespaces(config["uid"], config["gid"])
        except OSError as error:
            os.write(status, f"this machine forbids the namespaces a container needs: {error}".encode())
            return START_ERROR
    elif sys.platform == "linux":
        calls.libc.prctl(calls.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):  # before the fork: a child may end at once
        signal.signal(number, lambda *_: None)
    child = os.fork()
    if child == 0:
        _become_container(config, status)
    os.close(status)
    for fd in (0, 1, 2):  # else the readers of the container's output would wait for this process too
        os.dup2(nothing, fd)
    with socket.socket(fileno=lifeline) as server:
        commands = Commands(server, outside, child)
        return _supervise(child, server, wakeup, commands, isolated=config["isolate"])


def _supervise(child: int, lifeline: socket.socket, wakeup: int, commands: Commands, *, isolated: bool) -> int:
    """Wait for the first process; end everything when it, or the server, is gone."""
    watched: list[int | socket.socket] = [lifeline, wakeup]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if lifeline in ready and not commands.serve():
            watched.remove(lifeline)
            _kill_all(child, commands, isolated=isolated)
        signals = os.read(wakeup, 64) if wakeup in ready else b""
        if signal.SIGTERM in signals or signal.SIGINT in signals:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        while True:
            try:
                pid, result = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return START_ERROR
            if pid == 0:
                break
            code = os.WEXITSTATUS(result) if os.WIFEXITED(result) else SIGNALLED + os.WTERMSIG(result)
            commands.ended(pid, code)
            if pid == child:
                _kill_all(child, commands, isolated=isolated)
                return code


def _kill_all(child: int, commands: Commands, *, isolated: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if isolated:
            os.kill(child, signal.SIGKILL)
        else:
            os.killpg(child, signal.SIGKILL)
    if not isolated:
        commands.kill()
    if not isolated and sys.platform == "linux":
        _kill_adopted(child)


def _kill_adopted(first: int) -> None:
    """Kill what was re-parented to this process, until nothing is: each death may hand us its children.

    Not the first process, which has been killed: who supervises it waits for it, to have its exit code.
    """
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                children = [pid for pid in map(int, file.read().split()) if pid != first]
        except OSError:
            return
        if not children:
            return
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _enter_namespaces(uid: int, gid: int) -> None:
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    calls.check(
        calls.libc.unshare(calls.CLONE_NEWUSER | calls.CLONE_NEWNS | calls.CLONE_NEWPID | calls.CLONE_NEWUTS), "unshare"
    )
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {outside_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {outside_gid} 1")


def _become_container(config: Config, status: int) -> NoReturn:
    """The first process of the container: build its world, then become its command."""
    try:
        stand_alone(tty=config["tty"])
        if config["isolate"]:
            socket.sethostname(config["hostname"][:63])
            build_root(config)
        become(config)
    except StartError as error:
        os.write(status, str(error).encode())
    except OSError as error:
        os.write(status, f"the container's surroundings could not be made: {error}".encode())
    finally:
        os._exit(START_ERROR)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:4])))
