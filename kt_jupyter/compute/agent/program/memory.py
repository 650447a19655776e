"""When the container's memory is full: whom the kernel kills, and whether it has (cgroups, version 1 and 2)."""

from __future__ import annotations

import contextlib
import os

_PLACES = (
    "/sys/fs/cgroup/memory.events",  # version 2, seen from inside of a cgroup namespace
    "/sys/fs/cgroup/memory/memory.oom_control",  # version 1
)


def kills() -> int | None:
    """Return how many processes were killed so far for lack of memory; None where nothing tells."""
    for place in _PLACES:
        try:
            with open(place) as file:
                for line in file:
                    name, _, value = line.partition(" ")
                    if name == "oom_kill":
                        return int(value)
        except (OSError, ValueError):
            continue
    return None


def limit() -> str:
    """Return the container's limit, such as ``2 GiB``; empty where nothing tells, or there is none."""
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(place) as file:
                size = int(file.read())
        except (OSError, ValueError):
            continue
        if size < 1 << 50:
            unit = next((unit for unit in ((1 << 30, "GiB"), (1 << 20, "MiB")) if size >= unit[0]), (1, "bytes"))
            return f"{size / unit[0]:.4g} {unit[1]}"
    return ""


def go_first() -> None:
    """Let the kernel choose this process."""
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        with contextlib.closing(os.fdopen(fd, "wb", 0)) as file:
            file.write(b"1000")
