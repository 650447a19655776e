"""How a compute's pod ended, in one word for programs and one clause for people.

The API server tells several ways to die in several places: a deletion is a timestamp, an eviction a reason or a
condition, a kill at the memory limit the container's own reason. What the agent had to say is its termination message:
a word, a colon and a clause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter.pods.containers import main_state

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
    "NodeLost": "node lost",
    "Shutdown": "node lost",
    "Terminated": "node lost",
    "NodeShutdown": "node lost",
}
_OF_AGENT: Final = re.compile(r"kt: (?P<reason>idle|asked): (?P<why>.*?)(?P<unused>; no cell has run)?", re.DOTALL)
_KILLED: Final = 137


@dataclass(frozen=True, slots=True)
class Ending:
    """How a pod ended, or is ending.

    Attributes:
        reason: One word of those that ``SessionEnded.reason`` knows.
        why: The clause that explains it.
        kept_nothing: The agent said that no cell had run.
    """

    reason: str
    why: str
    kept_nothing: bool = False


def ending(pod: Json | None) -> Ending | None:
    """Say how a pod ended; None while it goes on.

    Args:
        pod: The pod; None when it is gone.
    """
    if pod is None:
        return Ending("deleted", "its pod is gone")
    status = pod.get("status") or {}
    return (
        _disrupted(pod)
        or _of_node(status)
        or _of_container(pod)
        or (Ending("deleted", "its pod was deleted") if pod["metadata"].get("deletionTimestamp") else None)
    )


def _disrupted(pod: Json) -> Ending | None:
    for each in (pod.get("status") or {}).get("conditions") or ():
        if each["type"] == "DisruptionTarget" and each["status"] == "True":
            known = _BY_CONDITION.get(each.get("reason", ""))
            if known is not None:
                said = str(each.get("message") or "").rstrip(".")
                why = known[1].format(node=pod["spec"].get("nodeName", "its node"))
                return Ending(known[0], f"{why}: {said}" if said and known[0] == "evicted" else why)
    return None


def _of_node(status: Json) -> Ending | None:
    reason = status.get("reason") or ""
    if reason not in _BY_REASON:
        return None
    said = str(status.get("message") or reason).rstrip(".")
    return Ending(_BY_REASON[reason], f"its node ended it: {said}")


def _of_container(pod: Json) -> Ending | None:
    ended = main_state(pod).get("terminated")
    if ended is None:
        return None
    said = _OF_AGENT.fullmatch(str(ended.get("message") or "").strip())
    if said:
        return Ending("idle" if said["reason"] == "idle" else "stopped", said["why"], bool(said["unused"]))
    if ended.get("reason") == "OOMKilled":
        return Ending("out of memory", "it had used up its memory")
    if pod["metadata"].get("deletionTimestamp"):
        return Ending("deleted", "its pod was deleted")
    code = int(ended.get("exitCode", 0))
    if code == 0:
        return Ending("completed", "its program ended")
    how = "it was killed" if code == _KILLED else f"its program ended with exit code {code}"
    return Ending("crashed", how)
