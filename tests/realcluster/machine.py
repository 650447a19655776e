"""Whether this machine can run the cluster, asked before anything is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import CannotRunError

# All but wget are on every Debian; what else it takes is brought along in the cache.
_PROGRAMS = ("unshare", "nsenter", "setpriv", "mount", "umount", "chroot", "openssl", "apt-get", "dpkg-deb", "wget")
_FILESYSTEMS = Path("/proc/filesystems")


def require_platform() -> None:
    """Check what every command needs.

    Raises:
        CannotRunError: Not Linux, or not root.
    """
    if sys.platform != "linux":
        raise CannotRunError(f"The test cluster needs Linux; this is {sys.platform}.")
    if os.geteuid() != 0:
        raise CannotRunError("The test cluster needs root: it makes namespaces, mounts and control groups.")


def require_runnable(cache: Path) -> None:
    """Check what building and starting the cluster needs (Go has its own way to be found: ``golang``).

    Raises:
        CannotRunError: A program is missing, or the kernel does not let us.
    """
    missing = [name for name in _PROGRAMS if not shutil.which(name)]
    if missing:
        raise CannotRunError(f"The test cluster needs these programs, which this machine lacks: {', '.join(missing)}.")
    if "\toverlay" not in _FILESYSTEMS.read_text():
        raise CannotRunError("The test cluster needs overlayfs, which this kernel does not offer.")
    if filesystem(cache) == "overlay":
        raise CannotRunError(
            f"The test cluster's cache {cache} is itself on overlayfs, where containers' file systems cannot be; "
            "set XDG_CACHE_HOME to a folder on a disk or a volume."
        )
    if why := refusal():
        raise CannotRunError(f"The test cluster needs namespaces and mounts of its own, which root may not here: {why}")


def require_room(cache: Path, gibibytes: int) -> None:
    """Check that a build will not fill the disk.

    Raises:
        CannotRunError: It would.
    """
    free = shutil.disk_usage(cache).free / 2**30
    if free < gibibytes:
        raise CannotRunError(f"The test cluster's build needs {gibibytes} GiB in {cache}; {free:.1f} GiB are free.")


def refusal() -> str:
    """What the kernel says against a mount in new namespaces; empty when nothing."""
    argv = [
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--",
        "mount",
        "--no-mtab",
        "-t",
        "tmpfs",
        "tmpfs",
        "/proc",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stderr.strip() or "no reason given" if done.returncode != 0 else ""


def filesystem(path: Path, mounts: str | None = None) -> str:
    """The type of the file system that ``path`` is on, or would be when made."""
    table = mounts if mounts is not None else Path("/proc/self/mounts").read_text()
    best, kind = Path("/"), "unknown"
    for line in table.splitlines():
        _, point, type_, *_ = line.split(" ")
        if path.is_relative_to(point) and Path(point).is_relative_to(best):
            best, kind = Path(point), type_
    return kind
