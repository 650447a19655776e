"""How a compute's pod ended: one word for programs, one clause for people. Nothing else reads that from the cluster.

The API server tells several ways to die in several places: a deletion is a timestamp, an eviction a reason or a
condition, a kill at the memory limit the container's own reason. What the agent had to say is the container's
termination message: why it ended, and whether variables went with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from kt_jupyter.compute.agent.packing import TOO_OLD
from kt_jupyter.specs.job import queue_of, suspended

Json = Mapping[str, Any]

_BY_CONDITION: Final = {
    "PreemptionByScheduler": ("preempted", "a pod of higher priority took its place on {node}"),
    "DeletionByTaintManager": ("evicted", "its node {node} was lost or closed"),
    "DeletionByPodGC": ("node lost", "its node {node} is gone"),
    "EvictionByEvictionAPI": ("evicted", "it was evicted from {node}, which is being emptied"),
    "TerminationByKubelet": ("evicted", "its node {node} ended it"),
}
_BY_REASON: Final = {
    "Evicted": "evicted",
    "Preempting": "preempted",
    "DeadlineExceeded": "deadline",
    "NodeAffinity": "node lost",
    "NodeLost": "node lost",
    "Shutdown": "node lost",
    "Terminated": "node lost",
    "NodeShutdown": "node lost",
}
_SAYS_NOTHING: Final = ("", "Eviction API: evicting")
_OF_AGENT: Final = re.compile(r"kt: (?P<why>.*?)(?P<nothing>; nothing was kept)?", re.DOTALL)
_NO_START: Final = ("StartError", "ContainerCannotRun")
_PYTHON: Final = "Choose an image that has python3, 3.8 or newer, on its PATH: such as python:3.12-slim."
_MORE_MEMORY: Final = 'To give it more: %%kt_compute --fresh --memory 8Gi, or memory="8Gi" and .start(fresh=True)'
_KILLED: Final = 137


@dataclass(frozen=True, slots=True)
class Ending:
    """How a pod ended, or is ending.

    Attributes:
        reason: One word of those that ``SessionEnded.reason`` knows.
        why: The clause that explains it.
        over: It has ended; else it is about to.
        kept: Whether variables of cells went with it; None where nothing tells.
        remedy: What helps, if anything does.
        server: What the cluster said of it, where that says more.
    """

    reason: str
    why: str
    over: bool = False
    kept: bool | None = None
    remedy: str | None = None
    server: str | None = None


DELETED: Final = Ending("deleted", "its pod was deleted", over=True)
"""What is true when nothing more is known."""


def ending(pod: Json, container: str | None = None) -> Ending | None:
    """Say how a pod ended; None while it goes on.

    Args:
        pod: The pod.
        container: The agent's; None for the first.
    """
    status = pod.get("status") or {}
    container = container or str(pod["spec"]["containers"][0]["name"])
    ended = _terminated(status, container)
    over = ended is not None or status.get("phase") in {"Failed", "Succeeded"}
    said = _OF_AGENT.fullmatch(str((ended or {}).get("message") or "").strip())
    how = (
        (_of_container(pod, container, ended, said) if ended is not None else None)
        or _disrupted(pod)
        or _of_node(status)
        or (_otherwise(pod, ended, said) if ended is not None else None)
        or (_by_phase(status) if over else None)
        or (DELETED if pod["metadata"].get("deletionTimestamp") else None)
    )
    if how is None:
        return None
    return replace(how, over=over, kept=not said["nothing"] if said else None)


def ending_of_job(job: Json) -> Ending | None:
    """Say how a compute ended whose pod is gone, from its Job; None while the Job goes on, or tells no reason."""
    status = job.get("status") or {}
    if suspended(job):
        return Ending("preempted", f"{queue_of(job)} took it back", over=True)
    kept = None if status.get("failed") or status.get("succeeded") else False  # it never had a pod that ran
    for each in status.get("conditions") or ():
        if each["status"] != "True":
            continue
        said = str(each.get("message") or "").rstrip(".")
        if each["type"] in {"Failed", "FailureTarget"}:
            if each.get("reason") == "DeadlineExceeded":
                return Ending("deadline", "its Job's time limit was over", over=True, kept=kept, server=said or None)
            if each["type"] == "Failed":
                return replace(DELETED, kept=kept)
        if each["type"] == "Complete":
            return Ending("completed", "its program ended", over=True, kept=kept)
    return None


def _terminated(status: Json, container: str) -> Json | None:
    for each in status.get("containerStatuses") or ():
        if each["name"] == container:
            found: Json | None = (each.get("state") or {}).get("terminated")
            return found
    return None


def _of_container(pod: Json, container: str, ended: Json, said: re.Match[str] | None) -> Ending | None:
    """Say what only the container can know, whatever else befell its pod."""
    reason, message = ended.get("reason") or "", str(ended.get("message") or "").strip() or None
    limit, image = _limit_and_image(pod, container)
    if reason == "OOMKilled":
        return Ending("out of memory", f"it had used up its memory{limit}", remedy=_MORE_MEMORY)
    if reason in _NO_START:
        return Ending("not started", f'image "{image}" could not start Python', remedy=_PYTHON, server=message)
    if said is None:
        return None
    why = said["why"]
    if ended.get("exitCode") == TOO_OLD:
        has = why.removeprefix("this image ").rstrip(".")
        return Ending("not started", f'image "{image}" {has}', remedy=_PYTHON)
    if why.startswith("idle: "):
        return Ending("idle", why.removeprefix("idle: "))
    return Ending("stopped", "it was stopped") if why == "stopped" else None


def _disrupted(pod: Json) -> Ending | None:
    for each in (pod.get("status") or {}).get("conditions") or ():
        if each["type"] == "DisruptionTarget" and each["status"] == "True":
            reason, why = _BY_CONDITION.get(each.get("reason", ""), ("evicted", "the cluster took it from {node}"))
            said = str(each.get("message") or "").rstrip(".")
            why = why.format(node=pod["spec"].get("nodeName", "its node"))
            return Ending(reason, f"{why}: {said}" if said not in _SAYS_NOTHING and reason == "evicted" else why)
    return None


def _of_node(status: Json) -> Ending | None:
    reason = status.get("reason") or ""
    if reason not in _BY_REASON:
        return None
    said = str(status.get("message") or reason).rstrip(".")
    return Ending(_BY_REASON[reason], f"its node ended it: {said}")


def _otherwise(pod: Json, ended: Json, said: re.Match[str] | None) -> Ending:
    if said or pod["metadata"].get("deletionTimestamp"):
        return DELETED  # an agent that ends by itself says idle, or stopped; else it was told to
    code = int(ended.get("exitCode") or 0)
    if code == 0:
        return Ending("completed", "its program ended")
    how = "it was killed" if code == _KILLED else f"its program ended with exit code {code}"
    return Ending("crashed", how, server=str(ended.get("message") or "").strip() or None)


def _by_phase(status: Json) -> Ending:
    if status["phase"] == "Succeeded":
        return Ending("completed", "its program ended")
    return Ending("crashed", "its program ended in failure", server=status.get("message") or None)


def _limit_and_image(pod: Json, container: str) -> tuple[str, str]:
    for each in pod["spec"]["containers"]:
        if each["name"] == container:
            limit = ((each.get("resources") or {}).get("limits") or {}).get("memory")
            return f" ({limit})" if limit else "", str(each.get("image") or "?")
    return "", "?"
