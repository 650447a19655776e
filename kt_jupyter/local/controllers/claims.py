"""What to do about a claim, given the volumes and classes there are. Pure.

The rules are those of ``pkg/controller/volume/persistentvolume/pv_controller.go`` (syncUnboundClaim, syncBoundClaim)
and ``index.go`` (findBestMatchForClaim), Kubernetes 1.34, and so are the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.specs import quantity

BIND_COMPLETED: Final = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER: Final = "pv.kubernetes.io/bound-by-controller"
PROVISIONER: Final = "volume.kubernetes.io/storage-provisioner"
PROVISIONER_BETA: Final = "volume.beta.kubernetes.io/storage-provisioner"
SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
PROVISIONED_BY: Final = "pv.kubernetes.io/provisioned-by"
_NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"
_CLASS_BETA: Final = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


@dataclass(frozen=True, slots=True)
class Say:
    """Leave the claim pending and say why, in an event."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    """Bind the claim to this volume."""

    volume: Object


@dataclass(frozen=True, slots=True)
class Provision:
    """Ask this provisioner for a volume."""

    provisioner: str


@dataclass(frozen=True, slots=True)
class UseClass:
    """Give the claim this class: it named none when there was no default, and now there is one."""

    name: str


@dataclass(frozen=True, slots=True)
class Lose:
    """The volume the claim was bound to is gone: the claim is Lost, for good."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do but wait, without a word."""


Decision = Say | Bind | Provision | UseClass | Lose | Wait


def decide(claim: Object, volumes: dict[str, Object], classes: dict[str, Object], waiting_pods: list[str]) -> Decision:
    """Return what to do about a claim.

    Args:
        claim: the claim.
        volumes: all persistent volumes, by name.
        classes: all storage classes, by name.
        waiting_pods: the pods that use the claim and are not scheduled yet.
    """
    if BIND_COMPLETED in (dig(claim, "metadata", "annotations") or {}):
        return _bound(claim, volumes)
    wanted = dig(claim, "spec", "volumeName")
    if wanted:
        return _wants(claim, volumes.get(wanted))
    return _unbound(claim, volumes, classes, waiting_pods)


def class_of(obj: Object) -> str:
    """Return the storage class a claim or volume names; empty for none."""
    beta = (dig(obj, "metadata", "annotations") or {}).get(_CLASS_BETA)
    return str(beta if beta is not None else dig(obj, "spec", "storageClassName") or "")


def default_class(classes: Iterable[Object]) -> Object | None:
    """Return the default class: of several, the newest, of those the first by name.

    Source: ``pkg/volume/util/storageclass.go`` (GetDefaultClass).
    """
    marked = [
        one
        for one in classes
        if any((dig(one, "metadata", "annotations") or {}).get(key) == "true" for key in _DEFAULT_CLASS)
    ]
    by_name = sorted(marked, key=name_of)
    newest_first = sorted(by_name, key=lambda one: str(dig(one, "metadata", "creationTimestamp")), reverse=True)
    return newest_first[0] if newest_first else None


def is_bound_to(volume: Object, claim: Object) -> bool:
    """Whether a volume is meant for this claim."""
    reference = dig(volume, "spec", "claimRef")
    if not reference:
        return False
    same = reference.get("name") == name_of(claim) and reference.get("namespace") == namespace_of(claim)
    return same and reference.get("uid") in (None, "", dig(claim, "metadata", "uid"))


def mismatch(volume: Object, claim: Object) -> str | None:
    """Return why a volume cannot serve a claim, in the real controller's words; None when it can."""
    if "deletionTimestamp" in volume["metadata"]:
        return f'the volume is marked for deletion "{name_of(volume)}"'
    if _size(dig(volume, "spec", "capacity")) < _size(dig(claim, "spec", "resources", "requests")):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if _mode(volume) != _mode(claim):
        return "incompatible volumeMode"
    if not set(dig(claim, "spec", "accessModes") or []) <= set(dig(volume, "spec", "accessModes") or []):
        return "incompatible accessMode"
    return None


