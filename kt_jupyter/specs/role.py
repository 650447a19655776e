"""The rights kt_jupyter needs, as a table, and the smallest Role that grants them.

Two halves. A Role in the user's own namespace covers everything that must work; an administrator can grant it without
thinking about the rest of the cluster. A read-only ClusterRole for the two cluster-wide kinds is a comfort: without it
the server's default class is used unseen and what happens to data at deletion is not known beforehand.

Deliberately absent: ``nodes/proxy`` (whoever has it owns every pod of the node, GET is enough), secrets, configmaps,
and anything that lists other namespaces. ``create`` *and* ``get`` stand on exec and attach because a websocket needs
``get`` up to Kubernetes 1.34 and both from 1.35 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAME = "kt-jupyter"
CLUSTER_NAME = "kt-jupyter-read-storage"
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Right:
    """Some verbs on some resources, and what a person can do with them."""

    purpose: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    group: str = ""
    namespaced: bool = True

    @property
    def rule(self) -> dict[str, list[str]]:
        """The right as a rule of a Role."""
        return {"apiGroups": [self.group], "resources": list(self.resources), "verbs": list(self.verbs)}


RIGHTS = (
    Right("see volumes", ("persistentvolumeclaims",), ("get", "list", "watch")),
    Right("make, change and delete volumes", ("persistentvolumeclaims",), ("create", "patch", "delete")),
    Right("see who uses a volume", ("pods",), ("get", "list", "watch")),
    Right("run helpers, remove pods that hold a volume", ("pods",), ("create", "patch", "delete")),
    Right("see why something waits", ("events",), ("list", "watch")),
    Right("see what is allowed here", ("resourcequotas", "limitranges"), ("list",)),
    Right("open terminals, browse and copy files", ("pods/exec", "pods/attach"), ("get", "create")),
    Right("read output", ("pods/log",), ("get",)),
    Right("run cells and functions", ("jobs",), ("get", "list", "watch", "create", "patch", "delete"), group="batch"),
    Right("choose a storage class", ("storageclasses",), ("list",), group="storage.k8s.io", namespaced=False),
    Right("know what deleting does to the data", ("persistentvolumes",), ("get",), namespaced=False),
)


def role_manifests(namespace: str, *, user: str | None = None) -> list[dict[str, Any]]:
    """Return the smallest Role, and its RoleBinding, that enable everything in one namespace.

    Args:
        namespace: where they hold.
        user: whom to bind; None writes a placeholder to be filled in.

    Source: the RBAC reference of Kubernetes; each verb stands in ``RIGHTS`` with its purpose.
    """
    rules = [right.rule for right in RIGHTS if right.namespaced]
    return [
        _object("Role", NAME, namespace=namespace, rules=rules),
        _binding("RoleBinding", "Role", NAME, user, namespace=namespace),
    ]


def cluster_role_manifests(*, user: str | None = None) -> list[dict[str, Any]]:
    """Return the optional read-only ClusterRole for storage classes and volumes, and its binding."""
    rules = [right.rule for right in RIGHTS if not right.namespaced]
    return [
        _object("ClusterRole", CLUSTER_NAME, rules=rules),
        _binding("ClusterRoleBinding", "ClusterRole", CLUSTER_NAME, user),
    ]


def role_text(namespace: str, *, user: str | None = None, cluster_wide: bool = True) -> str:
    """Return the manifests as YAML that an administrator can read and ``kubectl apply -f -`` takes.

    Args:
        namespace: where the Role holds.
        user: whom to bind; None writes a placeholder to be filled in.
        cluster_wide: whether to add the optional read-only ClusterRole.
    """
    documents = [_commented(each) for each in role_manifests(namespace, user=user)]
    if cluster_wide:
        optional = [_commented(each) for each in cluster_role_manifests(user=user)]
        documents += [f"# Optional, and read-only.\n{optional[0]}", *optional[1:]]
    return "---\n".join(documents)


def _commented(manifest: dict[str, Any]) -> str:
    """Write a manifest as YAML, each rule on one line under what it is for."""
    import yaml  # noqa: PLC0415  # 20 ms that only this text needs

    rules = manifest.get("rules")
    text: str = yaml.safe_dump({key: value for key, value in manifest.items() if key != "rules"}, sort_keys=False)
    if not rules:
        return text
    purposes = {str(right.rule): right.purpose for right in RIGHTS}
    lines = [
        f"# {purposes[str(rule)]}\n- {yaml.safe_dump(rule, default_flow_style=True, width=1000)}" for rule in rules
    ]
    return f"{text}rules:\n{''.join(lines)}"


def _object(kind: str, name: str, *, rules: list[dict[str, list[str]]], namespace: str | None = None) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": _metadata(name, namespace), "rules": rules}


def _binding(kind: str, role_kind: str, role: str, user: str | None, namespace: str | None = None) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": _metadata(role, namespace),
        "roleRef": {"apiGroup": _RBAC, "kind": role_kind, "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user or "WHO"}],
    }


def _metadata(name: str, namespace: str | None) -> dict[str, str]:
    return {"name": name, "namespace": namespace} if namespace else {"name": name}
