"""Whether a pod fits a node, and how the real scheduler says that it fits none. Pure.

Each function here is one plugin of kube-scheduler 1.34 (``pkg/scheduler/framework/plugins``), asked in its order; the
first that objects speaks for the node. ``sentence`` puts the objections together as ``FitError.Error`` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, name_of
from kt_jupyter.specs import quantity

Amounts = dict[str, Fraction]
_FINISHED: Final = ("Succeeded", "Failed")
_NO_PREEMPTION: Final = "No preemption victims found for incoming pod"
_HOPELESS: Final = "Preemption is not helpful for scheduling"


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a node cannot take a pod; ``hopeless`` when no other pod's end would change that."""

    reasons: list[str]
    hopeless: bool = True


@dataclass(slots=True)
class Situation:
    """What the scheduler knows when it looks for a node."""

    pods: list[Object]  # all pods that are assigned to some node
    volumes: list[Object] = field(default_factory=list)  # the persistent volumes of the pod's bound claims
    taken_once: set[str] = field(default_factory=set)  # the pod's ReadWriteOncePod claims that another pod uses
    unprovisionable: bool = False  # a claim waits for its consumer, and its class cannot make volumes


Check = Callable[[Object, Object, Situation], Objection | None]


def choose(pod: Object, nodes: list[Object], situation: Situation) -> tuple[str | None, str]:
    """Return the node for a pod, or None and the sentence that says why there is none."""
    objections = {name_of(node): objection(pod, node, situation) for node in nodes}
    fitting = [node for node in nodes if objections[name_of(node)] is None]
    if fitting:
        loads = Counter(dig(one, "spec", "nodeName") for one in situation.pods)
        return name_of(min(fitting, key=lambda node: (loads[name_of(node)], name_of(node)))), ""
    return None, sentence(len(nodes), [one for one in objections.values() if one is not None])


def objection(pod: Object, node: Object, situation: Situation) -> Objection | None:
    """Return the first objection against a node, None when the pod fits."""
    checks: tuple[Check, ...] = (
        _named, _unschedulable, _tainted, _affinity, _resources, _taken_once, _volume_affinity, _unprovisionable
    )  # fmt: skip
    return next((found for check in checks if (found := check(pod, node, situation)) is not None), None)


def sentence(total: int, objections: list[Objection]) -> str:
    """Put objections of all nodes together.

    Example:
        >>> sentence(1, [Objection(["Insufficient cpu"], hopeless=False)]).partition(". ")[0]
        '0/1 nodes are available: 1 Insufficient cpu'
    """
    reasons = Counter(reason for one in objections for reason in one.reasons)
    help_of = Counter(_HOPELESS if one.hopeless else _NO_PREEMPTION for one in objections)
    return (
        f"0/{total} nodes are available: {_counted(reasons)}. no new claims to deallocate, "
        f"preemption: 0/{total} nodes are available: {_counted(help_of)}."
    )


def refused_before_any_node(total: int, reason: str) -> str:
    """The sentence for a pod that no node is asked about: its claims don't exist or aren't bound."""
    return f"0/{total} nodes are available: {reason}. not found"


def requests(pod: Object) -> Amounts:
    """Return what a pod asks for: the sum of its containers, or its largest init container where that is more."""
    total: Amounts = {}
    for container in dig(pod, "spec", "containers") or []:
        for name, amount in _requested(container).items():
            total[name] = total.get(name, Fraction(0)) + amount
    for container in dig(pod, "spec", "initContainers") or []:
        for name, amount in _requested(container).items():
            total[name] = max(total.get(name, Fraction(0)), amount)
    for name, text in (dig(pod, "spec", "overhead") or {}).items():
        total[name] = total.get(name, Fraction(0)) + quantity.parse(str(text)).value
    return total


def tolerates(tolerations: Iterable[Object], taint: Object) -> bool:
    """Whether one of the tolerations covers a taint."""
    for one in tolerations:
        if one.get("effect") not in (None, "", taint["effect"]):
            continue
        if one.get("key") not in (None, "", taint["key"]):
            continue
        exists = one.get("operator") == "Exists"
        if exists or (one.get("key") and (one.get("value") or "") == (taint.get("value") or "")):
            return True
    return False


def matches_terms(node: Object, terms: Iterable[Object]) -> bool:
    """Whether a node matches one of several selector terms; a term without conditions matches nothing."""
    labels = dig(node, "metadata", "labels") or {}
    for term in terms:
        expressions, fields = term.get("matchExpressions") or [], term.get("matchFields") or []
        if not expressions and not fields:
            continue
        if all(_holds(labels, one) for one in expressions) and all(
            _holds({"metadata.name": name_of(node)}, one) for one in fields
        ):
            return True
    return False


