"""Names for Tab, without the wait: a small cache that refreshes itself in the background.

A person who presses Tab waits for a quarter of a second at most, whatever the cluster does. So a read is only ever
*started* here (it runs on kube's I/O thread); what has arrived within the patience is offered, else what was known
before, else nothing. The answer that came too late is there for the next Tab. Without rights, without a cluster,
with an address that answers nothing: no names, no error, no noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from kt_jupyter.errors import KtError

_PATIENCE = 0.2  # seconds; IPython's own work and the front end's need the rest of what feels immediate
_FRESH = 4.0  # seconds a list is offered without asking again
_RETRY = 10.0  # seconds an unreachable cluster is left in peace

Start = Callable[[str, str | None], Future[list[str]] | None]
"""Starts reading the names of a kind in a namespace; None when there is nobody to ask."""


@dataclass
class _Entry:
    names: list[str] = field(default_factory=list)
    expires: float = 0.0
    pending: Future[list[str]] | None = None


class Names:
    """The names Tab offers, by kind and namespace.

    ``scope`` says where they are from (which cluster, which current namespace): names of elsewhere are not offered.
    """

    def __init__(
        self,
        start: Start,
        *,
        scope: Callable[[], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start = start
        self._scope = scope
        self._clock = clock
        self._entries: dict[tuple[str, str, str | None], _Entry] = {}

    def __call__(self, kind: str, namespace: str | None) -> list[str]:
        """Give the names known by now; never takes longer than the patience, never raises."""
        deadline = time.monotonic() + _PATIENCE  # the first read of a kernel loads the client: that counts as well
        entry = self._entries.setdefault((self._scope(), kind, namespace), _Entry())
        if entry.pending is None and self._clock() >= entry.expires:
            entry.pending = self._begin(kind, namespace)
        if entry.pending is not None:
            self._collect(entry, entry.pending, deadline)
        return entry.names

    def forget(self) -> None:
        """Drop everything: another cluster, or something was made or deleted here."""
        self._entries.clear()

    def _begin(self, kind: str, namespace: str | None) -> Future[list[str]] | None:
        try:
            return self._start(kind, namespace)
        except KtError:
            return None

    def _collect(self, entry: _Entry, pending: Future[list[str]], deadline: float) -> None:
        try:
            entry.names = pending.result(timeout=max(0.0, deadline - time.monotonic()))
            entry.expires = self._clock() + _FRESH
        except TimeoutError:
            if not pending.done():
                return  # still under way: what was known before is offered
            entry.expires = self._clock() + _RETRY  # the request's own timeout
        except (KtError, CancelledError):
            entry.names = []
            entry.expires = self._clock() + _RETRY
        entry.pending = None
