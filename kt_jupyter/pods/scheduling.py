"""Why no node takes a pod, for people who do not schedule for a living.

The scheduler says it in one sentence, the same in the pod's condition and in the event FailedScheduling: ``0/2 nodes
are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: …``. Each reason is one plugin's
wording (``k8s.io/kubernetes/pkg/scheduler/framework/plugins``); those that users meet are translated, others pass as
they are.
The half about preemption is about other people's pods, and is left out.

None of it is final. A node may be added, another pod may end: so the pod goes on waiting, and this is what for. What
can never come right (a claim that is gone) is ``claims``' to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kt_jupyter.pods.obstacle import Obstacle, message, newest

Json = Mapping[str, Any]

_SENTENCE: Final = re.compile(r"0/(?P<total>\d+) nodes are available: (?P<reasons>.+?)\.(?: |$)")
_COUNTED: Final = re.compile(r"(?P<count>\d+) (?P<reason>.+)")
_NAMES: Final = {
    "cpu": "CPU",
    "ephemeral-storage": "disk space",
    "nvidia.com/gpu": "GPUs",
    "node.kubernetes.io/not-ready": "not ready",
    "node.kubernetes.io/unreachable": "unreachable",
    "node.kubernetes.io/disk-pressure": "short of disk space",
    "node.kubernetes.io/memory-pressure": "short of memory",
}
_REASONS: Final = (
    (r"Insufficient (\S+)", "without enough free {0}"),
    (r"Too many pods", "full (it takes no more pods)"),
    (r"node\(s\) were unschedulable", "closed for new pods (cordoned)"),
    (r"node\(s\) had untolerated taint\(s\)", "reserved or out of order (tainted)"),
    (r"node\(s\) had (?:un|in)tolerated taint \{([^:}]+).*", "reserved or out of order ({0})"),
    (r"node\(s\) didn't match Pod's node affinity/selector", "not among those it may run on"),
    (r"node\(s\) didn't satisfy plugin\(s\) \[NodeAffinity\]", "not the one it has to run on"),
    (r"node\(s\) (?:had volume node affinity conflict|didn't match PersistentVolume's node affinity)",
     "where its disk cannot be used"),
    (r"node\(s\) didn't find available persistent volumes to bind", "where no disk can be made for it"),
    (r"node\(s\) exceed max volume count", "with no room for another disk"),
    (r"node\(s\) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use.*",
     "barred: the volume is for one pod at a time (ReadWriteOncePod), and another pod has it"),
    (r"node\(s\) didn't have free ports for the requested pod ports", "where its port is taken"),
)  # fmt: skip
_SCALING: Final = {
    "TriggeredScaleUp": "the cluster is adding a node for it",
    "NotTriggerScaleUp": "the cluster's autoscaler adds no node for it",
    "Nominated": "the cluster is adding a node for it",  # Karpenter
}


def unscheduled(pod: Json, events: Iterable[Json]) -> Obstacle | None:
    """Return why a pod has no node, once the scheduler has said so.

    Args:
        pod: A pod without a node.
        events: The events about it.
    """
    told = list(events)
    said = _condition(pod) or _event(told)
    if not said:
        return None
    scaling = newest(told, *_SCALING)
    more = f"; {_SCALING[scaling['reason']]}" if scaling else ""
    return Obstacle(f"{translated(said)}{more}", server=None if _SENTENCE.search(said) else said)


def translated(said: str) -> str:
    """Write the scheduler's sentence for everybody.

    >>> translated("0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods. preemption: 0/2 nodes are available")
    'no node can take it: of 2, 1 is without enough free CPU, 1 is full (it takes no more pods)'
    """
    found = _SENTENCE.search(said)
    if not found:
        return f"no node takes it yet: {said}"
    total = int(found["total"])
    reasons = [_reason(each) for each in re.split(r", (?=\d+ )", found["reasons"])]
    counts = [count for count, _ in reasons]
    if counts == [None]:
        return reasons[0][1]
    if counts == [total]:
        return f"{'the only node' if total == 1 else f'each of the {total} nodes'} is {reasons[0][1]}"
    written = [text if count is None else f"{count} {'is' if count == 1 else 'are'} {text}" for count, text in reasons]
    return f"no node can take it: of {total}, {', '.join(written)}"


def _reason(text: str) -> tuple[int | None, str]:
    """Translate one reason: the number of nodes it holds for, None where it is about the pod itself, and the words."""
    counted = _COUNTED.fullmatch(text)
    if counted is None:
        return None, _of_pod(text)
    count, reason = int(counted["count"]), counted["reason"]
    for pattern, words in _REASONS:
        found = re.fullmatch(pattern, reason)
        if found:
            return count, words.format(*(_NAMES.get(part, part) for part in found.groups()))
    return count, f"refusing: {reason}"


def _of_pod(text: str) -> str:
    if "unbound immediate PersistentVolumeClaims" in text:
        return "its volume has no disk yet"
    claim = re.search(r'persistentvolumeclaim "([^"]+)" (.*)', text)
    return f'volume "{claim[1]}": {claim[2]}' if claim else f"no node takes it yet: {text}"


def _condition(pod: Json) -> str:
    for each in (pod.get("status") or {}).get("conditions") or ():
        if each["type"] == "PodScheduled" and each["status"] == "False":
            return " ".join(str(each.get("message") or "").split())
    return ""


def _event(events: Iterable[Json]) -> str:
    failed = newest(events, "FailedScheduling")
    return message(failed) if failed else ""
