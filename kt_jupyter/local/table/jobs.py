"""Jobs as ``kubectl get`` shows them. Source: ``printJob`` in ``pkg/printers/internalversion/printers.go`` (1.34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, parse_time
from kt_jupyter.local.table.column import NONE, duration, since

_ENDS: Final = (("Complete", "Complete"), ("Failed", "Failed"))
_STATES: Final = (
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)


def _status(job: Object) -> str:
    true = {one["type"] for one in dig(job, "status", "conditions") or () if one["status"] == "True"}
    for condition, word in _ENDS:
        if condition in true:
            return word
    if "deletionTimestamp" in job["metadata"]:
        return "Terminating"
    return next((word for condition, word in _STATES if condition in true), "Running")


def _completions(job: Object) -> str:
    done, wanted = dig(job, "status", "succeeded") or 0, dig(job, "spec", "completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallelism = dig(job, "spec", "parallelism") or 0
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _duration(job: Object) -> str:
    start, end = dig(job, "status", "startTime"), dig(job, "status", "completionTime")
    if not start:
        return ""
    if not end:
        return since(start)
    return duration((parse_time(end) - parse_time(start)).total_seconds())


def _containers(key: str) -> Callable[[Object], str]:
    return lambda job: ",".join(one[key] for one in dig(job, "spec", "template", "spec", "containers") or ())


def _selector(job: Object) -> str:
    labels = dig(job, "spec", "selector", "matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE


JOB: Final[tuple[Callable[[Object], Any], ...]] = (
    _status,
    _completions,
    _duration,
    _containers("name"),
    _containers("image"),
    _selector,
)
