"""The program that stands between the server and one container's processes.

The server starts it as ``python -I -S sandbox.py CONFIG LIFELINE STATUS`` (three inherited descriptors), so it uses
the standard library only and imports nothing of this package. It does what containerd's shim and runc do together:

* It makes the container's view of the machine: user, mount, pid and host-name namespaces, none of which needs root.
  The root is a tmpfs on which every directory of this machine is bound read-only; claims are bound at their real
  ``mountPath`` (directories that the machine doesn't have are made), ``/tmp`` is the container's own.
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
import ctypes
import errno
import json
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWPID = 1 << 17, 1 << 26, 1 << 28, 1 << 29
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 1
SYS_MOUNT_SETATTR = 442  # the same number on every architecture; Linux 5.12

START_ERROR = 128  # containerd's exit code for a container whose command could not be started
SHARED_MEMORY = 64 << 20  # bytes of /dev/shm, as every container runtime gives
SIGNALLED = 128  # added to the number of the signal that ended a process, as every shell does

Config = dict[str, Any]

_libc = ctypes.CDLL(None, use_errno=True)


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
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
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
    _check(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS), "unshare")
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
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if config["tty"]:
            _take_terminal()
        if config["isolate"]:
            socket.sethostname(config["hostname"][:63])
            _build_root(config)
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


# The file system ----------------------------------------------------------------------------------------------------


def _build_root(config: Config) -> None:
    """Make the container's root from this machine's, with its own mounts in place, and move into it.

    A mount point that the machine doesn't have cannot be made below a bound directory without making it on the machine:
    such a directory is a *skeleton*, a tmpfs directory whose entries are bound one by one. The root is always one.
    """
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    mounts = {os.path.realpath(mount["target"]): mount for mount in config["mounts"]}
    mounts = dict(sorted(mounts.items(), key=lambda item: item[0].count("/")))
    # Opened before the new root, made on /tmp because /tmp is the one directory that isn't repeated in it, hides them.
    sources = {target: os.open(mount["source"], os.O_PATH) for target, mount in mounts.items()}
    new = "/tmp"
    _mount("tmpfs", new, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    skeletons = {"/"}
    for target in mounts:
        _find_skeletons(target, mounts, skeletons)
    _fill("/", new, skeletons, set(mounts))
    _set_read_only(new, recursive=True)
    _set_read_only(new, recursive=False, undo=True)
    _kernel_file_systems(new)
    for target, mount in mounts.items():
        place = new + target
        source = f"/proc/self/fd/{sources[target]}"
        _make_mount_point(place, directory=os.path.isdir(source))
        _mount(source, place, None, MS_BIND | MS_REC)
        if mount["read_only"]:
            _set_read_only(place, recursive=True)
        os.close(sources[target])
    if config["read_only_root"]:
        _set_read_only(new, recursive=False)
    _enter_root(new)


def _find_skeletons(target: str, targets: Any, skeletons: set[str]) -> None:
    """Note which of a mount point's parents must be made anew; those inside another mount are that mount's own."""
    parent = "/"
    for part in target.strip("/").split("/"):
        here = os.path.join(parent, part)
        if parent in targets:
            return
        if not os.path.exists(here):
            _mark_skeleton(parent, skeletons)
        parent = here


def _mark_skeleton(directory: str, skeletons: set[str]) -> None:
    while directory not in skeletons:
        skeletons.add(directory)
        directory = os.path.dirname(directory)


def _fill(source: str, new: str, skeletons: set[str], targets: set[str]) -> None:
    """Repeat a directory's entries in the new root: links as links, the rest bound; mount points stay empty."""
    try:
        entries = os.listdir(source)
    except OSError:  # not ours to read, or a skeleton this machine doesn't have at all
        return
    for entry in entries:
        here = os.path.join(source, entry)
        place = new + here
        if here in targets or (source == "/" and entry in {"proc", "tmp"}):
            continue
        with contextlib.suppress(OSError):  # what may not be bound (a stale mount) is not in the container
            if os.path.islink(here):
                os.symlink(os.readlink(here), place)
            elif here in skeletons:
                os.mkdir(place)
                _fill(here, new, skeletons, targets)
            else:
                _make_mount_point(place, directory=os.path.isdir(here))
                _mount(here, place, None, MS_BIND | MS_REC)


def _kernel_file_systems(new: str) -> None:
    os.makedirs(new + "/proc", exist_ok=True)
    try:
        _mount("proc", new + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:  # inside a container whose /proc is masked, the kernel gives no second one: show the machine's
        _mount("/proc", new + "/proc", None, MS_BIND | MS_REC)
    shared_memory = new + "/dev/shm"
    if os.path.isdir(shared_memory) and not os.path.islink(shared_memory):
        _mount("tmpfs", shared_memory, "tmpfs", MS_NOSUID | MS_NODEV, f"size={SHARED_MEMORY}")


def _make_mount_point(place: str, *, directory: bool) -> None:
    if directory:
        os.makedirs(place, exist_ok=True)
        return
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if not os.path.lexists(place):
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))


def _enter_root(new: str) -> None:
    """Make ``new`` the root. Not chroot where it can be helped: a process in a chroot can't make namespaces itself."""
    os.chdir(new)
    if hasattr(_libc, "pivot_root") and _libc.pivot_root(b".", b".") == 0:
        _check(_libc.umount2(b".", MNT_DETACH), "umount2 of the old root")
    else:
        os.chroot(".")
    os.chdir("/")


class _MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def _set_read_only(path: str, *, recursive: bool, undo: bool = False) -> None:
    attributes = _MountAttr(attr_clr=MOUNT_ATTR_RDONLY) if undo else _MountAttr(attr_set=MOUNT_ATTR_RDONLY)
    result = _libc.syscall(
        SYS_MOUNT_SETATTR,
        AT_FDCWD,
        path.encode(),
        AT_RECURSIVE if recursive else 0,
        ctypes.byref(attributes),
        ctypes.sizeof(attributes),
    )
    if result:
        raise OSError(ctypes.get_errno(), f"mount_setattr {path}")


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    encoded = [text.encode() if text is not None else None for text in (source, target, kind, data)]
    _check(_libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]), f"mount {target}")


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _words(error: OSError) -> str:
    """The error as Go writes it: in lower case."""
    return os.strerror(error.errno or errno.EINVAL).lower()


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:4])))
