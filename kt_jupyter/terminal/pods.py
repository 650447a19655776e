"""The pod under a terminal: is it ours, has it ended and how, what keeps it, and its end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import ContainerNotRunning, KtError, NotFound, Rejected
from kt_jupyter.kube import JOBS, PODS, Cluster, connect
from kt_jupyter.pods import lease
from kt_jupyter.specs.claim import MANAGED_BY, MANAGED_BY_LABEL
from kt_jupyter.terminal.target import Target

Json = dict[str, Any]

_OVER = ("Succeeded", "Failed")
_KILLED = 128 + 9
_TOLD_TO = (_KILLED, 128 + 15)
_ANOTHER = "vol.ssh() opens another."


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

    @property
    def starting(self) -> bool:
        """Whether its container has not begun."""
        phase = (self.body.get("status") or {}).get("phase")
        return phase == "Pending" and not self.over and self.terminated(None) is None

    def terminated(self, container: str | None) -> Json | None:
        """Return how a container (default: the first) ended; None while it has not."""
        for status in (self.body.get("status") or {}).get("containerStatuses") or ():
            if container in (None, status["name"]):
                ended: Json | None = (status.get("state") or {}).get("terminated")
                return ended
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


@dataclass(frozen=True)
class Ended:
    """How a shell has ended.

    Attributes:
        code: Its exit status; None where its pod was deleted under it.
        why: What ended it, for the person who did not; None when it ended by itself.
    """

    code: int | None
    why: KtError | None = None


def how_ended(pod: Pod, target: Target) -> Ended:
    """Say how the shell of a pod that is over has ended."""
    ended = pod.terminated(target.container) or {}
    code = int(ended.get("exitCode", 0))
    if ended.get("reason") == "OOMKilled":
        fact, words = "was ended: it used more memory than its pod may", str(ended.get("message") or "")
    elif code in _TOLD_TO and pod.body["metadata"].get("deletionTimestamp"):
        return Ended(None, gone(target))
    elif code == _KILLED:
        status = pod.body.get("status") or {}
        fact, words = "was killed", " ".join(str(status.get(key) or "") for key in ("reason", "message")).strip()
    else:
        return Ended(code)
    why = ContainerNotRunning(f'the shell in pod "{target.pod}" {fact}.', remedy=_ANOTHER, server=words or None)
    return Ended(code, why)


def gone(target: Target) -> NotFound:
    """Return the error for a pod that is not there."""
    return NotFound(
        f'there is no Pod "{target.pod}" in namespace {target.namespace}.',
        remedy=f"Its shell has ended, or somebody deleted it. {_ANOTHER}",
        code=404,
        reason="NotFound",
    )


def end(cluster: Cluster, target: Target, pod: Pod) -> None:
    """Remove a pod, by its Job if it has one; nothing happens when it is another one by now.

    When the cluster does not hear of it, its lease ends it.
    """
    job = pod.job()
    with contextlib.suppress(KtError):
        if job is not None:
            cluster.delete(JOBS, job[0], namespace=target.namespace, uid=job[1])
        else:
            cluster.delete(PODS, target.pod, namespace=target.namespace, uid=pod.body["metadata"]["uid"])


def renew(cluster: Cluster, target: Target, pod: Pod) -> None:
    """Let a pod's Job live for another lease from now; without effect when it has no deadline, or we may not."""
    job = pod.job()
    if job is not None:
        lease.renew(cluster, job[0], namespace=target.namespace, uid=job[1], lease=pod.lease)


def log(cluster: Cluster, target: Target) -> bytes | None:
    """Return what the log has of the last lines, nothing when it cannot be read; None when it can be, but not yet."""
    try:
        text = cluster.logs(target.pod, namespace=target.namespace, container=target.container, tail_lines=2000)
    except Rejected:  # the container is waiting to start, as far as the cluster knows
        return None
    except KtError:
        return b""
    return text.encode()
