"""Removing what a run leaves: empty control groups, and files in the cache.

Processes, mounts and network devices need no removing: they end with the cluster's first process.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from .layout import Layout

_PATIENCE = 10.0


def clear(layout: Layout) -> None:
    """Remove all that a run of this cache, living no more, has left."""
    for group in control_groups(layout.control_group, Path("/proc/self/mounts").read_text()):
        _remove_group(group)
    _keep_logs(layout)
    shutil.rmtree(layout.run, ignore_errors=True)
    if layout.run.exists():  # once more, with the reason
        shutil.rmtree(layout.run)


def _keep_logs(layout: Layout) -> None:
    """Move the run's logs to where the build's are: they explain what went wrong after everything is gone."""
    if not layout.run.exists():
        return
    shutil.rmtree(layout.last_run, ignore_errors=True)
    for log in [*layout.run.glob("*.log"), *layout.run.glob("node*/*.log")]:
        kept = layout.last_run / log.relative_to(layout.run)
        kept.parent.mkdir(parents=True, exist_ok=True)
        log.rename(kept)


def control_groups(name: str, mounts: str) -> list[Path]:
    """Where a control group of this name may be: below each mounted hierarchy (version 1 has several)."""
    fields = (line.split(" ") for line in mounts.splitlines())
    return [Path(point) / name for _, point, kind, *_ in fields if kind in ("cgroup", "cgroup2")]


def _remove_group(group: Path) -> None:
    """Remove a group and those in it. The kernel needs a moment after the last process until it lets go."""
    deadline = time.monotonic() + _PATIENCE
    while (folders := _innermost_first(group)) and time.monotonic() < deadline:
        for folder in folders:
            try:
                folder.rmdir()
            except OSError:
                time.sleep(0.02)


def _innermost_first(group: Path) -> list[Path]:
    walked: Iterable[tuple[str, list[str], list[str]]] = os.walk(group, topdown=False)
    return [Path(folder) for folder, _, _ in walked]
