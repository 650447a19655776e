"""Deleting a volume: never by surprise, never the wrong one, and not half.

Refuses while pods hold the claim and names them, because a deleted claim that is held turns into one that can neither
be used nor revived. ``force`` is for who means it: finished pods that hold it are removed (they never end otherwise),
running ones are left alone, and the volume goes when the last of them does. The claim's uid always goes along as a
precondition, so that a namesake made meanwhile is not hit. The finalizer that protects data is never stripped.

What happens to the data is said beforehand. It is the volume's reclaim policy, which only a cluster-wide right shows;
the class's policy stands in for it, and without either we say that we do not know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from kt_jupyter.errors import Conflict, Forbidden, KtError, NotFound, VolumeInUse, WaitTimeout
from kt_jupyter.kube import CLAIMS, PODS, STORAGE_CLASSES, VOLUMES, Cluster, Get, List
from kt_jupyter.specs import claim as claims
from kt_jupyter.volumes import reporting
from kt_jupyter.volumes.reading import absence, by_name, optional
from kt_jupyter.volumes.reporting import Say
from kt_jupyter.volumes.users import PodUse, name_some, users_of

Json = dict[str, Any]
Data = Literal["destroyed", "kept", "none", "unknown"]
# What happens to the data: as a fact about the deletion, and as a warning before it.
_FATES: dict[Data, tuple[str, str]] = {
    "destroyed": ("its data is destroyed (reclaim policy Delete)", "destroys its data (reclaim policy Delete)"),
    "kept": (
        "its data is kept in the released disk {disk} (reclaim policy Retain)",
        "keeps its data in the released disk {disk} (reclaim policy Retain)",
    ),
    "none": ("it has no disk yet, so no data is lost", "loses no data: it has no disk yet"),
    "unknown": (
        "take its data as destroyed (the reclaim policy cannot be read here)",
        "probably destroys its data (the reclaim policy cannot be read here)",
    ),
}


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did, or with ``dry_run`` would do.

    Attributes:
        name: The volume.
        namespace: Its namespace.
        existed: Whether there was anything to delete.
        gone: Whether it is gone; False for a dry run, and where the wait was waived and pods hold it still.
        data: What happens to the data: ``destroyed``, ``kept``, ``none`` (there was no disk) or ``unknown``.
        volume_name: The PersistentVolume behind it, if any.
        reclaim_policy: ``Delete`` or ``Retain``, where it can be read.
        pods: The pods that held it.
        waiting: Pods that wait for a node and name it; they will wait for ever.
        claim: The claim as it was.
    """

    name: str
    namespace: str
    existed: bool
    gone: bool = False
    data: Data = "none"
    volume_name: str | None = None
    reclaim_policy: str | None = None
    pods: tuple[PodUse, ...] = ()
    waiting: tuple[PodUse, ...] = ()
    claim: Json | None = None

    def __repr__(self) -> str:
        if not self.existed:
            return f"Volume {self.name}: there is none in {self.namespace}, nothing to delete"
        held = f"; held by {name_some(self.pods)}" if self.pods and not self.gone else ""
        return f"Volume {self.name}: {'deleted' if self.gone else 'not deleted yet'}; {self.fate}{held}"

    @property
    def fate(self) -> str:
        """What happens to the data, as a clause: ``its data is destroyed (reclaim policy Delete)``."""
        return _FATES[self.data][0].format(disk=self.volume_name)

    @property
    def would(self) -> str:
        """The same as a warning beforehand: ``deleting it destroys its data (reclaim policy Delete)``."""
        return f"deleting it {_FATES[self.data][1].format(disk=self.volume_name)}"


def delete(
    cluster: Cluster,
    namespace: str,
    name: str,
    *,
    force: bool = False,
    wait: bool = True,
    timeout: float | None = 60,
    dry_run: bool = False,
    notify: Say | None = None,
    progress: Say | None = None,
) -> Deletion:
    """Delete a claim; see ``Volume.delete``, which documents the arguments."""
    found, pods = cluster.gather(Get(CLAIMS, name, namespace), List(PODS, namespace), return_errors=True)
    if isinstance(found, NotFound):
        fact = absence(cluster, namespace, name).fact
        reporting.notice(f"{fact[0].upper()}{fact[1:]} Nothing to delete.", notify)
        return Deletion(name, namespace, existed=False)
    if isinstance(found, KtError):
        raise found
    listed = optional(pods)
    plan = _plan(cluster, found, users_of(name, listed or ()))
    if dry_run:
        return plan
    if not force and "deletionTimestamp" not in found["metadata"]:
        _refuse_if_held(plan)
    reporting.notice(f"Deleting volume {plan.name}: {plan.fate}.", notify)
    if plan.waiting:
        reporting.notice(f"It is wanted by {name_some(plan.waiting)}, which will wait for a node in vain.", notify)
    uid = found["metadata"]["uid"]
    return _carry_out(cluster, plan, uid, force=force, wait=wait, timeout=timeout, progress=progress)


def _plan(cluster: Cluster, claim: Json, users: list[PodUse]) -> Deletion:
    policy, data = _reclaim(cluster, claim)
    return Deletion(
        name=claim["metadata"]["name"],
        namespace=claim["metadata"]["namespace"],
        existed=True,
        data=data,
        volume_name=claim["spec"].get("volumeName") or None,
        reclaim_policy=policy,
        pods=tuple(use for use in users if use.holds),
        waiting=tuple(use for use in users if not use.holds),
        claim=claim,
    )


