"""Pods as ``kubectl get`` shows them: the status column tells of containers what the phase keeps to itself.

Source: ``printPod`` in ``pkg/printers/internalversion/printers.go`` (1.34).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.table.column import NONE, since


def _statuses(pod: Object, kind: str = "containerStatuses") -> list[Object]:
    return dig(pod, "status", kind) or []


def _running(status: Object) -> bool:
    return bool(status.get("ready")) and "running" in (status.get("state") or {})


def _ready(pod: Object) -> str:
    # While init containers run, none of the others counts.
    ready = 0 if _initializing(pod) else sum(_running(status) for status in _statuses(pod))
    return f"{ready}/{len(dig(pod, 'spec', 'containers') or ())}"


def _initializing(pod: Object) -> str | None:
    """Say how far the init containers are, None when they are through."""
    if _condition(pod, "Initialized"):
        return None
    statuses = _statuses(pod, "initContainerStatuses")
    for place, status in enumerate(statuses):
        state = status.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None:
            if ended.get("exitCode") == 0:
                continue
            return f"Init:{_end(ended)}"
        if waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}"
        return f"Init:{place}/{len(dig(pod, 'spec', 'initContainers') or ())}"
    return None


def _end(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _condition(pod: Object, kind: str) -> bool:
    conditions = dig(pod, "status", "conditions") or ()
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)


def _status(pod: Object) -> str:
    phase = str(dig(pod, "status", "phase") or "")
    reason = _initializing(pod) or _of_containers(pod, _of_pod(pod, phase))
    if "deletionTimestamp" not in pod["metadata"]:
        return reason
    if dig(pod, "status", "reason") == "NodeLost":
        return "Unknown"
    return reason if phase in ("Succeeded", "Failed") else "Terminating"


def _of_pod(pod: Object, phase: str) -> str:
    gated = any(
        one["type"] == "PodScheduled" and one.get("reason") == "SchedulingGated"
        for one in dig(pod, "status", "conditions") or ()
    )
    return "SchedulingGated" if gated else str(dig(pod, "status", "reason") or phase)


def _of_containers(pod: Object, reason: str) -> str:
    """Let the first container that has something to say speak for the pod."""
    running = False
    for status in reversed(_statuses(pod)):
        state = status.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif "terminated" in state:
            reason = _end(state["terminated"])
        elif _running(status):
            running = True
    if reason == "Completed" and running:
        return "Running" if _condition(pod, "Ready") else "NotReady"
    return reason


def _restarts(pod: Object) -> str:
    statuses = _statuses(pod, "initContainerStatuses") if _initializing(pod) else _statuses(pod)
    count = sum(int(status.get("restartCount") or 0) for status in statuses)
    ends = [dig(status, "lastState", "terminated", "finishedAt") for status in statuses]
    last = max((end for end in ends if end), default=None)
    return f"{count} ({since(last)} ago)" if count and last else str(count)


def _readiness_gates(pod: Object) -> str:
    gates = dig(pod, "spec", "readinessGates") or ()
    return f"{sum(_condition(pod, gate['conditionType']) for gate in gates)}/{len(gates)}" if gates else NONE


POD: Final[tuple[Callable[[Object], Any], ...]] = (
    _ready,
    _status,
    _restarts,
    lambda pod: dig(pod, "status", "podIP") or NONE,
    lambda pod: dig(pod, "spec", "nodeName") or NONE,
    lambda pod: dig(pod, "status", "nominatedNodeName") or NONE,
    _readiness_gates,
)
