"""The resources this server holds: one table, from which routing, discovery, OpenAPI and rights are derived.

Names, short names, categories and verbs are those of Kubernetes 1.34 (``kubectl api-resources -o wide``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ALL_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
STATUS_VERBS: Final = ("get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object: ``pods/log``. ``kind`` is what goes over the wire there, if not the object itself."""

    name: str
    verbs: tuple[str, ...] = STATUS_VERBS
    kind: str = ""
    group: str = ""
    version: str = ""


STATUS: Final = Subresource("status")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind of object: its names, where it lives and what can be done with it.

    ``generation`` says that ``metadata.generation`` counts changes of its spec; ``virtual`` that nothing is stored
    (access reviews are questions, answered at once); ``stored_as`` names the resource whose objects it shows in another
    version.
    """

    group: str
    version: str
    plural: str
    kind: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    generation: bool = False
    virtual: bool = False
    namespaced: bool = True
    stored_as: str = ""

    @property
    def storage(self) -> str:
        """The key under which its objects are stored."""
        return self.stored_as or self.key

    @property
    def key(self) -> str:
        """``plural`` or ``plural.group``: how error texts, quotas and the registry name the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """The value of ``apiVersion`` in its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """The name kubectl prints after an action."""
        return self.kind.lower()

    @property
    def has_status(self) -> bool:
        """Whether status is written apart from the rest."""
        return any(sub.name == "status" for sub in self.subresources)

    def subresource(self, name: str) -> Subresource | None:
        """Return the subresource of that name, if the resource has it."""
        return next((sub for sub in self.subresources if sub.name == name), None)


_ALL: Final = ("all",)
_STREAM: Final = ("create", "get")
_REVIEW: Final = ("create",)

RESOURCES: Final = (
    ResourceType("", "v1", "configmaps", "ConfigMap", ("cm",)),
    ResourceType("", "v1", "endpoints", "Endpoints", ("ep",)),
    ResourceType("", "v1", "events", "Event", ("ev",)),
    ResourceType("", "v1", "limitranges", "LimitRange", ("limits",)),
    ResourceType(
        "",
        "v1",
        "namespaces",
        "Namespace",
        ("ns",),
        subresources=(Subresource("finalize", ("update",)), STATUS),
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
        namespaced=False,
    ),
    ResourceType("", "v1", "nodes", "Node", ("no",), subresources=(STATUS,), namespaced=False),
    ResourceType("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", ("pvc",), subresources=(STATUS,)),
    ResourceType("", "v1", "persistentvolumes", "PersistentVolume", ("pv",), subresources=(STATUS,), namespaced=False),
    ResourceType(
        "",
        "v1",
        "pods",
        "Pod",
        ("po",),
        _ALL,
        subresources=(
            Subresource("attach", _STREAM, "PodAttachOptions"),
            Subresource("binding", ("create",), "Binding"),
            Subresource("ephemeralcontainers"),
            Subresource("eviction", ("create",), "Eviction", "policy", "v1"),
            Subresource("exec", _STREAM, "PodExecOptions"),
            Subresource("log", ("get",)),
            Subresource("portforward", _STREAM, "PodPortForwardOptions"),
            STATUS,
        ),
        generation=True,
    ),
    ResourceType("", "v1", "resourcequotas", "ResourceQuota", ("quota",), subresources=(STATUS,)),
    ResourceType("", "v1", "secrets", "Secret"),
    ResourceType(
        "",
        "v1",
        "serviceaccounts",
        "ServiceAccount",
        ("sa",),
        subresources=(Subresource("token", ("create",), "TokenRequest", "authentication.k8s.io", "v1"),),
    ),
    ResourceType("", "v1", "services", "Service", ("svc",), _ALL, subresources=(STATUS,)),
    ResourceType(
        "authentication.k8s.io",
        "v1",
        "selfsubjectreviews",
        "SelfSubjectReview",
        verbs=_REVIEW,
        virtual=True,
        namespaced=False,
    ),
    ResourceType(
        "authorization.k8s.io",
        "v1",
        "localsubjectaccessreviews",
        "LocalSubjectAccessReview",
        verbs=_REVIEW,
        virtual=True,
    ),
    ResourceType(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        verbs=_REVIEW,
        virtual=True,
        namespaced=False,
    ),
    ResourceType(
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        verbs=_REVIEW,
        virtual=True,
        namespaced=False,
    ),
    ResourceType(
        "authorization.k8s.io",
        "v1",
        "subjectaccessreviews",
        "SubjectAccessReview",
        verbs=_REVIEW,
        virtual=True,
        namespaced=False,
    ),
    ResourceType("batch", "v1", "jobs", "Job", (), _ALL, subresources=(STATUS,), generation=True),
    ResourceType("coordination.k8s.io", "v1", "leases", "Lease"),
    ResourceType("events.k8s.io", "v1", "events", "Event", ("ev",), stored_as="events"),
    ResourceType("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    ResourceType("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False),
    ResourceType("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    ResourceType("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    ResourceType("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", ("pc",), namespaced=False),
    ResourceType("storage.k8s.io", "v1", "storageclasses", "StorageClass", ("sc",), namespaced=False),
)

BY_KEY: Final = {resource.key: resource for resource in RESOURCES}
BY_PATH: Final = {(r.group, r.version, r.plural): r for r in RESOURCES}


def resource_of(key: str) -> ResourceType:
    """Return the resource named ``pods``, ``jobs.batch`` …; a KeyError is a programmer's mistake, not a user's."""
    return BY_KEY[key]
