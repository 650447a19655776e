"""What the cluster says of a session's pod: whether it has ended, and why. Pure: a pod's object in, a sentence out.

The agent's own last words are in the container's status (it writes them to ``/dev/termination-log``), so that an idle
end and a deletion can be told apart by whoever comes later.
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.compute.agent.packing import TOO_OLD
from kt_jupyter.errors import SessionEnded

Json = dict[str, Any]

_GONE: Final = "What ran there has ended, and its variables are gone."
_DISRUPTIONS: Final = {
    "PreemptionByScheduler": ("preempted", "was preempted: the cluster needed its place for a pod of higher priority"),
    "DeletionByTaintManager": ("evicted", "was evicted: its node may not keep it any more"),
    "EvictionByEvictionAPI": ("evicted", "was evicted, as when its node is drained"),
    "DeletionByPodGC": ("node lost", "was lost with its node"),
    "TerminationByKubelet": ("evicted", "was ended by its node"),
}
_OUT_OF_MEMORY: Final = (
    'container "{name}" of pod "{pod}" needed more memory than its limit{limit}: the kernel ended it.'
)


def ended(pod: Json | None, last: Json | None, name: str, container: str | None) -> SessionEnded | None:
    """Return why a session is over; None while it is not.

    Args:
        pod: Its object; None when there is none (any more).
        last: The object before, if any.
        name: The pod's name.
        container: The agent's; None for the first.
    """
    if pod is None:
        return (last and ended(last, None, name, container)) or leaving(last, name) or deleted(name)
    status = pod.get("status") or {}
    state = _state(pod, container)
    terminated = state.get("terminated")
    if terminated is not None:
        return _terminated(pod, name, container, terminated)
    phase = status.get("phase")
    if phase in ("Failed", "Succeeded"):
        return _phase(pod, name, phase)
    return None


def leaving(pod: Json | None, name: str) -> SessionEnded | None:
    """Return why a session is about to be over: its pod is told to end."""
    if pod is None or not pod["metadata"].get("deletionTimestamp"):
        return None
    return _disrupted(pod, name) or deleted(name)


def deleted(name: str) -> SessionEnded:
    """Return what is true when nothing more is known."""
    return SessionEnded(f'pod "{name}" was deleted. {_GONE}', reason="deleted")


def _disrupted(pod: Json, name: str) -> SessionEnded | None:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            found = _DISRUPTIONS.get(condition.get("reason", ""))
            reason, words = found or ("evicted", "was disrupted by the cluster")
            return SessionEnded(
                f'pod "{name}" {words}. {_GONE}', reason=reason, server=condition.get("message") or None
            )
    return None


def _phase(pod: Json, name: str, phase: str) -> SessionEnded:
    status = pod["status"]
    reason, message = status.get("reason", ""), status.get("message") or None
    if reason == "Evicted":
        return SessionEnded(f'pod "{name}" was evicted by its node. {_GONE}', reason="evicted", server=message)
    if reason == "DeadlineExceeded":
        return SessionEnded(f'pod "{name}" was ended at its time limit. {_GONE}', reason="deadline", server=message)
    if reason in ("NodeLost", "NodeAffinity", "NodeShutdown", "Terminated", "Shutdown"):
        return SessionEnded(f'pod "{name}" was lost with its node. {_GONE}', reason="node lost", server=message)
    return _disrupted(pod, name) or SessionEnded(
        f'pod "{name}" has ended ({phase}). {_GONE}',
        reason="completed" if phase == "Succeeded" else "crashed",
        server=message,
    )


def _terminated(pod: Json, name: str, container: str | None, terminated: Json) -> SessionEnded:  # noqa: PLR0911
    why, code = terminated.get("reason", ""), int(terminated.get("exitCode") or 0)
    message = (terminated.get("message") or "").strip()
    said = message.removeprefix("kt: ") if message.startswith("kt: ") else ""
    if why == "OOMKilled":
        fact = _OUT_OF_MEMORY.format(name=_name(pod, container), pod=name, limit=_limit(pod, container))
        return SessionEnded(f"{fact} {_GONE}", reason="out of memory", remedy='More of it: memory="…".')
    if why in ("StartError", "ContainerCannotRun"):
        return SessionEnded(
            f'pod "{name}" could not start Python.',
            reason="not started",
            remedy="The image must have python3, 3.8 or newer, on its PATH: such as python:3.12-slim.",
            server=message or None,
        )
    if code == TOO_OLD and said:
        image = next(
            (each["image"] for each in pod["spec"]["containers"] if each["name"] == _name(pod, container)), "?"
        )
        return SessionEnded(
            f'the Python in image "{image}" is too old: {said}',
            reason="not started",
            remedy="Choose an image with Python 3.8 or newer: such as python:3.12-slim.",
        )
    disrupted = leaving(pod, name)
    if said.startswith("idle"):
        return SessionEnded(f'pod "{name}" has ended: {said}. {_GONE}', reason="idle")
    if said.startswith("stopped"):
        return SessionEnded(f'pod "{name}" was stopped. {_GONE}', reason="stopped")
    if disrupted is not None:
        return disrupted
    if (pod.get("status") or {}).get("reason"):
        return _phase(pod, name, pod["status"].get("phase", ""))
    if said:
        return SessionEnded(f'pod "{name}" has ended: {said}. {_GONE}', reason="deleted")
    how = (
        "has ended"
        if code == 0
        else f"has ended with exit code {code}" + (f" ({why})" if why not in ("", "Error") else "")
    )
    return SessionEnded(
        f'the agent in pod "{name}" {how}. {_GONE}',
        reason="completed" if code == 0 else "crashed",
        server=message or None,
    )


def job_of(pod: Json | None) -> str | None:
    """Return the name of the Job that made a pod."""
    owners = ((pod or {}).get("metadata") or {}).get("ownerReferences") or ()
    return next((owner["name"] for owner in owners if owner.get("controller") and owner.get("kind") == "Job"), None)


def job_failed(job: Json, name: str) -> SessionEnded | None:
    """Return why a Job deleted its pod; None when it did not."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition["type"] in ("Failed", "FailureTarget") and condition["status"] == "True":
            reason = condition.get("reason", "")
            if reason == "DeadlineExceeded":
                fact = f'pod "{name}" was ended at its Job\'s time limit. {_GONE}'
                return SessionEnded(fact, reason="deadline", server=condition.get("message") or None)
    return None


def scheduled(pod: Json) -> bool:
    """Whether a node has it."""
    return bool((pod.get("spec") or {}).get("nodeName"))


def _state(pod: Json, container: str | None) -> Json:
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        if container in (None, status["name"]):
            state: Json = status.get("state") or {}
            return state
    return {}


def _name(pod: Json, container: str | None) -> str:
    return container or str(pod["spec"]["containers"][0]["name"])


def _limit(pod: Json, container: str | None) -> str:
    for each in pod["spec"]["containers"]:
        if each["name"] == _name(pod, container):
            limit = ((each.get("resources") or {}).get("limits") or {}).get("memory")
            return f" ({limit})" if limit else ""
    return ""
