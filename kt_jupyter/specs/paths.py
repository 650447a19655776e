"""Where a volume may be mounted in a container.

Stricter than the API server on purpose: it accepts ``data`` (and prepends a slash), ``/`` (and the container does not
start), ``/proc`` and ``..``. Not stricter about ``:``, which the API's own documentation forbade for years and its
validation never did: ``/data:ro`` is a directory literally so named, which is worth a notice and no refusal.
"""

from __future__ import annotations

import posixpath
import re

from kt_jupyter.errors import InvalidMountPath

_KERNEL_TREES = ("/proc", "/sys", "/dev")
_LONGEST = 4095  # PATH_MAX without its final NUL
_EXAMPLE = "/data"


def mount_path(path: object) -> str:
    """Check an absolute mount path and return it without doubled or trailing slashes.

    Args:
        path: for example ``"/data"`` or ``"/mnt/models"``.

    Raises:
        InvalidMountPath: with the fact and a path that can be used.
    """
    if not isinstance(path, str):
        fact = "a mount path is needed: where the volume appears in a pod." if path is None else f"{path!r} is no path."
        raise InvalidMountPath(fact, remedy='For example: mount_path="/data"')
    if not path:
        raise InvalidMountPath("the mount path is empty.", remedy='For example: mount_path="/data"')
    objection = _objection(path)
    if objection:
        raise InvalidMountPath(
            f"{_shown(path)} is no mount path: {objection}.", remedy=f"Did you mean {_suggestion(path)}?"
        )
    return _normal(path)


def notice(path: str) -> str | None:
    """Return what is worth saying about a valid path, or None."""
    if ":" not in path:
        return None
    return f'The mount path "{path}" has a colon, which Kubernetes takes literally: the directory is named so.'


def _objection(path: str) -> str | None:
    if not path.startswith("/"):
        return "it must start with /"
    if ".." in path.split("/"):
        return "it must not have .. in it"
    if re.search(r"[\x00-\x1f\x7f]", path):
        return "it has a control character"
    if len(path.encode(errors="surrogatepass")) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    normal = _normal(path)
    if normal == "/":
        return "a volume there would hide the container's whole file system"
    tree = next((tree for tree in _KERNEL_TREES if f"{normal}/".startswith(f"{tree}/")), None)
    return f"{tree} belongs to the container's kernel" if tree else None


def _normal(path: str) -> str:
    # Python keeps two leading slashes, as POSIX allows; the kernel and Kubernetes know no difference.
    return "/" + posixpath.normpath(path).lstrip("/")


def _suggestion(path: str) -> str:
    without_drive = re.sub(r"^[A-Za-z]:", "", path).replace("\\", "/")
    printable = re.sub(r"[\x00-\x1f\x7f]", "", without_drive).lstrip("~.")
    candidate = _normal("/" + printable)
    return _EXAMPLE if _objection(candidate) else candidate


def _shown(path: str) -> str:
    longest = 60
    return repr(path) if not path.isprintable() else f'"{path}"' if len(path) <= longest else f'"{path[:longest]}…"'
