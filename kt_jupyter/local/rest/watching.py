"""Watches: every change of what a request selects, one JSON document a line, until the time is up.

Source: ``k8s.io/apiserver/pkg/storage/cacher`` (1.34): which events a selector turns into which, bookmarks, what
``sendInitialEvents`` promises. A watcher that doesn't read for long is cut off, as there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest.query import ListOptions
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View
from kt_jupyter.local.store import Record, StoreEvent, Subscription, encode

# Real servers end a watch after 30 to 60 minutes when the client names no time.
_DEFAULT_TIMEOUT: Final = (1800.0, 3600.0)
_BOOKMARK_SECONDS: Final = 60.0
_UNREAD_LIMIT: Final = 10_000
_INITIAL_END: Final = {"k8s.io/initial-events-end": "true"}


@dataclass(slots=True)
class _Watch:
    """One watch: what it selects, in which form, and how far it is."""

    target: Target
    options: ListOptions
    view: View
    headings: bool = True

    def initial(self, record: Record) -> bytes:
        """Write an object that existed before the watch began."""
        return self._line("ADDED", record) if self._wanted(record.object) else b""

    def change(self, event: StoreEvent) -> bytes:
        """Write what a change means to this watch: a selector makes objects appear and disappear."""
        if self.target.namespace is not None and event.object["metadata"].get("namespace") != self.target.namespace:
            return b""
        before = event.previous is not None and self._wanted(event.previous)
        if event.type == "DELETED":
            return self._line("DELETED", event.record) if before else b""
        after = self._wanted(event.object)
        if after:
            return self._line("MODIFIED" if before else "ADDED", event.record)
        return self._line("DELETED", self._last_seen(event)) if before else b""

    def bookmark(self, revision: int, annotations: dict[str, str] | None = None) -> bytes:
        """Write how far the watch is, so that it can be resumed from there."""
        meta: Object = {"resourceVersion": str(revision)}
        if annotations:
            meta["annotations"] = annotations
        resource = self.target.resource
        bookmark = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
        shown = self.view.convert(resource, bookmark, headings=False) if self.view.form == "metadata" else bookmark
        return encode({"type": "BOOKMARK", "object": shown}) + b"\n"

    def _wanted(self, obj: Object) -> bool:
        return self.options.selection.matches(obj)

    def _last_seen(self, event: StoreEvent) -> Record:
        """An object that leaves the selection is shown as it was, under the change's resourceVersion."""
        assert event.previous is not None
        meta = {**event.previous["metadata"], "resourceVersion": str(event.record.revision)}
        shown = {**event.previous, "metadata": meta}
        return Record(shown, encode(shown), event.record.revision)

    def _line(self, kind: str, record: Record) -> bytes:
        if self.view.form == "object":
            return b'{"type":"%s","object":%s}\n' % (kind.encode(), self.view.one(self.target.resource, record))
        shown = self.view.convert(self.target.resource, record.object, headings=self.headings)
        self.headings = False
        return encode({"type": kind, "object": shown}) + b"\n"


async def serve(
    request: web.Request, registry: Registry, target: Target, options: ListOptions, view: View
) -> web.StreamResponse:
    """Stream the watch; ends when its time is up, the client leaves, or the server stops."""
    watch = _Watch(target, options, view)
    subscription = registry.store.subscribe(target.resource.storage, limit=_UNREAD_LIMIT)
    try:
        start, alive = _beginning(registry, watch)
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
        )
        await response.prepare(request)
        for lines in _batches(start):
            await response.write(lines)
        if alive:
            await _until_timeout(response, registry, watch, subscription)
        await response.write_eof()
    finally:
        subscription.close()
    return response


def _beginning(registry: Registry, watch: _Watch) -> tuple[list[bytes], bool]:
    """Return what comes before the changes from now on, and whether anything can follow."""
    store, options = registry.store, watch.options
    key, namespace = watch.target.resource.storage, watch.target.namespace
    revision = options.revision
    lines: list[bytes] = []
    if revision == 0 or options.initial_events:
        lines += [watch.initial(record) for record in store.records(key, namespace)]
        if options.initial_events and options.bookmarks:
            lines.append(watch.bookmark(store.revision, _INITIAL_END))
        return lines, True
    events = store.since(key, revision)
    if events is None:
        message = f"too old resource version: {revision} ({store.oldest(key)})"
        return [encode({"type": "ERROR", "object": status.expired(message).body()}) + b"\n"], False
    return [watch.change(event) for event in events], True


def _batches(lines: list[bytes], size: int = 64 * 1024) -> Iterator[bytes]:
    batch = bytearray()
    for line in lines:
        batch += line
        if len(batch) >= size:
            yield bytes(batch)
            batch.clear()
    if batch:
        yield bytes(batch)


async def _until_timeout(
    response: web.StreamResponse, registry: Registry, watch: _Watch, subscription: Subscription
) -> None:
    seconds = watch.options.timeout or random.uniform(*_DEFAULT_TIMEOUT)  # noqa: S311  (spreads reconnections)
    try:
        async with asyncio.timeout(seconds):
            await _follow(response, registry, watch, subscription)
    except TimeoutError:
        if watch.options.bookmarks:
            await response.write(watch.bookmark(registry.store.revision))


async def _follow(response: web.StreamResponse, registry: Registry, watch: _Watch, subscription: Subscription) -> None:
    """Write changes as they happen, and a bookmark a minute for those who asked."""
    loop = asyncio.get_running_loop()
    due = loop.time() + _BOOKMARK_SECONDS
    while True:
        try:
            async with asyncio.timeout_at(due):
                event = await anext(subscription, None)
        except TimeoutError:
            due = loop.time() + _BOOKMARK_SECONDS
            if watch.options.bookmarks:
                await response.write(watch.bookmark(registry.store.revision))
            continue
        if event is None:
            return
        lines = watch.change(event) + b"".join(watch.change(more) for more in subscription.pending())
        if lines:
            await response.write(lines)
