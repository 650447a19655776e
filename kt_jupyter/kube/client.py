"""``Cluster``: one API server as one identity sees it, spoken to in plain dicts.

A synchronous face over the asynchronous core in ``api.py``: each method describes one request, runs it on the I/O
thread and returns the server's JSON as it came. No models: decoding 1000 pods into typed objects costs thirty times
what ``json.loads`` does, and a server newer than the models would lose fields on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from kt_jupyter.errors import KtError
from kt_jupyter.kube import describe, loop
from kt_jupyter.kube.calls import Get, List
from kt_jupyter.kube.events import Event
from kt_jupyter.kube.resources import Resource
from kt_jupyter.kube.rights import Rights
from kt_jupyter.kube.streams.verbs import PodStreams
from kt_jupyter.kube.waiting import wait_for
from kt_jupyter.kube.watch import Subscription, Watch

if TYPE_CHECKING:
    from kubernetes.client import V1PersistentVolumeClaim

    from kt_jupyter.kube.watcher import Watcher

T = TypeVar("T")
Json = dict[str, Any]
Items = list[Json]  # named here because inside the class ``list`` is the method
Results = list[Any]
Events = list[Event]
Works = list[Coroutine[Any, Any, Any]]
Propagation = Literal["Background", "Foreground", "Orphan"]


class Cluster(PodStreams):
    """One API server and one identity. Get one from :func:`kt_jupyter.kube.connect`.

    Attributes:
        context: The kubeconfig context it came from; None in a pod.
        namespace: Used where a call names none.
        server: The API server's URL.
        user: The kubeconfig's name for the identity; None in a pod.
        is_local: Whether this is the embedded local cluster.
        source: How it was configured, in words: ``kubeconfig /home/me/.kube/config``, ``embedded local cluster`` …
    """

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
        return self._do(self._read(Get(resource, name, namespace)))

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
        return self._do(self._read(List(resource, namespace, label_selector, field_selector)))

    def create(
        self, resource: Resource, manifest: Json, *, namespace: str | None = None, dry_run: bool = False
    ) -> Json:
        """Create an object and return the server's answer; ``dry_run`` lets the server check it and keep nothing.

        Unknown fields are refused, as kubectl does.

        Raises:
            AlreadyExists: The name is taken.
            Rejected: The server finds it invalid, or an admission rule refuses it (``QuotaExceeded`` for quotas).
            NamespaceNotFound: There is no such namespace.
            OutcomeUnknown: The connection broke after the request was sent; it is not repeated on its own.
        """
        namespace = namespace or manifest.get("metadata", {}).get("namespace")
        return self._do(
            self._api_of().json(describe.create(resource, manifest, self._in(resource, namespace), dry_run=dry_run))
        )

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

        Raises:
            Conflict: The object is another one, or has changed, and the patch names its uid or resourceVersion.
            Rejected: The result would be invalid.
        """
        where = self._in(resource, namespace)
        return self._do(
            self._api_of().json(
                describe.patch(resource, name, patch, where, kind=kind, subresource=subresource, dry_run=dry_run)
            )
        )

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
        """Delete an object.

        Args:
            resource: The kind.
            name: The object.
            namespace: Default: the cluster's own.
            uid: Delete it only if it is that very one, else ``Conflict``.
            grace_seconds: How long a pod may take to end; default: as the pod says.
            propagation: What happens to what it owns; a Job's pods outlive it with ``Orphan``.
            dry_run: Check only.

        Returns:
            The server's answer: the object while finalizers hold it, or a ``Status``.
        """
        where = self._in(resource, namespace)
        return self._do(
            self._api_of().json(
                describe.delete(
                    resource,
                    name,
                    where,
                    uid=uid,
                    grace_seconds=grace_seconds,
                    propagation=propagation,
                    dry_run=dry_run,
                )
            )
        )

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
        return Watch(self._watcher(resource, namespace, name, label_selector, field_selector))

    def subscribe(
        self,
        resource: Resource,
        on_events: Callable[[Events], Any],
        *,
        on_end: Callable[[KtError], Any] | None = None,
        namespace: str | None = None,
        name: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Subscription:
        """Like ``watch``, calling back on the I/O thread with batches of events until ``close``: for live views."""
        make = self._watcher(resource, namespace, name, label_selector, field_selector)
        return Subscription(make, on_events, on_end)

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

        Example:
            >>> cluster.wait_for(CLAIMS, "my-data", lambda claim: claim is None or None, timeout=60)
            True
        """
        watch = self.watch(resource, namespace=namespace, name=name)
        return wait_for(watch, f'{resource.kind} "{name}"', condition, timeout=timeout, uid=uid)

    def rights(self, namespace: str | None = None) -> Rights:
        """Ask, in one request, what the identity may do in a namespace."""
        where = namespace or self.namespace
        answer = self._do(self._api_of().json(describe.rules_review(where)))
        status = answer.get("status") or {}
        return Rights(where, tuple(status.get("resourceRules") or ()), bool(status.get("incomplete")))

    def gather(self, *calls: Get | List, return_errors: bool = False) -> Results:
        """Make several reads at once, in the time of the slowest.

        Args:
            *calls: ``Get(CLAIMS, "my-data")``, ``List(PODS)`` …, with the arguments of ``get`` and ``list``.
            return_errors: Put a call's ``KtError`` in its place in the result instead of raising the first.

        Example:
            >>> claim, pods = cluster.gather(Get(CLAIMS, "my-data"), List(PODS))
        """
        results = self._do(_together([self._read(call) for call in calls]))
        for result in results:
            if isinstance(result, BaseException) and not (return_errors and isinstance(result, KtError)):
                raise result
        return results

    def later(self, call: Get | List) -> Future[Any]:
        """Begin a read and return at once: for what must not block, such as Tab completion.

        Cancelling the future does not stop the request; its time limits do.

        Example:
            >>> cluster.later(List(CLAIMS)).result(timeout=0.3)
        """
        return loop.submit(self._read(call)).future

    def version(self) -> Json:
        """Read ``/version``: ``gitVersion`` and its kin. Needs no rights on most clusters."""
        return self._do(self._api_of().json(describe.version()))

    def typed_claim(self, obj: Json) -> V1PersistentVolumeClaim:
        """Return the official client's model of a claim; imports ``kubernetes``, which takes half a second."""
        from kt_jupyter.kube.models import typed_claim  # noqa: PLC0415 - see above

        return typed_claim(obj)

    def _read(self, call: Get | List) -> Coroutine[Any, Any, Any]:
        where = self._in(call.resource, call.namespace)
        if isinstance(call, Get):
            return self._api_of().json(describe.get(call.resource, call.name, where))
        return self._api_of().items(describe.listing(call.resource, where, call.label_selector, call.field_selector))

    def _watcher(
        self,
        resource: Resource,
        namespace: str | None,
        name: str | None,
        label_selector: str | None,
        field_selector: str | None,
    ) -> Callable[[], Watcher]:
        fields = ",".join(part for part in (f"metadata.name={name}" if name else "", field_selector) if part)
        request = describe.listing(resource, self._in(resource, namespace), label_selector, fields)

        def make() -> Watcher:
            from kt_jupyter.kube.watcher import Watcher  # noqa: PLC0415 - loads httpcore2

            return Watcher(self._api_of(), request)

        return make


async def _together(work: Works) -> Results:
    return await asyncio.gather(*work, return_exceptions=True)
