"""Removing what a run leaves: empty control groups, and files in the cache.

Processes, mounts and network devices need no removing: they end with the cluster's first process.
"""

from __future__ import annotations

import shutil

from . import control_groups
from .layout import Layout


def clear(layout: Layout) -> None:
    """Remove all that a run of this cache, living no more, has left."""
    control_groups.remove(layout.control_group)
    if layout.run.exists():
        _keep_logs(layout)
        shutil.rmtree(layout.run)


def _keep_logs(layout: Layout) -> None:
    """Move the run's logs to where the build's are: they explain what went wrong after everything is gone."""
    shutil.rmtree(layout.last_run, ignore_errors=True)
    for log in [*layout.run.glob("*.log"), *layout.run.glob("node*/*.log")]:
        kept = layout.last_run / log.relative_to(layout.run)
        kept.parent.mkdir(parents=True, exist_ok=True)
        log.rename(kept)
