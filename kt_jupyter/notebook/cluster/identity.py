"""Whom a Role is for: the person or service account that asks, unless another is named."""

from __future__ import annotations

from kt_jupyter.errors import KtError
from kt_jupyter.kube import Cluster, Resource
from kt_jupyter.notebook.cluster.role import Subject

_SELF_REVIEWS = Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False)
_SERVICE_ACCOUNT = "system:serviceaccount:"


def granted_to(
    cluster: Cluster, namespace: str, *, user: str | None = None, service_account: str | None = None
) -> Subject:
    """Say whom to grant a Role in ``namespace``: whoever is named, else whoever this kernel is."""
    if service_account:
        *elsewhere, name = service_account.replace("/", ":").split(":")
        return Subject(name, elsewhere[-1] if elsewhere else namespace)
    return _subject(user or _user_name(cluster))


def _subject(user: str) -> Subject:
    if user.startswith(_SERVICE_ACCOUNT):
        namespace, _, name = user.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return Subject(name, namespace)
    return Subject(user)


def _user_name(cluster: Cluster) -> str:
    """Ask the server what it calls us (Kubernetes 1.28 and later): the kubeconfig's name is only the file's own."""
    review = {"apiVersion": _SELF_REVIEWS.api_version, "kind": _SELF_REVIEWS.kind}
    try:
        answer = cluster.create(_SELF_REVIEWS, review)
        return str(answer["status"]["userInfo"]["username"])
    except (KtError, KeyError):
        return cluster.user or "YOUR-USER"