def _reclaim(cluster: Cluster, claim: Json) -> tuple[str | None, Data]:
    """Return the reclaim policy and what it does to the data.

    Source: the policy stands on the PersistentVolume, copied from its class when it was made.
    """
    volume_name = claim["spec"].get("volumeName")
    if not volume_name:
        return None, "none"
    volume, classes = cluster.gather(Get(VOLUMES, volume_name), List(STORAGE_CLASSES), return_errors=True)
    if isinstance(volume, NotFound):
        return None, "none"
    readable = optional(volume)
    if readable:
        policy = readable["spec"].get("persistentVolumeReclaimPolicy")
    else:
        known = by_name(optional(classes) or []).get(claims.storage_class(claim) or "")
        policy = known.reclaim_policy if known else None
    if policy is None:
        return None, "unknown"
    return policy, "kept" if policy == "Retain" else "destroyed"


def _refuse_if_held(plan: Deletion) -> None:
    """Raise while pods hold the claim; those that are ending already are waited for."""
    holders = [use for use in plan.pods if not use.ending]
    if not holders:
        return
    if all(use.finished for use in holders):
        remedy = "Finished pods hold a volume for as long as they exist. To remove them with it: vol.delete(force=True)"
    else:
        remedy = (
            "Stop them first. Or vol.delete(force=True): it removes the finished ones, and the volume goes when the "
            "running ones end."
        )
    raise VolumeInUse(
        f'volume "{plan.name}" in {plan.namespace} is not deleted, because pods use it: {name_some(holders)}.',
        remedy=remedy,
        pods=tuple(use.name for use in holders),
    )


def _carry_out(
    cluster: Cluster, plan: Deletion, uid: str, *, force: bool, wait: bool, timeout: float | None, progress: Say | None
) -> Deletion:
    _delete_claim(cluster, plan, uid)
    if not wait:
        if force:
            _remove_finished(cluster, plan.pods)
        return replace(plan, gone=not plan.pods)
    try:
        _wait_until_gone(cluster, plan, uid, force=force, timeout=timeout, progress=progress)
    except WaitTimeout as late:
        holders = _holders(cluster, plan)
        held = f"held by {name_some(holders)}" if holders else "held by a finalizer"
        raise WaitTimeout(
            f'volume "{plan.name}" is being deleted and still there after {timeout:g} s: {held}.',
            remedy="The deletion goes on by itself. To see who holds it: vol.status()",
        ) from late
    if plan.pods:
        reporting.progress(f"Volume {plan.name} is gone.", progress)
    return replace(plan, gone=True)


def _delete_claim(cluster: Cluster, plan: Deletion, uid: str) -> None:
    try:
        cluster.delete(CLAIMS, plan.name, namespace=plan.namespace, uid=uid)
    except NotFound:
        return  # somebody else was faster: what was asked for is true
    except Conflict as conflict:
        raise Conflict(
            f'volume "{plan.name}" was deleted and made anew while this ran; the new one is left alone.',
            remedy="Look at it before deleting it: vol.status()",
            server=conflict.server or conflict.fact,
            code=conflict.code,
            reason=conflict.reason,
            status=conflict.status,
        ) from conflict


def _wait_until_gone(
    cluster: Cluster, plan: Deletion, uid: str, *, force: bool, timeout: float | None, progress: Say | None
) -> None:
    """Wait for the claim's end, saying who holds it each time that changes.

    The claim cannot go before the last pod that holds it, so the pods are waited for one after another; who is left is
    read anew each time one of them changes. Nothing is polled.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    holders = plan.pods
    while holders:
        if force:
            _remove_finished(cluster, holders)
        reporting.progress(f"Waiting for {name_some(holders)}. Ctrl-C stops the waiting, not the deletion.", progress)
        first = holders[0]
        cluster.wait_for(
            PODS, first.name, _changed(first), namespace=first.namespace, timeout=_until(deadline), uid=first.uid
        )
        holders = _holders(cluster, plan)
    cluster.wait_for(CLAIMS, plan.name, _gone, namespace=plan.namespace, timeout=_until(deadline), uid=uid)


def _remove_finished(cluster: Cluster, pods: Iterable[PodUse]) -> None:
    for use in pods:
        if use.finished and not use.ending:
            try:
                cluster.delete(PODS, use.name, namespace=use.namespace, uid=use.uid)
            except (NotFound, Conflict):
                continue  # it is gone, or a namesake runs: neither is ours to remove


def _holders(cluster: Cluster, plan: Deletion) -> tuple[PodUse, ...]:
    try:
        pods = cluster.list(PODS, namespace=plan.namespace)
    except Forbidden:
        return ()
    return tuple(use for use in users_of(plan.name, pods) if use.holds)


def _changed(use: PodUse) -> Callable[[Json | None], bool | None]:
    """Return the condition that a pod is gone, or in another state than it was."""

    def condition(pod: Json | None) -> bool | None:
        if pod is None:
            return True
        finished = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        ending = "deletionTimestamp" in pod["metadata"]
        return True if finished > use.finished or ending > use.ending else None

    return condition


def _gone(claim: Json | None) -> bool | None:
    return True if claim is None else None


def _until(deadline: float | None) -> float | None:
    # Not below zero, which would ask for a wait without end or for none: at the deadline one last look is due.
    return None if deadline is None else max(0.1, deadline - time.monotonic())
