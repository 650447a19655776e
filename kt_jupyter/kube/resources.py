"""The kinds of object kt_jupyter reads and writes, and where the API server keeps them.

A table instead of discovery: discovery costs two requests and half a second on a big cluster, and every kind named
here has had the same address since Kubernetes 1.16. A custom kind is one more ``Resource(...)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

#: Given as ``namespace=``: every namespace at once. Not the empty string, which is what a bug would pass.
ALL_NAMESPACES: Final = "*"


@dataclass(frozen=True)
class Resource:
    """One kind of object: its wire identity.

    Args:
        group: API group, empty for the core group.
        version: API version, such as ``v1``.
        plural: The word in the URL and in RBAC rules, such as ``persistentvolumeclaims``.
        kind: The word in manifests, such as ``PersistentVolumeClaim``.
        namespaced: Whether objects live in a namespace.

    Example:
        >>> CLAIMS.path("team-a", "my-data")
        '/api/v1/namespaces/team-a/persistentvolumeclaims/my-data'
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``v1`` or ``batch/v1``: what manifests carry as ``apiVersion``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """``jobs.batch``: the plural with its group, as kubectl and error texts write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Return the URL path of the collection, an object or an object's subresource.

        Args:
            namespace: Needed for one object of a namespaced kind; None or ``ALL_NAMESPACES`` addresses all of them.
            name: The object; None for the collection.
            subresource: Such as ``log``; needs a name.
        """
        parts = ["/apis", self.group] if self.group else ["/api"]
        parts.append(self.version)
        if self.namespaced and namespace not in (None, ALL_NAMESPACES):
            parts += ["namespaces", quote(str(namespace), safe="")]
        parts.append(self.plural)
        if name is not None:
            parts.append(quote(name, safe=""))
        if subresource is not None:
            parts.append(subresource)
        return "/".join(parts)


CLAIMS: Final = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
VOLUMES: Final = Resource("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
STORAGE_CLASSES: Final = Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
PODS: Final = Resource("", "v1", "pods", "Pod")
JOBS: Final = Resource("batch", "v1", "jobs", "Job")
EVENTS: Final = Resource("", "v1", "events", "Event")
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
NODES: Final = Resource("", "v1", "nodes", "Node", namespaced=False)
RESOURCE_QUOTAS: Final = Resource("", "v1", "resourcequotas", "ResourceQuota")
LIMIT_RANGES: Final = Resource("", "v1", "limitranges", "LimitRange")
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")
ROLES: Final = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
ROLE_BINDINGS: Final = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
RULES_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", namespaced=False
)
