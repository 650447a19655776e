"""What each feature needs from the API server, once: the doctor checks this table and the role grants it.

Only what the product does today: a Role is a request to an administrator, and the shortest one is granted soonest.
Nothing needs ``nodes/proxy`` or secrets, ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from kt_jupyter.kube import (
    CLAIMS,
    EVENTS,
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    RESOURCE_QUOTAS,
    STORAGE_CLASSES,
    VOLUMES,
    Resource,
    Rights,
)


@dataclass(frozen=True)
class Need:
    """Verbs on one kind, or on a part of it such as ``attach``."""

    resource: Resource
    verbs: tuple[str, ...]
    subresource: str | None = None

    @property
    def qualified(self) -> str:
        """What the verbs are for, as kubectl and error texts write it: ``jobs.batch``, ``pods/attach``."""
        return self.resource.qualified + (f"/{self.subresource}" if self.subresource else "")

    @property
    def in_rules(self) -> str:
        """The same as a Role's rule writes it."""
        return self.resource.plural + (f"/{self.subresource}" if self.subresource else "")

    def missing(self, rights: Rights) -> tuple[str, ...]:
        """Give the verbs that are not granted."""
        return tuple(verb for verb in self.verbs if not rights.allows(verb, self.resource, self.subresource))


@dataclass(frozen=True)
class Feature:
    """Something a person does, what it needs, and what happens without it."""

    what: str
    need: Need
    without: str


FEATURES = (
    Feature("see volumes", Need(CLAIMS, ("get", "list", "watch")), "nothing works"),
    Feature("make volumes", Need(CLAIMS, ("create",)), "use volumes others made: kt.Volume.from_name"),
    Feature("delete volumes", Need(CLAIMS, ("delete",)), "whoever made a volume deletes it"),
    Feature("see who uses a volume", Need(PODS, ("get", "list", "watch")), "the column USED BY stays empty"),
    Feature("remove finished pods that hold a volume", Need(PODS, ("delete",)), "whoever started them removes them"),
    Feature("see why a volume waits", Need(EVENTS, ("list", "watch")), "the cluster's own reasons are not shown"),
    Feature(
        "open terminals and start computes",
        Need(JOBS, ("get", "list", "watch", "create", "delete")),
        "no terminals, no computes",
    ),
    Feature(
        "keep a terminal while it is in use", Need(JOBS, ("patch",)), "a terminal ends half an hour after its start"
    ),
    Feature("type into a terminal", Need(PODS, ("get", "create"), "attach"), "no terminals"),
    Feature("run cells and functions on a compute", Need(PODS, ("get", "create"), "exec"), "nothing runs there"),
    Feature("see what was printed before", Need(PODS, ("get",), "log"), "terminals begin empty, and there are no logs"),
    Feature("see quotas", Need(RESOURCE_QUOTAS, ("list",)), "a quota shows itself only when it refuses"),
)
"""What a Role in one namespace can grant."""

CLUSTER_FEATURES = (
    Feature("see storage classes", Need(STORAGE_CLASSES, ("get", "list")), "the server picks its default class"),
    Feature("see what a deletion does to data", Need(VOLUMES, ("get",)), "assume that deleting destroys data"),
    Feature("see which GPUs the nodes have", Need(NODES, ("list",)), "the scheduler alone says why a pod waits"),
    Feature("see namespaces", Need(NAMESPACES, ("list",)), "name the namespace with -n"),
)
"""What only a ClusterRole can grant; everything goes on without, with less to see."""
