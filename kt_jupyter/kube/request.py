"""One request to the API server, in Kubernetes' words: enough to send it, and to explain how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from kt_jupyter.kube.resources import ALL_NAMESPACES, Resource
from kt_jupyter.kube.target import Impersonation

_METHODS = {"create": "POST", "patch": "PATCH", "delete": "DELETE"}
# Every byte RFC 7230 allows in a header's name but "%", which escapes the others (client-go, headerKeyEscape).
_HEADER_NAME = "!#$&'*+-.^_`|~"


@dataclass(frozen=True)
class Request:
    """A verb on a resource (or on a bare path such as ``/version``).

    Attributes:
        verb: The RBAC verb: get, list, watch, create, patch, delete.
        resource: The kind; None for a bare path.
        namespace: One namespace, ``ALL_NAMESPACES``, or None for what has none.
        name: The object; None for the collection.
        subresource: Such as ``log``.
        query: Query parameters.
        body: The JSON to send.
        content_type: Of the body.
        path: Used when there is no resource.
        asks_only: A create that stores nothing (an access review): safe to repeat like a read.
        acts: A get that does something (exec): not safe to repeat.
    """

    verb: str
    resource: Resource | None = None
    namespace: str | None = None
    name: str | None = None
    subresource: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = "application/json"
    path: str = ""
    asks_only: bool = False
    acts: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return _METHODS.get(self.verb, "GET")

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.asks_only or (self.method == "GET" and not self.acts)

    @property
    def url_path(self) -> str:
        """Path and query, below the server's URL."""
        path = self.resource.path(self.namespace, self.name, self.subresource) if self.resource else self.path
        return f"{path}?{urlencode(self.query)}" if self.query else path

    @property
    def where(self) -> str:
        """`` in namespace team-a``, or nothing: for sentences."""
        if self.resource is None or not self.resource.namespaced:
            return ""
        return " in all namespaces" if self.namespace in (None, ALL_NAMESPACES) else f" in namespace {self.namespace}"

    @property
    def what(self) -> str:
        """``PersistentVolumeClaim "my-data"``: for sentences."""
        if self.resource is None:
            return self.path
        if self.name is None:
            return self.resource.qualified
        return f'{self.resource.kind} "{self.name}"'


def as_json(value: Any) -> bytes:
    """Encode a body; non-ASCII stays as it is, NaN (which JSON does not have) is refused."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def parameters(values: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Return query parameters, those that are None or empty left out."""
    return tuple((key, value) for key, value in values.items() if value)


def impersonation_headers(who: Impersonation | None) -> list[tuple[str, str]]:
    """Return the headers that make the server act as somebody else.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    if who is None:
        return []
    headers = [("Impersonate-User", who.user)]
    headers += [("Impersonate-Uid", who.uid)] if who.uid else []
    headers += [("Impersonate-Group", group) for group in who.groups]
    for key, values in who.extra.items():
        name = f"Impersonate-Extra-{quote(key.lower(), safe=_HEADER_NAME)}"
        headers += [(name, value) for value in values]
    return headers
