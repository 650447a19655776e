"""The Job around a pod of ours, so that nothing is left behind whatever dies first.

A bare pod that ends stays as an object for ever and holds its claims. A Job ends (``activeDeadlineSeconds``), is never
tried again (``backoffLimit: 0``: a shell or a half-done run is not to be begun anew by surprise), and goes with its pod
a moment later (``ttlSecondsAfterFinished``).

Its deadline is also its lease. Whoever uses the Job raises the deadline to "now and a lease"; when a kernel, a tab or a
laptop dies nobody does, the Job ends and its volumes are free. It needs no operator and no program in the image. How
long a lease is stands on the pod and on the Job, so that whoever holds it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kt_jupyter.specs.pod import DOMAIN

Json = dict[str, Any]

LEASE_ANNOTATION: Final = f"{DOMAIN}/lease-seconds"
NAME_LABEL: Final = "batch.kubernetes.io/job-name"  # on the pods of a Job; the server sets it
RANK_ANNOTATION: Final = "batch.kubernetes.io/job-completion-index"  # on the pods of an Indexed Job
QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
KEPT_SECONDS: Final = 30
"""How long an ended Job is there to be asked how it ended; its pod holds the claims for as long."""


def job(
    name: str,
    template: Json,
    *,
    lease: int | None,
    namespace: str | None = None,
    keep: int = KEPT_SECONDS,
    workers: int | None = None,
    owner: Json | None = None,
) -> Json:
    """Return the manifest of a Job.

    Args:
        name: As ``specs.names.job_name`` gives it: with room for what its pods' names add.
        template: As ``specs.pod.pod_template`` gives it; the Job has the same labels and annotations.
        lease: Seconds that it lives without anybody renewing its lease; None for what ends by itself.
        namespace: Left out when None.
        keep: Seconds that it stays after its end.
        workers: That many pods at once, each with a rank (an Indexed Job); None for one pod without.
        owner: As ``owner_reference`` gives it: the Job goes when that does.
    """
    spoken = template["metadata"]
    annotations = dict(spoken.get("annotations", {}))
    deadline: Json = {}
    if lease is not None:
        annotations[LEASE_ANNOTATION] = str(lease)
        deadline = {"activeDeadlineSeconds": lease}
    metadata: Json = {"name": name, "labels": dict(spoken.get("labels", {})), "annotations": annotations}
    if namespace is not None:
        metadata["namespace"] = namespace
    if owner is not None:
        metadata["ownerReferences"] = [owner]
    ranked: Json = {}
    if workers is not None:
        ranked = {"completions": workers, "parallelism": workers, "completionMode": "Indexed"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": 0,
            **deadline,
            "ttlSecondsAfterFinished": keep,
            **ranked,
            "template": {"metadata": {**spoken, "annotations": dict(annotations)}, "spec": template["spec"]},
        },
    }


def pod_of(manifest: Json) -> Json:
    """Return the pod that a Job would make, for asking the server whether it takes such a one.

    A Job is always accepted; that its pods are refused (quota, Pod Security) shows only in an event.
    """
    template, name = manifest["spec"]["template"], manifest["metadata"]["name"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "generateName": f"{name}-"},
        "spec": template["spec"],
    }


def rank_of(pod: Mapping[str, Any]) -> int:
    """Return the rank of a Job's pod; 0 where pods have none."""
    return int((pod["metadata"].get("annotations") or {}).get(RANK_ANNOTATION, 0))


def owner_reference(pod: Mapping[str, Any]) -> Json:
    """Return what makes a pod the owner of something in its namespace: the pod that Jupyter itself runs in.

    Never the claim: it waits for the pods that use it, and they would wait for it.
    """
    metadata = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "blockOwnerDeletion": False,
    }


def suspended(found: Mapping[str, Any]) -> bool:
    """Whether a Job may have no pods for now: so a queue holds it until there is room."""
    return bool(found["spec"].get("suspend"))


def queue_of(found: Mapping[str, Any]) -> str:
    """Say in words which queue a Job waits in.

    >>> queue_of({"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "team-a"}}})
    'queue "team-a"'
    """
    name = (found["metadata"].get("labels") or {}).get(QUEUE_LABEL)
    return f'queue "{name}"' if name else "its queue"
