"""``Cluster``: one API server as one identity sees it, spoken to in plain dicts.

A synchronous face over the asynchronous core in ``api.py``: each method describes one request, runs it on the I/O
thread and returns the server's JSON as it came. No models: decoding 1000 pods into typed objects costs thirty times
what ``json.loads`` does, and a server newer than the models would lose fields on the way.

Making a Cluster costs no request and reads no credentials; both happen at the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from kt_jupyter.kube.calls import Get, List
from kt_jupyter.kube.resources import Resource
from kt_jupyter.kube.rights import Rights
from kt_jupyter.kube.watch import Watch

if TYPE_CHECKING:
    from kubernetes.client import V1PersistentVolumeClaim

T = TypeVar("T")
Json = dict[str, Any]
Items = list[Json]  # named here because inside the class ``list`` is the method
Results = list[Any]
Propagation = Literal["Background", "Foreground", "Orphan"]


class Cluster:
    """One API server and one identity. Get one from :func:`kt_jupyter.kube.connect`.

    Attributes:
        context: The kubeconfig context it came from; None in a pod.
        namespace: Used where a call names none.
        server: The API server's URL.
        user: The kubeconfig's name for the identity; None in a pod.
        is_local: Whether this is the embedded local cluster.
    """

    context: str | None
    namespace: str
    server: str
    user: str | None
    is_local: bool

    def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> Json:
        """Read one object.

        Raises:
            NotFound: There is none of that name.
            Forbidden: The identity may not read it.
            ClusterUnreachable: No answer came.

        Example:
            >>> cluster.get(CLAIMS, "my-data")["status"]["phase"]
            'Bound'
        """
        raise NotImplementedError

    def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Items:
        """Read all objects of a kind, in pages of 500.

        Args:
            resource: The kind.
            namespace: One namespace, or ``ALL_NAMESPACES``; default: the cluster's own.
            label_selector: As kubectl's ``-l``.
            field_selector: As kubectl's ``--field-selector``.

        Returns:
            The items; each carries ``apiVersion`` and ``kind`` (the server leaves them out in lists).
        """
        raise NotImplementedError

    def create(
        self, resource: Resource, manifest: Json, *, namespace: str | None = None, dry_run: bool = False
    ) -> Json:
        """Create an object and return the server's answer; ``dry_run`` lets the server check it and keep nothing.

        Raises:
            AlreadyExists: The name is taken.
            Rejected: The server finds it invalid, or an admission rule refuses it (``QuotaExceeded`` for quotas).
            NamespaceNotFound: There is no such namespace.
            OutcomeUnknown: The connection broke after the request was sent; it is not repeated on its own.
        """
        raise NotImplementedError

    def patch(
        self,
        resource: Resource,
        name: str,
        patch: Json | Items,
        *,
        namespace: str | None = None,
        kind: Literal["merge", "json", "strategic"] = "merge",
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> Json:
        """Change parts of an object and return the result.

        Args:
            resource: The kind.
            name: The object.
            patch: A merge patch (RFC 7386), strategic merge patch, or for ``kind="json"`` a list (RFC 6902).
            namespace: Default: the cluster's own.
            kind: Which of the three it is.
            subresource: Such as ``status``.
            dry_run: Check only.
        """
        raise NotImplementedError

    def delete(
        self,
        resource: Resource,
        name: str,
        *,
        namespace: str | None = None,
        uid: str | None = None,
        grace_seconds: int | None = None,
        propagation: Propagation = "Background",
        dry_run: bool = False,
    ) -> Json:
        """Delete an object; with ``uid``, only if it is that very one (else ``Conflict``).

        Returns:
            The server's answer: the object while finalizers hold it, or a ``Status``.
        """
        raise NotImplementedError

    def watch(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        name: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Watch:
        """Follow a kind, or one object: ADDED for all that exist, then every change, none lost, none twice.

        Example:
            >>> with cluster.watch(CLAIMS) as events:
            ...     for event in events:
            ...         print(event.type, event.object["metadata"]["name"])
        """
        raise NotImplementedError

    def wait_for(
        self,
        resource: Resource,
        name: str,
        condition: Callable[[Json | None], T | None],
        *,
        namespace: str | None = None,
        timeout: float | None,
        uid: str | None = None,
    ) -> T:
        """Wait until ``condition(object)`` gives something other than None, and return that.

        Args:
            resource: The kind.
            name: The object.
            condition: Called with each state of the object, and with None when it is absent. What it raises ends
                the wait.
            namespace: Default: the cluster's own.
            timeout: Seconds; None waits until Ctrl-C.
            uid: Count an object of the same name but another uid as absent.

        Raises:
            WaitTimeout: The time is over.
        """
        raise NotImplementedError

    def logs(
        self, pod: str, *, namespace: str | None = None, container: str | None = None, tail_lines: int | None = None
    ) -> str:
        """Read a pod's log so far."""
        raise NotImplementedError

    def rights(self, namespace: str | None = None) -> Rights:
        """Ask, in one request, what the identity may do in a namespace."""
        raise NotImplementedError

    def gather(self, *calls: Get | List, return_errors: bool = False) -> Results:
        """Make several reads at once, in the time of the slowest.

        Args:
            *calls: ``Get(CLAIMS, "my-data")``, ``List(PODS)`` …, with the arguments of ``get`` and ``list``.
            return_errors: Put a call's ``KtError`` in its place in the result instead of raising the first.

        Example:
            >>> claim, pods = cluster.gather(Get(CLAIMS, "my-data"), List(PODS))
        """
        raise NotImplementedError

    def version(self) -> Json:
        """Read ``/version``: ``gitVersion`` and its kin. Needs no rights on most clusters."""
        raise NotImplementedError

    def with_namespace(self, namespace: str) -> Cluster:
        """Return the same cluster, over the same connections, with another default namespace."""
        raise NotImplementedError

    def impersonating(self, user: str, groups: tuple[str, ...] = ()) -> Cluster:
        """Return the same cluster acting as another user, as ``kubectl --as`` does."""
        raise NotImplementedError

    def typed_claim(self, obj: Json) -> V1PersistentVolumeClaim:
        """Return the official client's model of a claim; imports ``kubernetes``, which takes half a second."""
        raise NotImplementedError
