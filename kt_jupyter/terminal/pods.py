"""The pod under a terminal: is it ours, has it ended and how, what keeps it, and its end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import ApiError, KtError, Rejected
from kt_jupyter.kube import JOBS, PODS, Cluster, connect
from kt_jupyter.pods import lease
from kt_jupyter.specs.claim import MANAGED_BY, MANAGED_BY_LABEL
from kt_jupyter.terminal.target import Target

Json = dict[str, Any]

_OVER = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Pod:
    """A pod as it was last seen."""

    body: Json

    @property
    def scheduled(self) -> bool:
        """Whether a node has it."""
        return bool(self.body["spec"].get("nodeName"))

    @property
    def over(self) -> bool:
        """Whether it has ended, or is told to."""
        return (self.body.get("status") or {}).get("phase") in _OVER or bool(
            self.body["metadata"].get("deletionTimestamp")
        )

    @property
    def lease(self) -> int:
        """Seconds that it lives after whoever holds it is gone."""
        return lease.lease_of(self.body)

    def exit_code(self, container: str | None) -> int | None:
        """Return what a container (default: the first) ended with; None while it has not."""
        for status in (self.body.get("status") or {}).get("containerStatuses") or ():
            if container in (None, status["name"]):
                ended = (status.get("state") or {}).get("terminated")
                return None if ended is None else int(ended.get("exitCode", 0))
        return None

    def job(self) -> tuple[str, str] | None:
        """Return name and uid of the Job that made it."""
        for owner in self.body["metadata"].get("ownerReferences") or ():
            if owner.get("controller") and owner.get("kind") == "Job":
                return owner["name"], owner["uid"]
        return None


def connected(target: Target) -> Cluster:
    """Return the target's cluster. Costs no request (the embedded one may be started)."""
    return connect(local=True) if target.local else connect(target.context)


def find(cluster: Cluster, target: Target) -> Pod:
    """Return the target's pod.

    Raises:
        NotFound: There is none.
        Rejected: It is not one of ours: a terminal ends its pod, and must not end a stranger's.
    """
    return ours(Pod(cluster.get(PODS, target.pod, namespace=target.namespace)))


def ours(pod: Pod) -> Pod:
    """Return a pod of ours as it is.

    Raises:
        Rejected: It is not.
    """
    meta = pod.body["metadata"]
    if (meta.get("labels") or {}).get(MANAGED_BY_LABEL) != MANAGED_BY:
        raise Rejected(
            f'pod "{meta["name"]}" in namespace {meta["namespace"]} was not made by kt_jupyter.',
            remedy=f"kubectl attach -it -n {meta['namespace']} {meta['name']}   attaches to any pod.",
        )
    return pod


def end(cluster: Cluster, target: Target, pod: Pod) -> None:
    """Remove a pod, by its Job if it has one; nothing happens when it is another one by now."""
    job = pod.job()
    with contextlib.suppress(ApiError):
        if job is not None:
            cluster.delete(JOBS, job[0], namespace=target.namespace, uid=job[1])
        else:
            cluster.delete(PODS, target.pod, namespace=target.namespace, uid=pod.body["metadata"]["uid"])


def renew(cluster: Cluster, target: Target, pod: Pod) -> None:
    """Let a pod's Job live for another lease from now; without effect when it has no deadline, or we may not."""
    job = pod.job()
    if job is not None:
        lease.renew(cluster, job[0], namespace=target.namespace, uid=job[1], lease=pod.lease)


def log(cluster: Cluster, target: Target) -> bytes:
    """Return what the log has of the last lines; nothing when it cannot be read."""
    try:
        text = cluster.logs(target.pod, namespace=target.namespace, container=target.container, tail_lines=2000)
    except KtError:
        return b""
    return text.encode()
