"""How long a Job of ours lives without anybody who needs it: ``specs.job`` says why its deadline is its lease."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from kt_jupyter.errors import KtError
from kt_jupyter.kube import JOBS, Cluster
from kt_jupyter.specs.job import LEASE_ANNOTATION

Json = dict[str, Any]

LEASE: Final = 1800
"""Seconds, where nothing else is said."""

RENEWED_EVERY: Final = 4
"""A holder renews that many times a lease, so that a server away for a while costs nobody their shell."""

_LATE: Final = 10.0  # seconds that a renewal may take to arrive, and that clocks may differ


def lease_of(obj: Mapping[str, Any]) -> int:
    """Return the seconds for which a Job or pod lives after whoever holds it is gone."""
    text = (obj["metadata"].get("annotations") or {}).get(LEASE_ANNOTATION, "")
    return int(text) if text.isdecimal() and int(text) else LEASE


def seconds_left(job: Mapping[str, Any], now: datetime | None = None) -> float | None:
    """Return how long a Job lives without being renewed; None when it has no deadline, or has not begun."""
    started, deadline = (job.get("status") or {}).get("startTime"), job["spec"].get("activeDeadlineSeconds")
    if not started or deadline is None:
        return None
    lived = (now or datetime.now(UTC)) - datetime.fromisoformat(started)
    return float(deadline) - lived.total_seconds()


def held(job: Mapping[str, Any], now: datetime | None = None) -> bool:
    """Whether somebody holds a Job: its lease has been renewed as lately as holders do."""
    left = seconds_left(job, now)
    lease = lease_of(job)
    return left is None or left > lease - lease / RENEWED_EVERY - _LATE


def renew(cluster: Cluster, name: str, *, namespace: str, uid: str, lease: int) -> None:
    """Let a Job live for another lease from now; without effect when it has no deadline, is gone, or we may not."""
    with contextlib.suppress(KtError):
        found = cluster.get(JOBS, name, namespace=namespace)
        left = seconds_left(found)
        if left is None or left >= lease:
            return
        deadline = math.ceil(found["spec"]["activeDeadlineSeconds"] + lease - left)
        patch = {"metadata": {"uid": uid}, "spec": {"activeDeadlineSeconds": deadline}}
        cluster.patch(JOBS, name, patch, namespace=namespace)
