"""What a claim's state means, in one word and one clause, and what to do about it.

Kubernetes' phase is not the answer: ``Pending`` may be normal (the disk is made when the first pod needs it), hopeless
(the class does not exist) or a matter of seconds, and ``Terminating`` is no phase at all. The order of the questions
follows the controllers that act on a claim. Events are consulted for Pending claims only (``events`` says how).

Pure: everything known is passed in, None where it could not be read, and every verdict degrades with what is missing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from kt_jupyter.pods.claims import SELECTED_NODE, clean, missing_class
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs import human
from kt_jupyter.specs.state import PersonsState
from kt_jupyter.specs.storage import StorageClass, default_class, provisioner_of
from kt_jupyter.volumes.events import newest_warning, unanswered, waits_for_first_consumer
from kt_jupyter.volumes.pasting import python_arguments
from kt_jupyter.volumes.users import PodUse

_PROTECTION = "kubernetes.io/pvc-protection"
_LONGEST_REASON = 200


class State(PersonsState):
    """What a volume is, for a person."""

    PROBLEM = ("Problem", "▲", 0)
    LOST = ("Lost", "✕", 0)
    TERMINATING = ("Terminating", "⊘", 1)
    PENDING = ("Pending", "◐", 1)
    RESIZING = ("Resizing", "◐", 1)
    WAITING = ("Waiting for first use", "◌", 1)
    BOUND = ("Bound", "●", 1)
    ABSENT = ("Not made yet", "○", 1)


class Verdict(NamedTuple):
    """A state, the clause that explains it (empty where there is nothing to explain), and a remedy to paste."""

    state: State
    reason: str = ""
    remedy: str | None = None


_BOUND = Verdict(State.BOUND)


def judge(
    claim: Mapping[str, Any],
    *,
    users: Sequence[PodUse] | None = None,
    classes: Mapping[str, StorageClass] | None = None,
    events: Iterable[Mapping[str, Any]] | None = None,
) -> Verdict:
    """Say what state a claim is in and why.

    Args:
        claim: the claim as the server gave it.
        users: the pods that use it; None when pods may not be listed.
        classes: the cluster's storage classes by name; None when they may not be listed.
        events: the claim's events; None when they were not read.
    """
    if "deletionTimestamp" in claim["metadata"]:
        return _terminating(claim, users)
    phase = (claim.get("status") or {}).get("phase")
    if phase == "Bound":
        return _bound(claim)
    if phase == "Lost":
        volume = claim["spec"].get("volumeName", "")
        return Verdict(
            State.LOST,
            f"its disk {volume} does not exist any longer, and its data with it",
            f"{_handle(claim)}.delete()",
        )
    return _pending(claim, users, classes, events)


def _terminating(claim: Mapping[str, Any], users: Sequence[PodUse] | None) -> Verdict:
    holders = [use for use in users or () if use.holds]
    if holders:
        rest = f" and {len(holders) - 1} more" if len(holders) > 1 else ""
        remedy = f"{_handle(claim)}.delete(force=True)" if any(use.finished for use in holders) else None
        return Verdict(State.TERMINATING, f"held by {holders[0]}{rest}", remedy)
    others = [each for each in claim["metadata"].get("finalizers") or () if each != _PROTECTION]
    if others:
        return Verdict(State.TERMINATING, f"held by the finalizer {others[0]}")
    return Verdict(State.TERMINATING, "" if users is not None else "pods may hold it (no right to list them)")


def _bound(claim: Mapping[str, Any]) -> Verdict:
    status = claim["status"]
    # Nearly every claim leaves here: nothing to report, and the same text for what was asked and what there is.
    if "conditions" not in status and "healthStatus" not in status:
        resources = claim["spec"].get("resources")
        if resources and resources.get("requests") == status.get("capacity"):
            return _BOUND
    health = (status.get("healthStatus") or {}).get("conditions") or ()
    if health:
        return Verdict(State.PROBLEM, f"its storage reports {health[0].get('status', 'trouble')}")
    return _resizing(claim, {each["type"]: each for each in status.get("conditions") or () if each["status"] == "True"})


def _resizing(claim: Mapping[str, Any], conditions: Mapping[str, Any]) -> Verdict:
    for kind in ("ControllerResizeError", "NodeResizeError"):
        if kind in conditions:
            return Verdict(State.PROBLEM, f"it cannot grow: {_clean(conditions[kind].get('message', kind))}")
    wanted, has = claims.requested(claim), claims.capacity(claim)
    if wanted is None or has is None or wanted <= has:
        return _BOUND
    progress = ((claim["status"].get("allocatedResourceStatuses") or {}).get("storage")) or ""
    if progress.endswith(("Infeasible", "Failed")):
        return Verdict(State.PROBLEM, f"it cannot grow to {human.size(wanted)}")
    if "FileSystemResizePending" in conditions or progress == "NodeResizePending":
        return Verdict(State.RESIZING, f"{human.size(wanted)} when a pod next uses it, {human.size(has)} until then")
    return Verdict(State.RESIZING, f"{human.size(wanted)} asked for, {human.size(has)} so far")


def _pending(
    claim: Mapping[str, Any],
    users: Sequence[PodUse] | None,
    classes: Mapping[str, StorageClass] | None,
    events: Iterable[Mapping[str, Any]] | None,
) -> Verdict:
    name = claims.storage_class(claim)
    if claim["spec"].get("volumeName"):
        return Verdict(State.PENDING, f"waits for the disk {claim['spec']['volumeName']}")
    if name == "":
        return Verdict(State.PENDING, "waits for a disk made by hand: it asks for no storage class")
    if name is None:
        return _without_class(claim, classes)
    told = list(events) if events else ()
    storage_class = classes.get(name) if classes else None
    return _obstacle(claim, name, classes, told) or _provisioning(claim, name, users, storage_class, told)


def _obstacle(
    claim: Mapping[str, Any],
    name: str,
    classes: Mapping[str, StorageClass] | None,
    events: Sequence[Mapping[str, Any]],
) -> Verdict | None:
    """Say what keeps the disk from being made, if anything is known to."""
    if classes is not None and name not in classes:
        return _class_missing(claim, name, classes)
    warning = newest_warning(events) if events else None
    if warning is None:
        return _no_answer(claim) if events and unanswered(events) else None
    missing = missing_class(warning)
    return _class_missing(claim, missing, classes) if missing else Verdict(State.PROBLEM, _clean(warning))


def _provisioning(
    claim: Mapping[str, Any],
    name: str,
    users: Sequence[PodUse] | None,
    storage_class: StorageClass | None,
    events: Iterable[Mapping[str, Any]],
) -> Verdict:
    """Say what a claim waits for that has nothing in its way."""
    if claim["spec"].get("selector"):
        return Verdict(State.PENDING, "waits for a disk made by hand: it has a selector")
    if not _waits_for_first_use(claim, storage_class, events):
        return Verdict(State.PENDING, f"class {name} makes the disk")
    waiting = next((use for use in users if not use.holds), None) if users else None
    if waiting:
        return Verdict(State.PENDING, f"pod {waiting.name} needs it and waits for a node")
    return _waiting(name)


@functools.cache  # in a list, hundreds of claims of one class wait
def _waiting(storage_class: str) -> Verdict:
    return Verdict(State.WAITING, f"class {storage_class} makes the disk when the first pod needs it (normal)")


def _without_class(claim: Mapping[str, Any], classes: Mapping[str, StorageClass] | None) -> Verdict:
    if classes is None or default_class(classes.values()):
        return Verdict(State.PENDING, "waits for the cluster's default class")
    reason = f"it names no storage class and the cluster has no default one; {_classes_here(classes)}"
    return Verdict(State.PROBLEM, reason, _again(claim, classes))


def _class_missing(claim: Mapping[str, Any], name: str, classes: Mapping[str, StorageClass] | None) -> Verdict:
    return Verdict(State.PROBLEM, f"class {name} does not exist", _again(claim, classes))


def _classes_here(classes: Mapping[str, StorageClass]) -> str:
    return f"classes here: {', '.join(sorted(classes))}" if classes else "it has no classes at all"


def _again(claim: Mapping[str, Any], classes: Mapping[str, StorageClass] | None) -> str | None:
    """Return the line that makes the same volume with a class that exists; there is no data in it yet to be lost."""
    available = (classes or {}).values()
    chosen = default_class(available) or min(available, key=lambda each: each.name, default=None)
    path, metadata = claims.mount_path(claim), claim["metadata"]
    if chosen is None or path is None:
        return None
    arguments = python_arguments(
        metadata["name"],
        size=str(claims.requested(claim)),
        mount_path=path,
        storage_class=chosen.name,
        namespace=metadata["namespace"],
    )
    return f"{_handle(claim)}.delete(); kt.Volume({arguments}).create()"


def _handle(claim: Mapping[str, Any]) -> str:
    metadata = claim["metadata"]
    return f"kt.Volume.from_name({python_arguments(metadata['name'], namespace=metadata['namespace'])})"


def _waits_for_first_use(
    claim: Mapping[str, Any], storage_class: StorageClass | None, events: Iterable[Mapping[str, Any]]
) -> bool:
    if SELECTED_NODE in (claim["metadata"].get("annotations") or ()):
        return False
    if storage_class is not None:
        return storage_class.waits_for_first_use
    return waits_for_first_consumer(events)


def _no_answer(claim: Mapping[str, Any]) -> Verdict:
    provisioner = provisioner_of(claim) or "of its class"
    return Verdict(State.PROBLEM, f"the provisioner {provisioner} does not answer; it may not be running")


def _clean(message: str) -> str:
    text = clean(message)
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…"
