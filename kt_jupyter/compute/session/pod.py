"""A session's pod, watched: an exec to a node that is lost says nothing for minutes, a relay that ends not why.

A pod that is told to end has a moment for its last words: its agent gets SIGTERM, ends its works and says how.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kt_jupyter.compute.session import verdict
from kt_jupyter.compute.session.link import Address
from kt_jupyter.errors import KtError, NotFound, SessionEnded
from kt_jupyter.kube import JOBS, Get

if TYPE_CHECKING:
    from kt_jupyter.kube import Cluster, Event

Json = dict[str, Any]

_LAST_WORDS: Final = 2.0  # seconds
_ASKING: Final = 1.0  # seconds to find out more about a deletion


class PodWatch:
    """What is known of the pod. All on the I/O thread.

    Args:
        cluster: Where it is.
        where: Its name, and the agent's container.
        on_change: Called when something has changed.

    Attributes:
        over: Why the session has ended; None while it has not.
        leaving: Whether the pod is told to end.
    """

    def __init__(self, cluster: Cluster, where: Address, on_change: Callable[[], Any]) -> None:
        self._cluster = cluster
        self._name, self._namespace, self._container = where.pod, where.namespace, where.container
        self._on_change = on_change
        self._pod: Json | None = None
        self._known: Json | None = None  # as it was last seen
        self._asking: asyncio.Task[None] | None = None
        self.over: KtError | None = None
        self.leaving = False

    @property
    def scheduled(self) -> bool:
        """Whether a node has it."""
        return self._pod is not None and verdict.scheduled(self._pod)

    @property
    def starting(self) -> bool:
        """Whether its containers are not known to run."""
        return ((self._pod or {}).get("status") or {}).get("phase") == "Pending"

    def changed(self, events: list[Event]) -> None:
        """Take news; the first are the pod as it is, or nothing."""
        before = self._known
        for event in events:
            self._pod = None if event.type == "DELETED" else event.object
            self._known, before = event.object, self._known
        if self._known is None:
            fact = f'there is no Pod "{self._name}" in namespace {self._namespace}.'
            self.end(NotFound(fact, code=404, reason="NotFound"))
        else:
            self._judge(before or self._known)

    def absent(self) -> None:
        """Take it from a request that there is no such pod; the watch may say so a moment later."""
        if self._known is not None:
            self._pod = None
            self._judge(self._known)

    def left(self) -> None:
        """Take it from a connection that has ended that a pod which was to end has done so."""
        if self.leaving:
            gone = verdict.leaving(self._known, self._name, self._container)
            self._find_out(gone or verdict.deleted(self._name))

    def end(self, error: KtError) -> None:
        """Settle why it is over."""
        if self.over is None:
            self.over = error
            self._on_change()

    def close(self) -> None:
        """Ask nothing more."""
        if self._asking is not None:
            self._asking.cancel()

    def _judge(self, before: Json) -> None:
        found = verdict.ended(self._pod, before, self._name, self._container)
        if found is not None:
            self._find_out(found)
        elif not self.leaving and verdict.leaving(self._pod, self._name, self._container) is not None:
            self.leaving = True
            asyncio.get_running_loop().call_later(_LAST_WORDS, self.left)
        self._on_change()

    def _find_out(self, error: SessionEnded) -> None:
        """Settle it; of a deletion, the pod's Job may know the reason."""
        if self.over is not None or self._asking is not None:
            return
        if error.reason == "deleted":
            self._asking = asyncio.ensure_future(self._ask_job(error))
        else:
            self.end(error)

    async def _ask_job(self, error: SessionEnded) -> None:
        job = verdict.job_of(self._known)
        found: KtError = error
        if job is not None:
            with contextlib.suppress(KtError, TimeoutError):
                async with asyncio.timeout(_ASKING):
                    body = await asyncio.wrap_future(self._cluster.later(Get(JOBS, job, self._namespace)))
                found = verdict.job_failed(body, self._name) or error
        self.end(found)
