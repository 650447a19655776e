"""What a new cluster contains before anyone has made anything: namespaces, storage classes, the default roles."""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local.objects import Object
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.resources import RESOURCES

NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
_RBAC: Final = "rbac.authorization.k8s.io"
_PROVISIONER: Final = "local.kt-jupyter.dev"
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_READ: Final = ["get", "list", "watch"]
_WRITE: Final = ["create", "delete", "deletecollection", "patch", "update"]
_OURS: Final = {
    "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
    "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
}

Rule = dict[str, Any]


def furnish(registry: Registry) -> None:
    """Create what is missing. Storage classes only in a cluster that has never run: people may delete them."""
    if not registry.list("namespaces"):
        for storage_class in _storage_classes():
            registry.create("storageclasses.storage.k8s.io", storage_class, admission=False)
    for name in NAMESPACES:
        _ensure(registry, "namespaces", {"metadata": {"name": name}})
    for role in _cluster_roles():
        _ensure(registry, f"clusterroles.{_RBAC}", role)
    for binding in _cluster_role_bindings():
        _ensure(registry, f"clusterrolebindings.{_RBAC}", binding)


def _ensure(registry: Registry, resource: str, obj: Object) -> None:
    if registry.find(resource, None, obj["metadata"]["name"]) is None:
        registry.create(resource, obj, admission=False)


def _storage_classes() -> list[Object]:
    """One of each kind that people meet: waits for its first pod, shared by many nodes, out of order."""
    return [
        _storage_class("standard", "directory", "WaitForFirstConsumer", {_DEFAULT_CLASS: "true"}, expands=True),
        _storage_class("shared", "shared", "Immediate"),
        _storage_class("broken", "broken", "Immediate"),
    ]


def _storage_class(
    name: str, provisioner: str, binding: str, annotations: dict[str, str] | None = None, *, expands: bool = False
) -> Object:
    meta: Object = {"name": name}
    if annotations:
        meta["annotations"] = annotations
    made: Object = {
        "metadata": meta,
        "provisioner": f"{_PROVISIONER}/{provisioner}",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": binding,
    }
    if expands:
        made["allowVolumeExpansion"] = True
    return made


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Rule:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def _namespaced(verbs: list[str], *, secrets: bool) -> list[Rule]:
    rules = []
    for group in sorted({r.group for r in RESOURCES if r.namespaced and not r.virtual and r.group != _RBAC}):
        held = [r for r in RESOURCES if r.namespaced and not r.virtual and r.group == group]
        names = [r.plural for r in held if secrets or r.plural != "secrets"]
        rules.append(_rule([group], names, verbs))
    return rules


def _cluster_roles() -> list[Object]:
    everything = [_rule(["*"], ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]
    reading = [*_namespaced(_READ, secrets=False), _rule([""], ["pods/log", "pods/status", "namespaces"], _READ)]
    streams = _rule([""], ["pods/attach", "pods/exec", "pods/portforward", "pods/eviction"], ["create", "get"])
    writing = [*reading, *_namespaced(_READ + _WRITE, secrets=True), streams]
    roles = [_rule([_RBAC], ["rolebindings", "roles"], _READ + _WRITE)]
    reviews = [
        _rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
        _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
    ]
    health = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
    paths = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]
    return [
        _cluster_role("admin", writing + roles),
        _cluster_role("cluster-admin", everything),
        _cluster_role("edit", writing),
        _cluster_role("system:basic-user", reviews),
        _cluster_role("system:discovery", [{"nonResourceURLs": sorted(health + paths), "verbs": ["get"]}]),
        _cluster_role("system:public-info-viewer", [{"nonResourceURLs": health, "verbs": ["get"]}]),
        _cluster_role("view", reading),
    ]


def _cluster_role(name: str, rules: list[Rule]) -> Object:
    return {"metadata": {"name": name, **_OURS}, "rules": rules}


def _cluster_role_bindings() -> list[Object]:
    bound = {
        "cluster-admin": ["system:masters"],
        "system:basic-user": ["system:authenticated"],
        "system:discovery": ["system:authenticated"],
        "system:public-info-viewer": ["system:authenticated", "system:unauthenticated"],
    }
    return [
        {
            "metadata": {"name": name, **_OURS},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group} for group in groups],
        }
        for name, groups in bound.items()
    ]
