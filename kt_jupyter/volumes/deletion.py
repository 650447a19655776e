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

from kt_jupyter import reporting
from kt_jupyter.errors import Conflict, Forbidden, KtError, NotFound, VolumeInUse, WaitTimeout
from kt_jupyter.kube import CLAIMS, PODS, STORAGE_CLASSES, VOLUMES, Cluster, Get, List
from kt_jupyter.reporting import Say
from kt_jupyter.specs import claim as claims
from kt_jupyter.volumes.reading import absence, by_name, optional
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
        pods: The pods that held it; None where pods may not be listed.
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
    pods: tuple[PodUse, ...] | None = ()
    waiting: tuple[PodUse, ...] = ()
    claim: Json | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain data, for ``--json``."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "existed": self.existed,
            "deleted": self.gone,
            "data": self.data,
            "volumeName": self.volume_name,
            "reclaimPolicy": self.reclaim_policy,
            "usedBy": None if self.pods is None else [pod.name for pod in self.pods],
            "waiting": [pod.name for pod in self.waiting],
        }

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


def plan(cluster: Cluster, namespace: str, name: str) -> Deletion:
    """Return what deleting a claim would do and who holds it; changes nothing."""
    claim, pods = cluster.gather(Get(CLAIMS, name, namespace), List(PODS, namespace), return_errors=True)
    if isinstance(claim, NotFound):
        return Deletion(name, namespace, existed=False)
    if isinstance(claim, KtError):
        raise claim
    listed = optional(pods)
    users = users_of(name, listed or ())
    policy, data = _reclaim(cluster, claim)
    return Deletion(
        name=name,
        namespace=namespace,
        existed=True,
        data=data,
        volume_name=claim["spec"].get("volumeName") or None,
        reclaim_policy=policy,
        pods=None if listed is None else tuple(use for use in users if use.holds),
        waiting=tuple(use for use in users if not use.holds),
        claim=claim,
    )


def carry_out(
    cluster: Cluster,
    planned: Deletion,
    *,
    force: bool = False,
    wait: bool = True,
    timeout: float | None = 60,
    progress: Say | None = None,
) -> Deletion:
    """Delete the claim that was planned for; see ``Volume.delete``, which documents the arguments."""
    if planned.claim is None:
        fact = absence(cluster, planned.namespace, planned.name).fact
        reporting.progress(f"{fact[0].upper()}{fact[1:]} Nothing to delete.", progress)
        return planned
    if not force and "deletionTimestamp" not in planned.claim["metadata"]:
        _refuse_if_held(planned)
    reporting.progress(f"Deleting volume {planned.name}: {planned.fate}.", progress)
    if planned.pods is None:
        reporting.progress("Pods may not be listed here; if any use it, it goes when they do.", progress)
    if planned.waiting:
        reporting.progress(
            f"It is wanted by {name_some(planned.waiting)}, which will wait for a node in vain.", progress
        )
    uid = planned.claim["metadata"]["uid"]
    _delete_claim(cluster, planned, uid)
    if wait:
        _wait_until_gone(cluster, planned, uid, force=force, timeout=timeout, progress=progress)
    elif force:
        _remove_finished(cluster, planned.pods or ())
    return replace(planned, gone=wait or planned.pods == ())


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


def _refuse_if_held(planned: Deletion) -> None:
    """Raise while pods hold the claim; those that are ending already are waited for."""
    holders = [use for use in planned.pods or () if not use.ending]
    if not holders:
        return
    if all(use.finished for use in holders):
        remedy = (
            "Finished pods hold a volume for as long as they exist. To remove them with it: vol.delete(force=True), "
            "in a magic --force"
        )
    else:
        remedy = (
            "Stop them first. Or vol.delete(force=True), in a magic --force: it removes the finished ones, and the "
            "volume goes when the running ones end."
        )
    if any(use.terminal and not use.finished for use in holders):
        remedy += "\nA terminal ends with `exit` in it; all of yours that are open: %kt_volume gc --force"
    raise VolumeInUse(
        f'volume "{planned.name}" in {planned.namespace} is not deleted, because pods use it: {name_some(holders)}.',
        remedy=remedy,
        pods=tuple(use.name for use in holders),
    )


def _delete_claim(cluster: Cluster, planned: Deletion, uid: str) -> None:
    try:
        cluster.delete(CLAIMS, planned.name, namespace=planned.namespace, uid=uid)
    except NotFound:
        return  # somebody else was faster: what was asked for is true
    except Conflict as conflict:
        raise Conflict(
            f'volume "{planned.name}" was deleted and made anew while this ran; the new one is left alone.',
            remedy=f"Look at it before deleting it: vol.status(), or %kt_volume show {planned.name}",
            server=conflict.server or conflict.fact,
            code=conflict.code,
            reason=conflict.reason,
            status=conflict.status,
        ) from conflict


def _wait_until_gone(
    cluster: Cluster, planned: Deletion, uid: str, *, force: bool, timeout: float | None, progress: Say | None
) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        _wait_for_pods(cluster, planned, deadline, force=force, progress=progress)
        cluster.wait_for(CLAIMS, planned.name, _gone, namespace=planned.namespace, timeout=_until(deadline), uid=uid)
    except WaitTimeout as late:
        holders = _holders(cluster, planned)
        held = f"held by {name_some(holders)}" if holders else "held by a finalizer"
        raise WaitTimeout(
            f'volume "{planned.name}" is being deleted and still there after {timeout:g} s: {held}.',
            remedy="The deletion goes on by itself. To see who holds it: vol.status(), or "
            f"%kt_volume show {planned.name}",
        ) from late
    if planned.pods:
        reporting.progress(f"Volume {planned.name} is gone.", progress)


def _wait_for_pods(
    cluster: Cluster, planned: Deletion, deadline: float | None, *, force: bool, progress: Say | None
) -> None:
    """Wait until no pod holds the claim, which cannot go before, and say who does each time that changes.

    One pod after another is waited for, and who is left is read anew each time one has changed: nothing is polled.
    """
    holders = planned.pods or ()
    while holders:
        if force:
            _remove_finished(cluster, holders)
        reporting.progress(f"Waiting for {name_some(holders)}. Ctrl-C stops the waiting, not the deletion.", progress)
        first = holders[0]
        cluster.wait_for(
            PODS, first.name, _changed(first), namespace=first.namespace, timeout=_until(deadline), uid=first.uid
        )
        holders = _holders(cluster, planned)


def _remove_finished(cluster: Cluster, pods: Iterable[PodUse]) -> None:
    for use in pods:
        if use.finished and not use.ending:
            try:
                cluster.delete(PODS, use.name, namespace=use.namespace, uid=use.uid)
            except (NotFound, Conflict):
                continue  # it is gone, or a namesake runs: neither is ours to remove


def _holders(cluster: Cluster, planned: Deletion) -> tuple[PodUse, ...]:
    try:
        pods = cluster.list(PODS, namespace=planned.namespace)
    except Forbidden:
        return ()
    return tuple(use for use in users_of(planned.name, pods) if use.holds)


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
