"""The container's file system: this machine's, read-only, with the container's own mounts in their places.

The root is a tmpfs on which every directory of this machine is bound; claims are bound at their real ``mountPath``
(directories that the machine doesn't have are made), ``/tmp`` is the container's own.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kt_jupyter.local.pods.sandbox import calls
    from kt_jupyter.local.pods.sandbox.calls import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC
else:  # this directory is the program: see __main__.py
    import calls
    from calls import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC

SHARED_MEMORY = 64 << 20  # bytes of /dev/shm, as every container runtime gives


def build_root(config: dict[str, Any]) -> None:
    """Make the container's root from this machine's, with its own mounts in place, and move into it.

    A mount point that the machine doesn't have cannot be made below a bound directory without making it on the machine:
    such a directory is a *skeleton*, a tmpfs directory whose entries are bound one by one. The root is always one.
    """
    calls.mount("none", "/", None, MS_REC | MS_PRIVATE)
    mounts = {os.path.realpath(mount["target"]): mount for mount in config["mounts"]}
    mounts = dict(sorted(mounts.items(), key=lambda item: item[0].count("/")))
    # Opened before the new root, made on /tmp because /tmp is the one directory that isn't repeated in it, hides them.
    sources = {target: os.open(mount["source"], os.O_PATH) for target, mount in mounts.items()}
    new = "/tmp"
    calls.mount("tmpfs", new, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    skeletons = {"/"}
    for target in mounts:
        _find_skeletons(target, mounts, skeletons)
    _fill("/", new, skeletons, set(mounts))
    calls.set_read_only(new, recursive=True)
    calls.set_read_only(new, recursive=False, undo=True)
    _kernel_file_systems(new)
    for target, mount in mounts.items():
        place = new + target
        source = f"/proc/self/fd/{sources[target]}"
        _make_mount_point(place, directory=os.path.isdir(source))
        calls.mount(source, place, None, MS_BIND | MS_REC)
        if mount["read_only"]:
            calls.set_read_only(place, recursive=True)
        os.close(sources[target])
    if config["read_only_root"]:
        calls.set_read_only(new, recursive=False)
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
                calls.mount(here, place, None, MS_BIND | MS_REC)


def _kernel_file_systems(new: str) -> None:
    os.makedirs(new + "/proc", exist_ok=True)
    try:
        calls.mount("proc", new + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:  # inside a container whose /proc is masked, the kernel gives no second one: show the machine's
        calls.mount("/proc", new + "/proc", None, MS_BIND | MS_REC)
    shared_memory = new + "/dev/shm"
    if os.path.isdir(shared_memory) and not os.path.islink(shared_memory):
        calls.mount("tmpfs", shared_memory, "tmpfs", MS_NOSUID | MS_NODEV, f"size={SHARED_MEMORY}")


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
    if hasattr(calls.libc, "pivot_root") and calls.libc.pivot_root(b".", b".") == 0:
        calls.check(calls.libc.umount2(b".", calls.MNT_DETACH), "umount2 of the old root")
    else:
        os.chroot(".")
    os.chdir("/")