def volume_fits(volume: Object, node: Object) -> bool:
    """Whether a volume can be used on a node."""
    terms = dig(volume, "spec", "nodeAffinity", "required", "nodeSelectorTerms")
    return terms is None or matches_terms(node, terms)


# One function a plugin


def _named(pod: Object, node: Object, _: Situation) -> Objection | None:
    """NodeAffinity's PreFilter: terms that name nodes leave only those."""
    terms = dig(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution") or {}
    names: set[str] = set()
    for term in terms.get("nodeSelectorTerms") or []:
        named = [set(one["values"]) for one in term.get("matchFields") or [] if one["operator"] == "In"]
        if not named:
            return None
        names |= set.intersection(*named)
    if names and name_of(node) not in names:
        return Objection(["node(s) didn't satisfy plugin(s) [NodeAffinity]"])
    return None


def _unschedulable(pod: Object, node: Object, _: Situation) -> Objection | None:
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    if dig(node, "spec", "unschedulable") and not tolerates(dig(pod, "spec", "tolerations") or [], taint):
        return Objection(["node(s) were unschedulable"])
    return None


def _tainted(pod: Object, node: Object, _: Situation) -> Objection | None:
    tolerations = dig(pod, "spec", "tolerations") or []
    for taint in dig(node, "spec", "taints") or []:
        if taint["effect"] in ("NoSchedule", "NoExecute") and not tolerates(tolerations, taint):
            return Objection(["node(s) had untolerated taint(s)"])
    return None


def _affinity(pod: Object, node: Object, _: Situation) -> Objection | None:
    labels = dig(node, "metadata", "labels") or {}
    selector = dig(pod, "spec", "nodeSelector") or {}
    required = dig(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    fits = all(labels.get(key) == value for key, value in selector.items())
    if fits and (required is None or matches_terms(node, required.get("nodeSelectorTerms") or [])):
        return None
    return Objection(["node(s) didn't match Pod's node affinity/selector"])


def _resources(pod: Object, node: Object, situation: Situation) -> Objection | None:
    here = [one for one in situation.pods if dig(one, "spec", "nodeName") == name_of(node) and not finished(one)]
    allocatable = {
        key: quantity.parse(str(text)).value for key, text in (dig(node, "status", "allocatable") or {}).items()
    }
    used: Amounts = {}
    for one in here:
        for key, amount in requests(one).items():
            used[key] = used.get(key, Fraction(0)) + amount
    reasons, hopeless = [], False
    if len(here) + 1 > allocatable.get("pods", Fraction(110)):
        reasons.append("Too many pods")
    for key, amount in requests(pod).items():
        total = allocatable.get(key, Fraction(0))
        if amount > 0 and amount > total - used.get(key, Fraction(0)):
            reasons.append(f"Insufficient {key}")
            hopeless = hopeless or amount > total
    return Objection(reasons, hopeless) if reasons else None


def _taken_once(_: Object, __: Object, situation: Situation) -> Objection | None:
    if not situation.taken_once:
        return None
    mode = "ReadWriteOncePod"
    reason = f"node(s) unavailable due to PersistentVolumeClaim with {mode} access mode already in-use by another pod"
    return Objection([reason], hopeless=False)


def _volume_affinity(_: Object, node: Object, situation: Situation) -> Objection | None:
    if all(volume_fits(volume, node) for volume in situation.volumes):
        return None
    return Objection(["node(s) didn't match PersistentVolume's node affinity"])


def _unprovisionable(_: Object, __: Object, situation: Situation) -> Objection | None:
    if not situation.unprovisionable:
        return None
    return Objection(["node(s) didn't find available persistent volumes to bind"])


def finished(pod: Object) -> bool:
    """Whether a pod no longer takes anything from its node."""
    return dig(pod, "status", "phase") in _FINISHED


def _requested(container: Object) -> Amounts:
    resources = container.get("resources") or {}
    texts: Mapping[str, Any] = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: quantity.parse(str(text)).value for name, text in texts.items()}


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))


def _holds(values: Mapping[str, str], expression: Object) -> bool:
    key, operator, wanted = expression["key"], expression["operator"], expression.get("values") or []
    held = values.get(key)
    if operator in ("Gt", "Lt"):
        if held is None or not held.lstrip("-").isdigit():
            return False
        return int(held) > int(wanted[0]) if operator == "Gt" else int(held) < int(wanted[0])
    return {
        "In": held in wanted,
        "NotIn": held not in wanted,
        "Exists": held is not None,
        "DoesNotExist": held is None,
    }.get(operator, False)
