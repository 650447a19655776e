"""Control groups: the cluster gets a branch of its own and takes it for the whole tree.

Processes and pods are then accounted for and limited as on any node, and what a killed run leaves is empty groups
below one name. A control group namespace makes the branch look like the root, so that containerd and the kubelet, who
put groups right below the root, need not know.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import StepFailedError
from .mounting import do, mount

_NEW_CGROUP_NAMESPACE = 0x02000000  # CLONE_NEWCGROUP; os.unshare is in Python 3.12 and later
_PATIENCE = 60.0  # seconds; processes that were killed are gone in tenths, unless the machine is very busy
# Version 2 allows no processes beside sub-groups: the cluster's own programs go into a group beside the pods'.
_PROGRAMS = "programs"


@dataclass(frozen=True)
class Hierarchy:
    """One mounted tree of control groups: version 2 has one, version 1 one for each controller or so."""

    point: Path
    kind: str
    options: str  # what to mount it with once more


def hierarchies(mounts: str, memberships: str) -> list[Hierarchy]:
    """The mounted hierarchies.

    Args:
        mounts: Content of /proc/self/mounts.
        memberships: Content of /proc/self/cgroup, which names each version 1 hierarchy as mount wants it.
    """
    controllers = [line.split(":")[1] for line in memberships.splitlines()]
    found: dict[Path, Hierarchy] = {}
    for line in mounts.splitlines():
        _, point, kind, options, *_ = line.split(" ")
        if kind == "cgroup2":
            found[Path(point)] = Hierarchy(Path(point), kind, "rw")
        elif kind == "cgroup":
            same = (one for one in controllers if one and set(one.split(",")) <= set(options.split(",")))
            name = next(same, "")
            found[Path(point)] = Hierarchy(Path(point), kind, f"none,{name}" if name.startswith("name=") else name)
    return list(found.values())


def enter(name: str, nodes: list[str]) -> None:
    """Move this process into the branch and make the branch all it sees.

    Args:
        name: Name of the branch.
        nodes: Groups to make in it, for each node's pods.
    """
    trees = _here()
    for tree in trees:
        _join(tree.point / name)
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_CGROUP_NAMESPACE) != 0:
        raise StepFailedError("making a control group namespace", os.strerror(ctypes.get_errno()))
    for tree in trees:
        do("umount", "--no-mtab", tree.point)  # the kernel refuses a second mount of one hierarchy over the first
        mount("-t", tree.kind, "-o", tree.options, tree.kind, tree.point)
        _join(tree.point / _PROGRAMS)
        for node in nodes:
            _make(tree.point / node)


def remove(name: str) -> None:
    """Remove the branch everywhere. Its processes have been killed; this waits until the last of them is gone.

    Raises:
        StepFailedError: One of them does not go.
    """
    deadline = time.monotonic() + _PATIENCE
    for tree in _here():
        while groups := _innermost_first(tree.point / name):
            for group in groups:
                with contextlib.suppress(OSError):
                    group.rmdir()
            if time.monotonic() > deadline:
                raise StepFailedError("ending the cluster's processes", f"there are still some in {groups[-1]}")
            time.sleep(0.02)


def _here() -> list[Hierarchy]:
    return hierarchies(Path("/proc/self/mounts").read_text(), Path("/proc/self/cgroup").read_text())


def _make(group: Path) -> None:
    group.mkdir(exist_ok=True)
    # Version 1 begins with none, and takes no process until there are some.
    for setting in ("cpuset.cpus", "cpuset.mems"):
        inherited, own = group.parent / setting, group / setting
        if own.exists() and inherited.exists() and not own.read_text().strip():
            own.write_text(inherited.read_text())


def _join(group: Path) -> None:
    _make(group)
    (group / "cgroup.procs").write_text("0")


def _innermost_first(group: Path) -> list[Path]:
    return [Path(folder) for folder, _, _ in os.walk(group, topdown=False)]
