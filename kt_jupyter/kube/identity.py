"""Whom the server takes us for."""

from __future__ import annotations

from typing import Final

from kt_jupyter.errors import KtError
from kt_jupyter.kube.client import Cluster
from kt_jupyter.kube.resources import Resource

_SELF_REVIEWS: Final = Resource(
    "authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False
)


def user_name(cluster: Cluster) -> str | None:
    """Return what the server calls us (Kubernetes 1.28 and later), else what the kubeconfig does; None for neither.

    The kubeconfig's name for a user is only the file's own, and inside a pod there is none.
    """
    try:
        answer = cluster.create(_SELF_REVIEWS, {})
        return str(answer["status"]["userInfo"]["username"])
    except (KtError, KeyError):
        return cluster.user
