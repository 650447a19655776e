"""Whom a Role is for: the person or service account that asks, unless another is named."""

from __future__ import annotations

from kt_jupyter.kube import Cluster, user_name
from kt_jupyter.notebook.cluster.role import Subject

_SERVICE_ACCOUNT = "system:serviceaccount:"


def granted_to(
    cluster: Cluster, namespace: str, *, user: str | None = None, service_account: str | None = None
) -> Subject:
    """Say whom to grant a Role in ``namespace``: whoever is named, else whoever this kernel is."""
    if service_account:
        *elsewhere, name = service_account.replace("/", ":").split(":")
        return Subject(name, elsewhere[-1] if elsewhere else namespace)
    return _subject(user or user_name(cluster) or "YOUR-USER")


def _subject(user: str) -> Subject:
    if user.startswith(_SERVICE_ACCOUNT):
        namespace, _, name = user.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return Subject(name, namespace)
    return Subject(user)
