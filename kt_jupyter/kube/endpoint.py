"""One API server as one identity: what every call needs, before any verb.

Links are shared: two Endpoints that differ in namespace or in whom they act as use the same connections. Making one
costs no request and loads no HTTP library; both happen at the first call.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Self, TypeVar

from kt_jupyter.kube import loop, notices
from kt_jupyter.kube.link import Link
from kt_jupyter.kube.resources import Resource
from kt_jupyter.kube.target import Impersonation

if TYPE_CHECKING:
    from kt_jupyter.kube.api import Api

T = TypeVar("T")


class Endpoint:
    """Where requests go and whose they are; :class:`Cluster` adds the verbs."""

    def __init__(self, link: Link, namespace: str | None = None, acting_as: Impersonation | None = None) -> None:
        self._link = link
        self._acting_as = acting_as
        self._api: Api | None = None
        self.namespace: str = namespace or link.target.namespace
        self.context: str | None = link.target.context
        self.user: str | None = acting_as.user if acting_as else link.target.identity.name
        self.is_local: bool = link.target.is_local
        self.source: str = link.target.source

    @property
    def server(self) -> str:
        """The API server's URL; the local cluster's may change when it is started again."""
        return self._link.target.server

    def __repr__(self) -> str:
        name = f"{self.context}  {self.server}" if self.context else self.server
        return f"Cluster {name}  namespace {self.namespace}"

    def with_namespace(self, namespace: str) -> Self:
        """Return the same cluster, over the same connections, with another default namespace."""
        return type(self)(self._link, namespace, self._acting_as)

    def impersonating(self, user: str, groups: tuple[str, ...] = ()) -> Self:
        """Return the same cluster acting as another user, as ``kubectl --as`` does."""
        return type(self)(self._link, self.namespace, Impersonation(user, groups=tuple(groups)))

    def close(self) -> None:
        """Close the connections, of all clusters that share them too. A later call opens new ones."""
        self._link.close()

    async def aclose(self) -> None:
        """Close the connections from a loop of the caller's own, before that ends."""
        await self._link.aclose()

    def _in(self, resource: Resource, namespace: str | None) -> str | None:
        return (namespace or self.namespace) if resource.namespaced else None

    def _api_of(self) -> Api:
        if self._api is None:
            from kt_jupyter.kube.api import Api  # noqa: PLC0415 - loads httpcore2, at the first call

            self._api = Api(self._link, self._acting_as)
        return self._api

    def _do(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        try:
            return loop.run(work, timeout)
        finally:
            notices.flush()
