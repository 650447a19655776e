"""What the server does by the clock: flush the journal, forget old events, end itself when nobody needs it.

When it ends itself: after ``idle`` seconds (30 minutes) in which nobody asked for anything and no pod ran. An open
watch is somebody looking, so a table in a notebook isn't cut off over lunch; but a notebook that was left open must
not keep the server for ever: with watches alone it ends after 24 times as long (12 hours).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from typing import Final

from kt_jupyter.local.journal import FLUSH_SECONDS
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of, parse_time
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.store import Store

_EVENT_SECONDS: Final = 3600  # the real server's --event-ttl
_SWEEP_SECONDS: Final = 60
_WATCHED_FACTOR: Final = 24

log = logging.getLogger(__name__)


class Activity:
    """When somebody last wanted something, and how many are still being answered."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.requests = 0
        self.watches = 0

    def begin(self, *, watch: bool) -> None:
        """Note that a request arrived."""
        self.last = time.monotonic()
        if watch:
            self.watches += 1
        else:
            self.requests += 1

    def end(self, *, watch: bool) -> None:
        """Note that it was answered."""
        self.last = time.monotonic()
        if watch:
            self.watches -= 1
        else:
            self.requests -= 1


async def keep_on_disk(store: Store) -> None:
    """Flush what was written, a second later at most, in a thread: a slow disk must not stop the loop."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        if store.dirty:
            await asyncio.to_thread(store.flush)
            store.compact_if_overgrown()


async def sweep_events(registry: Registry) -> None:
    """Remove events that nobody repeated for an hour."""
    while True:
        oldest = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=_EVENT_SECONDS)
        for event in registry.list("events"):
            if _last_seen(event) < oldest:
                registry.delete("events", namespace_of(event), name_of(event))
        await asyncio.sleep(_SWEEP_SECONDS)


async def until_idle(registry: Registry, activity: Activity, idle: float) -> None:
    """Return when nobody has needed the server for ``idle`` seconds."""
    while True:
        if activity.requests or pods_running(registry):
            activity.last = time.monotonic()
        patience = idle * (_WATCHED_FACTOR if activity.watches else 1)
        left = activity.last + patience - time.monotonic()
        if left <= 0:
            return
        await asyncio.sleep(min(left, idle))


def pods_running(registry: Registry) -> bool:
    """Return whether any pod has been given to the node and hasn't ended."""
    return any(
        dig(pod, "spec", "nodeName") and dig(pod, "status", "phase") in ("Pending", "Running")
        for pod in registry.list("pods")
    )


def _last_seen(event: Object) -> dt.datetime:
    moments = (
        dig(event, "series", "lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        dig(event, "metadata", "creationTimestamp"),
    )
    return parse_time(next(moment for moment in moments if moment))
