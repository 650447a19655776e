"""The program that stands between the server and one container's processes.

The server starts it as ``python -I -S sandbox/ CONFIG LIFELINE STATUS`` (three inherited descriptors), so it uses
the standard library only and imports nothing of this package. It does what containerd's shim and runc do together:

* It makes the container's view of the machine: user, mount, pid and host-name namespaces, none of which needs root,
  and in them the file system that ``rootfs.py`` describes.
* It starts the command, tells the server that it started or why it could not, passes SIGTERM on, and ends with the
  container's exit code.
* It makes sure that no process outlives the server. The LIFELINE pipe ends when the server dies, however it dies; the
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
import errno
import json
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from kt_jupyter.local.pods.sandbox import calls
    from kt_jupyter.local.pods.sandbox.rootfs import build_root
else:  # Python runs this directory: its files are top-level modules
    import calls
    from rootfs import build_root

START_ERROR = 128  # containerd's exit code for a container whose command could not be started
SIGNALLED = 128  # added to the number of the signal that ended a process, as every shell does

Config = dict[str, Any]


class StartError(Exception):
    """The container cannot be started; the text is runc's, for people and tools that know it."""


def main(config_fd: int, lifeline: int, status: int) -> int:
    """Run one container to its end; return its exit code."""
    with os.fdopen(config_fd, "rb") as file:
        config: Config = json.load(file)
    wakeup, wakeup_write = os.pipe()
    for fd in (lifeline, status, wakeup, wakeup_write):
        os.set_inheritable(fd, False)  # noqa: FBT003
    os.set_blocking(wakeup_write, False)
    if config["isolate"]:
        try:
            _enter_namespaces(config["uid"], config["gid"])
        except OSError as error:
            os.write(status, f"this machine forbids the namespaces a container needs: {error}".encode())
            return START_ERROR
    elif sys.platform == "linux":
        calls.libc.prctl(calls.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        _become_container(config, status)
    os.close(status)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    for fd in (0, 1, 2):  # else the readers of the container's output would wait for this process too
        os.close(fd)
    return _supervise(child, lifeline, wakeup, isolated=config["isolate"])


def _supervise(child: int, lifeline: int, wakeup: int, *, isolated: bool) -> int:
    """Wait for the first process; end everything when it, or the server, is gone."""
    watched = [lifeline, wakeup]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if lifeline in ready:
            watched.remove(lifeline)
            _kill_all(child, isolated=isolated)
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
            if pid == child:
                _kill_all(child, isolated=isolated)
                return os.WEXITSTATUS(result) if os.WIFEXITED(result) else SIGNALLED + os.WTERMSIG(result)


def _kill_all(child: int, *, isolated: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if isolated:
            os.kill(child, signal.SIGKILL)
        else:
            os.killpg(child, signal.SIGKILL)
    if not isolated and sys.platform == "linux":
        _kill_adopted()


def _kill_adopted() -> None:
    """Kill what was re-parented to this process, until nothing is: each death may hand us its children."""
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                children = [int(pid) for pid in file.read().split()]
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
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and ignoring is inherited
            signal.signal(number, signal.SIG_DFL)
        if sys.platform == "linux":
            calls.libc.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if config["tty"]:
            _take_terminal()
        if config["isolate"]:
            socket.sethostname(config["hostname"][:63])
            build_root(config)
        _change_directory(config)
        os.umask(0o022)
        _execute(config["argv"], config["env"])
    except StartError as error:
        os.write(status, str(error).encode())
    except OSError as error:
        os.write(status, f"the container's surroundings could not be made: {error}".encode())
    finally:
        os._exit(START_ERROR)


def _take_terminal() -> None:
    import fcntl  # noqa: PLC0415  (only containers with a terminal need it)
    import termios  # noqa: PLC0415

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _change_directory(config: Config) -> None:
    cwd = config["cwd"]
    try:
        if config["isolate"]:
            os.makedirs(cwd, exist_ok=True)  # runc makes the working directory too
        os.chdir(cwd)
    except OSError as error:
        raise StartError(f'chdir to cwd ("{cwd}") set in config.json failed: {_words(error)}') from error


def _execute(argv: list[str], env: dict[str, str]) -> NoReturn:
    """Become the command, looked up as Go's exec.LookPath does, whose words runc reports."""
    name = argv[0]
    if "/" in name:
        path = name
        if not os.path.exists(path):
            raise StartError(f'exec: "{name}": stat {name}: no such file or directory')
    else:
        places = (os.path.join(place, name) for place in env.get("PATH", "").split(":") if place)
        path = next((p for p in places if os.path.isfile(p) and os.access(p, os.X_OK)), "")
        if not path:
            raise StartError(f'exec: "{name}": executable file not found in $PATH')
    try:
        os.execve(path, argv, env)
    except OSError as error:
        raise StartError(f'exec: "{name}": {_words(error)}') from error


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _words(error: OSError) -> str:
    """The error as Go writes it: in lower case."""
    return os.strerror(error.errno or errno.EINVAL).lower()


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:4])))
