"""The smallest Role that enables everything, to hand to an administrator. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kt_jupyter.notebook.cluster.features import CLUSTER_FEATURES, FEATURES, Feature

_NAME = "kt-jupyter"
_GROUP = "rbac.authorization.k8s.io"

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """Whom to grant it: a user as the server calls them, or a service account of a namespace."""

    name: str
    service_account_namespace: str | None = None

    def manifest(self) -> Manifest:
        """Give the subject as a binding writes it."""
        if self.service_account_namespace is None:
            return {"kind": "User", "name": self.name, "apiGroup": _GROUP}
        return {"kind": "ServiceAccount", "name": self.name, "namespace": self.service_account_namespace}


def role_manifests(namespace: str, subject: Subject, *, cluster_wide: bool = False) -> list[Manifest]:
    """Write the Role and its binding; with ``cluster_wide`` also the ClusterRole for what has no namespace."""
    manifests = _pair("Role", FEATURES, subject, namespace)
    if cluster_wide:
        manifests += _pair("ClusterRole", CLUSTER_FEATURES, subject, None)
    return manifests


def _pair(kind: str, features: Sequence[Feature], subject: Subject, namespace: str | None) -> list[Manifest]:
    metadata = {"name": _NAME, **({"namespace": namespace} if namespace else {})}
    reference = {"apiGroup": _GROUP, "kind": kind, "name": _NAME}
    return [
        {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": metadata, "rules": _rules(features)},
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": f"{kind}Binding",
            "metadata": dict(metadata),
            "subjects": [subject.manifest()],
            "roleRef": reference,
        },
    ]


def _rules(features: Sequence[Feature]) -> list[Manifest]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for feature in features:
        need = feature.need
        verbs.setdefault((need.resource.group, need.in_rules), []).extend(need.verbs)
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": granted}
        for (group, resource), granted in verbs.items()
    ]
