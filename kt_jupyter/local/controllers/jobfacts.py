"""What the status of a job, and those of its pods, say. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, parse_time, stamp

FINALIZER: Final = "batch.kubernetes.io/job-tracking"
_FIRST_PAUSE: Final = 10.0  # seconds, doubled with each failure since the last success
_LONGEST_PAUSE: Final = 600.0


def finished_condition(job: Object) -> Object | None:
    """Return the Complete or Failed condition of a job that has ended."""
    return condition_of(job.get("status") or {}, "Complete") or condition_of(job.get("status") or {}, "Failed")


def is_active(pod: Object) -> bool:
    """Whether a pod counts as running or about to."""
    return dig(pod, "status", "phase") not in ("Succeeded", "Failed") and "deletionTimestamp" not in pod["metadata"]


def find(status: Object, kind: str) -> Object | None:
    """Return the condition of that type, whatever its status."""
    return next((one for one in status.get("conditions") or [] if one["type"] == kind), None)


def condition_of(status: Object, kind: str) -> Object | None:
    """Return the condition of that type, if it is true."""
    found = find(status, kind)
    return found if found is not None and found["status"] == "True" else None


def is_tracked(pod: Object) -> bool:
    """Whether a pod still waits to be counted."""
    return FINALIZER in (dig(pod, "metadata", "finalizers") or [])


def uid_of(pod: Object) -> str:
    """Return a pod's uid."""
    return str(dig(pod, "metadata", "uid"))


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in dig(pod, "status", "conditions") or [])


def ended_at(pod: Object) -> dt.datetime:
    """Return when a pod ended: when its last container did, else when it was deleted, else when it was made."""
    ends: list[Any] = [
        dig(container, "state", "terminated", "finishedAt")
        for container in dig(pod, "status", "containerStatuses") or []
    ]
    latest = max((parse_time(end) for end in ends if end), default=None)
    return latest or parse_time(dig(pod, "metadata", "deletionTimestamp") or dig(pod, "metadata", "creationTimestamp"))


def new_condition(kind: str, reason: str, message: str, moment: dt.datetime) -> Object:
    """Return a condition that has become true."""
    now = stamp(moment)
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def terminating(pods: list[Object]) -> int:
    """Return how many pods are deleted and have not ended yet."""
    return sum(
        1
        for pod in pods
        if "deletionTimestamp" in pod["metadata"] and dig(pod, "status", "phase") not in ("Succeeded", "Failed")
    )


def count_restarts(pods: list[Object]) -> int:
    """Return how often containers of living pods were restarted."""
    return sum(
        int(container.get("restartCount") or 0)
        for pod in pods
        if dig(pod, "status", "phase") in ("Running", "Pending")
        for key in ("initContainerStatuses", "containerStatuses")
        for container in dig(pod, "status", key) or []
    )


def pause(pods: list[Object], moment: dt.datetime) -> float:
    """Return the seconds until the next pod may be made: twice as long with each failure since the last success."""
    ends = sorted((ended_at(pod), dig(pod, "status", "phase") or "") for pod in pods if not is_active(pod))
    failures: list[dt.datetime] = []
    for end, phase in ends:
        failures = [] if phase == "Succeeded" else [*failures, end]
    if not failures:
        return 0.0
    seconds = min(_FIRST_PAUSE * 2.0 ** min(len(failures) - 1, 10), _LONGEST_PAUSE)
    return (failures[-1] + dt.timedelta(seconds=seconds) - moment).total_seconds()


def with_fewer_active(status: Object, missing: int) -> Object:
    """Return the status of a job, some of whose pods could not be made."""
    active = int(status.get("active") or 0) - missing
    others = {key: value for key, value in status.items() if key != "active"}
    return {**others, "active": active} if active else others
