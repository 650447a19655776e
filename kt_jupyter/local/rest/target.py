"""What a request is about: its path and method, read as the real server's RequestInfo does.

Source: ``k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`` (1.34).
"""

from __future__ import annotations

from dataclasses import dataclass

from kt_jupyter.local import status
from kt_jupyter.local.rbac import Action
from kt_jupyter.local.resources import BY_PATH, ResourceType

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Target:
    """One resource, perhaps one object of it, perhaps one of that object's subresources, and what to do with it."""

    resource: ResourceType
    verb: str
    namespace: str | None
    name: str
    subresource: str

    @property
    def action(self) -> Action:
        """Return what the authorizer is asked."""
        kind = self.resource
        return Action(self.verb, kind.group, kind.plural, self.subresource, self.namespace or "", self.name)


def parse(path: str, method: str, *, watch: bool) -> Target | None:
    """Return the target of a resource path, None for every other path (discovery, health).

    Raises:
        ApiStatus: 404, the path looks like a resource's but there is none.
    """
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace: str | None = None
    # /namespaces/x and /namespaces/x/status are about the namespace itself.
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    resource = BY_PATH.get((group, version, rest[0]))
    if resource is None or len(rest) > 3 or (namespace is not None and not resource.namespaced):
        raise status.unknown_path()
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 else ""
    if subresource and resource.subresource(subresource) is None:
        raise status.unknown_path()
    if name and namespace is None and resource.namespaced:
        raise status.unknown_path()
    return Target(resource, _verb(method, name, watch=watch), namespace, name, subresource)


def _verb(method: str, name: str, *, watch: bool) -> str:
    verb = _VERBS.get(method, method.lower())
    if verb == "get" and not name:
        return "watch" if watch else "list"
    if verb == "delete" and not name:
        return "deletecollection"
    return verb