def best_match(claim: Object, volumes: Iterable[Object]) -> Object | None:
    """Return the volume to bind a claim to: the one reserved for it, else the smallest free one that fits."""
    free: list[Object] = []
    for volume in volumes:
        if dig(volume, "spec", "claimRef"):
            if is_bound_to(volume, claim) and mismatch(volume, claim) is None:
                return volume
            continue
        if (
            dig(volume, "status", "phase") == "Available"
            and mismatch(volume, claim) is None
            and _selected(claim, volume)
        ):
            free.append(volume)
    return min(free, key=lambda volume: (_size(dig(volume, "spec", "capacity")), name_of(volume)), default=None)


def waits_for_consumer(claim: Object, classes: dict[str, Object]) -> bool:
    """Whether the claim's class binds only when a pod uses the claim."""
    found = classes.get(class_of(claim))
    return found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"


def _unbound(
    claim: Object, volumes: dict[str, Object], classes: dict[str, Object], waiting_pods: list[str]
) -> Decision:
    name = class_of(claim)
    delayed = waits_for_consumer(claim, classes)
    selected = SELECTED_NODE in (dig(claim, "metadata", "annotations") or {})
    # For a delayed claim only the scheduler may choose among free volumes; what is reserved for it is its own.
    candidates = [volume for volume in volumes.values() if not delayed or is_bound_to(volume, claim)]
    volume = best_match(claim, candidates)
    if volume is not None:
        return Bind(volume)
    default = default_class(classes.values())
    if default is not None and dig(claim, "spec", "storageClassName") is None and not name:
        return UseClass(name_of(default))
    if delayed and not selected:
        return _wait_for_consumer(waiting_pods)
    return _provision(name, classes)


def _provision(name: str, classes: dict[str, Object]) -> Decision:
    if name and name not in classes:
        return Say("ProvisioningFailed", f'storageclass.storage.k8s.io "{name}" not found', warning=True)
    if not name or classes[name]["provisioner"] == _NO_PROVISIONER:
        return Say("FailedBinding", "no persistent volumes available for this claim and no storage class is set")
    return Provision(classes[name]["provisioner"])


def _wait_for_consumer(pods: list[str]) -> Say:
    if not pods:
        return Say("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    noun = "pod" if len(pods) == 1 else "pods"
    return Say("WaitForPodScheduled", f"waiting for {noun} {','.join(pods)} to be scheduled")


def _wants(claim: Object, volume: Object | None) -> Decision:
    """The claim names its volume."""
    if volume is None:
        return Wait()
    if is_bound_to(volume, claim):
        return Bind(volume)
    if dig(volume, "spec", "claimRef"):
        return Say("FailedBinding", f'volume "{name_of(volume)}" already bound to a different claim.', warning=True)
    why = mismatch(volume, claim)
    if why is not None:
        return Say("VolumeMismatch", f'Cannot bind to requested volume "{name_of(volume)}": {why}', warning=True)
    return Bind(volume)


def _bound(claim: Object, volumes: dict[str, Object]) -> Decision:
    if dig(claim, "status", "phase") == "Lost":
        return Wait()
    name = dig(claim, "spec", "volumeName")
    if not name:
        return Lose("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
    volume = volumes.get(name)
    if volume is None:
        return Lose("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
    reference = dig(volume, "spec", "claimRef")
    if not reference or reference.get("uid") == dig(claim, "metadata", "uid"):
        return Bind(volume)
    return Lose("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")


def is_larger(one: str, other: str) -> bool:
    """Whether one size is more than another."""
    return quantity.parse(one) > quantity.parse(other)


def _size(resources: Object | None) -> quantity.Quantity:
    return quantity.parse(str((resources or {}).get("storage") or "0"))


def _mode(obj: Object) -> str:
    return str(dig(obj, "spec", "volumeMode") or "Filesystem")


def _selected(claim: Object, volume: Object) -> bool:
    labels = dig(volume, "metadata", "labels") or {}
    selector = dig(claim, "spec", "selector") or {}
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_matches(labels, one) for one in selector.get("matchExpressions") or [])


def _matches(labels: dict[str, str], expression: Object) -> bool:
    key, values = expression["key"], expression.get("values") or []
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }.get(expression["operator"], False)
