"""Why a Job has no pod, or none any more: what only the Job and its events tell.

A Job is accepted with 201 whatever its pods would meet; quota, limit ranges, Pod Security and admission webhooks refuse
them afterwards, in an event ``FailedCreate`` with the server's sentence. The controller goes on trying, ever more
seldom, but what refused them does not change by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kt_jupyter.errors import QuotaExceeded, Rejected
from kt_jupyter.kube import refusals
from kt_jupyter.pods.obstacle import Obstacle, message, newest
from kt_jupyter.specs.job import queue_of, suspended

Json = Mapping[str, Any]

_NOT_YET: Final = "serviceaccount"  # a namespace that was made a moment ago has none, and soon will


def without_pod(job: Json, events: Iterable[Json]) -> Obstacle | None:
    """Return why a Job has made no pod.

    Args:
        job: The Job.
        events: The events about it.
    """
    if suspended(job):
        return Obstacle(f"{queue_of(job)} has not admitted it yet")
    failed = newest(events, "FailedCreate")
    return _refused(message(failed)) if failed else None


def ended(job: Json) -> Obstacle | None:
    """Return how a Job ended before its pod ran."""
    if job["metadata"].get("deletionTimestamp"):
        return Obstacle("somebody deleted it", final=True)
    for each in (job.get("status") or {}).get("conditions") or ():
        if each["type"] in ("Failed", "FailureTarget") and each["status"] == "True":
            if each.get("reason") == "DeadlineExceeded":
                return Obstacle("its lease ran out while it waited", final=True)
            return Obstacle(f"it ended: {each.get('message') or each.get('reason')}", final=True)
    return None


def _refused(said: str) -> Obstacle:
    if found := refusals.quota(said):
        return Obstacle(found[0].rstrip("."), found[1], final=True, error=QuotaExceeded)
    if found := refusals.policy(said):
        return Obstacle(found[0].rstrip("."), found[1], final=True, error=Rejected)
    words = said.removeprefix("Error creating: ").rstrip(".")
    return Obstacle(f"the cluster refuses its pod: {words}", final=_NOT_YET not in said, error=Rejected)
