"""The pod that this very process runs in, so that what it starts goes with it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from kt_jupyter.errors import KtError
from kt_jupyter.kube import PODS, Cluster
from kt_jupyter.specs.job import owner_reference

_CLUSTER_VARIABLE = "KUBERNETES_SERVICE_HOST"  # set in every container of a cluster
_TOLD_WITHIN = 5.0  # seconds


def own_pod(cluster: Cluster, namespace: str) -> dict[str, Any] | None:
    """Return the owner reference to our own pod; None outside of pods, and where something is made elsewhere.

    Owner and owned must share a namespace. A kubeconfig in a pod may lead to another cluster than the pod's own: then
    there is no pod of that name, or one that is not us, which the address tells.
    """
    if _CLUSTER_VARIABLE not in os.environ or cluster.is_local:
        return None
    name = socket.gethostname()
    try:
        pod = cluster.get(PODS, name, namespace=namespace)
        if _address(pod) is None:  # its node tells of a pod's start after the start
            pod = cluster.wait_for(
                PODS, name, lambda pod: pod if _address(pod) else None, namespace=namespace, timeout=_TOLD_WITHIN
            )
    except KtError:
        return None
    return owner_reference(pod) if _address(pod) in _addresses() else None


def _address(pod: Mapping[str, Any] | None) -> str | None:
    return ((pod or {}).get("status") or {}).get("podIP")


def _addresses() -> set[str]:
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return set()
