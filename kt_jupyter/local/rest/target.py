"""What a request is about: its path and method, read as the real server's RequestInfo does.

Source: ``k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`` (1.34).
"""

from __future__ import annotations

from dataclasses import dataclass

from kt_jupyter.local import status
from kt_jupyter.local.rbac import Action
from kt_jupyter.local.resources import BY_PATH, ResourceType

_METHODS = {True: ("GET", "PUT", "PATCH", "DELETE", "POST"), False: ("GET", "POST", "DELETE")}
_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Target:
    """One resource, perhaps one object of it, perhaps one of that object's subresources, and what to do with it."""

    resource: ResourceType
    verb: str
    namespace: str | None
    name: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Location:
    """A path that looks like a resource's, before anybody has asked whether there is such a resource.

    Rights are checked on this: who may not read ``things`` does not learn whether things exist.
    """

    group: str
    version: str
    plural: str
    verb: str
    method: str
    namespace: str | None
    name: str
    subresource: str
    further: bool
    selected: str

    @property
    def action(self) -> Action:
        """Return what the authorizer is asked."""
        return Action(
            self.verb, self.group, self.plural, self.subresource, self.namespace or "", self.name or self.selected
        )

    def target(self) -> Target:
        """Return the resource that is meant.

        Raises:
            ApiStatus: 404, there is none; 405, the path takes no such method.
        """
        resource = BY_PATH.get((self.group, self.version, self.plural))
        if resource is None:
            known = any(self.group == each.group for each in BY_PATH.values())
            raise status.unknown_path() if known else status.page_not_found()
        inside = None if self.plural == "namespaces" else self.namespace
        if self.plural == "namespaces" and self.namespace and not self.name:
            raise status.unknown_path()  # namespaces don't hold namespaces
        if self.further or (inside is not None and not resource.namespaced):
            raise status.unknown_path()
        if self.subresource and resource.subresource(self.subresource) is None:
            raise status.unknown_path()
        if self.name and (resource.virtual or (inside is None and resource.namespaced)):
            raise status.unknown_path()
        target = Target(resource, self.verb, inside, self.name, self.subresource)
        if self.method not in _METHODS[bool(self.name)] or (
            not inside and resource.namespaced and self.method != "GET"
        ):
            raise status.method_not_supported()
        if self.subresource == "status" and self.method in ("POST", "DELETE"):
            raise status.method_not_supported()
        return target


def parse(path: str, method: str, *, watch: bool, field_name: str = "") -> Location | None:
    """Return where a resource path points, None for every other path (discovery, health).

    ``field_name`` is the name that a field selector demands: a list of that one object is a question about it.
    """
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    verb = _VERBS.get(method, method.lower())
    if rest[0] == "watch" and len(rest) > 1:  # the old spelling of ?watch=1
        verb, rest = "watch", rest[1:]
    namespace: str | None = None
    if rest[0] == "namespaces" and len(rest) >= 2:
        namespace = rest[1]
        # /namespaces/x and /namespaces/x/status are about the namespace itself.
        if len(rest) >= 3 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    if not name:
        verb = {"get": "watch" if watch else "list", "delete": "deletecollection"}.get(verb, verb)
    selected = field_name if verb in ("list", "watch", "deletecollection") else ""
    subresource = rest[2] if len(rest) > 2 else ""
    return Location(group, version, rest[0], verb, method, namespace, name, subresource, len(rest) > 3, selected)
