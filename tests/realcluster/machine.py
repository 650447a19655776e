"""Whether this machine can run the cluster, asked before anything is touched."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .errors import CannotRunError

# util-linux, procps and openssl are on every Debian; everything else is brought along in the cache.
_PROGRAMS = ("unshare", "nsenter", "setpriv", "mount", "chroot", "openssl")
_BUILD_PROGRAMS = ("apt-get", "dpkg-deb", "wget")
_FILESYSTEMS = Path("/proc/filesystems")


def require_runnable(cache: Path) -> None:
    """Check what starting the cluster needs.

    Raises:
        CannotRunError: Not Linux, not root, or a program or kernel feature is missing.
    """
    if sys.platform != "linux":
        raise CannotRunError(f"The test cluster needs Linux; this is {sys.platform}.")
    if os.geteuid() != 0:
        raise CannotRunError("The test cluster needs root: it makes namespaces, mounts and control groups.")
    _require_programs(_PROGRAMS)
    if "\toverlay" not in _FILESYSTEMS.read_text():
        raise CannotRunError("The test cluster needs overlayfs, which this kernel does not offer.")
    if filesystem(cache) == "overlay":
        raise CannotRunError(
            f"The test cluster's cache {cache} is itself on overlayfs, where containers' file systems cannot be; "
            "set XDG_CACHE_HOME to a folder on a disk or a volume."
        )


def require_buildable() -> None:
    """Check what building needs beside that (Go has its own way to be found: ``golang``)."""
    _require_programs(_BUILD_PROGRAMS)


def filesystem(path: Path, mounts: str | None = None) -> str:
    """The type of the file system that ``path`` is on, or would be when made."""
    table = mounts if mounts is not None else Path("/proc/self/mounts").read_text()
    best, kind = Path("/"), "unknown"
    for line in table.splitlines():
        _, point, type_, *_ = line.split(" ")
        if path.is_relative_to(point) and Path(point).is_relative_to(best):
            best, kind = Path(point), type_
    return kind


def _require_programs(names: tuple[str, ...]) -> None:
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        raise CannotRunError(f"The test cluster needs these programs, which this machine lacks: {', '.join(missing)}.")
