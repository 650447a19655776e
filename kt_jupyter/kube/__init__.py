"""The only code that talks to an API server.

``connect`` and ``current`` give a :class:`Cluster`; its methods take a :class:`Resource` and plain dicts. Nothing here
imports ``httpcore2``, ``yaml`` or ``kubernetes`` until a first call needs them.
"""

from kt_jupyter.kube.calls import Get, List
from kt_jupyter.kube.client import Cluster
from kt_jupyter.kube.events import Event
from kt_jupyter.kube.identity import user_name
from kt_jupyter.kube.resources import (
    ALL_NAMESPACES,
    CLAIMS,
    EVENTS,
    JOBS,
    LIMIT_RANGES,
    NAMESPACES,
    NODES,
    PODS,
    RESOURCE_QUOTAS,
    ROLE_BINDINGS,
    ROLES,
    SERVICE_ACCOUNTS,
    STORAGE_CLASSES,
    VOLUMES,
    Resource,
)
from kt_jupyter.kube.rights import Rights
from kt_jupyter.kube.session import Context, adopt, connect, contexts, current, peek, read_local, use
from kt_jupyter.kube.watch import Subscription, Watch

__all__ = [
    "ALL_NAMESPACES",
    "CLAIMS",
    "EVENTS",
    "JOBS",
    "LIMIT_RANGES",
    "NAMESPACES",
    "NODES",
    "PODS",
    "RESOURCE_QUOTAS",
    "ROLES",
    "ROLE_BINDINGS",
    "SERVICE_ACCOUNTS",
    "STORAGE_CLASSES",
    "VOLUMES",
    "Cluster",
    "Context",
    "Event",
    "Get",
    "List",
    "Resource",
    "Rights",
    "Subscription",
    "Watch",
    "adopt",
    "connect",
    "contexts",
    "current",
    "peek",
    "read_local",
    "use",
    "user_name",
]
