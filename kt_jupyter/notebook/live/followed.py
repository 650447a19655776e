"""The computes of a namespace, kept up to date by watches. All callbacks come on the I/O thread."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from kt_jupyter.compute import ComputeStatus
from kt_jupyter.compute.finding import UNEXPLAINED, judged
from kt_jupyter.errors import KtError
from kt_jupyter.kube import EVENTS, JOBS, PODS, Cluster, Event, Subscription
from kt_jupyter.specs.compute import selector

Json = dict[str, Any]


class Followed:
    """See the module.

    Args:
        cluster: Where.
        scope: The namespace, or ``ALL_NAMESPACES``.
        on_change: Called when something has changed; not before everything is known once.
        on_end: Called when no more is to be learned: a right was taken away, the connection is for good.
    """

    def __init__(self, cluster: Cluster, scope: str, on_change: Callable[[], Any], on_end: Callable[[], Any]) -> None:
        self._cluster = cluster
        self._scope = scope
        self._on_change = on_change
        self._on_end = on_end
        self._known: dict[str, dict[str, Json]] = {}
        self._watches: dict[str, Subscription] = {}
        for resource in (JOBS, PODS):
            self._watch(resource, label_selector=selector())

    def statuses(self) -> list[ComputeStatus]:
        """Return all computes, as they are now."""
        events = list(self._known.get(EVENTS.plural, {}).values())
        return judged(self._known[JOBS.plural].values(), self._known[PODS.plural].values(), events)

    def close(self) -> None:
        """End the watches."""
        for watch in self._watches.values():
            watch.close()

    def _watch(self, resource: Any, **which: str) -> None:
        hear = functools.partial(self._hear, resource.plural)
        self._watches[resource.plural] = self._cluster.subscribe(
            resource, hear, on_end=functools.partial(self._ended, resource), namespace=self._scope, **which
        )

    def _hear(self, kind: str, news: list[Event]) -> None:
        known = self._known.setdefault(kind, {})
        for event in news:
            uid = event.object["metadata"]["uid"]
            if event.type == "DELETED":
                known.pop(uid, None)
            else:
                known[uid] = event.object
        if len(self._known) < len(self._watches):
            return
        self._explain()
        if len(self._known) == len(self._watches):
            self._on_change()

    def _explain(self) -> None:
        """Watch events while something does not start, and only then: a namespace has many."""
        unexplained = any(status.state in UNEXPLAINED for status in self.statuses())
        if unexplained and EVENTS.plural not in self._watches:
            self._watch(EVENTS)
        elif not unexplained and (watch := self._watches.pop(EVENTS.plural, None)) is not None:
            self._known.pop(EVENTS.plural, None)
            watch.close()

    def _ended(self, resource: Any, _: KtError) -> None:
        if resource is EVENTS:  # without them there is less to explain
            self._hear(EVENTS.plural, [])
        else:
            self._on_end()
