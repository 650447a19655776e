"""Objects in memory, each with its encoded JSON, versioned by one counter, journalled, and watched.

This is what etcd and the watch cache are to a real API server; what Kubernetes' rules are is the registry's concern.
Everything runs on the event loop's thread and nothing awaits between reading and writing, so there are no locks and
no half-made changes.

Each version of an object is encoded once: the same bytes go to the journal, to every reader and to every watcher.
That, and watchers sharing one event object, is why 5,000 claims and 100 watches fit in little memory.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from kt_jupyter.local.journal import Journal
from kt_jupyter.local.objects import Object, name_of, namespace_of

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
Key = tuple[str, str]  # (namespace or "", name)

# How many past changes of each resource a watch may resume from; older ones get 410 Expired and list again.
HISTORY: Final = 2000


def encode(value: Any) -> bytes:
    """Write JSON as it goes over the wire."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one object."""

    object: Object
    json: bytes
    revision: int

    @property
    def item(self) -> bytes:
        """The JSON as it stands in a list, where items carry neither kind nor apiVersion."""
        return b"{" + self.json[self.json.index(b'"metadata":') :]


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One change of one object."""

    type: EventType
    resource: str
    record: Record
    previous_record: Record | None

    @property
    def object(self) -> Object:
        """The object after the change; for DELETED, its last state under a new resourceVersion."""
        return self.record.object

    @property
    def previous(self) -> Object | None:
        """What stood there before, None when it was added."""
        return self.previous_record.object if self.previous_record else None


class Subscription:
    """The changes of some resources from now on, in order: ``async for event in subscription``.

    One that nobody reads stops collecting at ``limit`` events and ends: a stalled watcher must not fill the memory.
    """

    def __init__(self, store: Store, resources: tuple[str, ...], limit: int | None) -> None:
        self._store = store
        self._resources = resources
        self._limit = limit
        self._events: deque[StoreEvent] = deque()
        self._ready = asyncio.Event()
        self.closed = False

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> StoreEvent:
        while not self._events:
            if self.closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        return self._events.popleft()

    def pending(self) -> list[StoreEvent]:
        """Take, without waiting, everything that has been collected."""
        events = list(self._events)
        self._events.clear()
        return events

    def close(self) -> None:
        """Stop collecting; what was collected can still be read."""
        self.closed = True
        self._ready.set()
        self._store.unsubscribe(self)

    def offer(self, event: StoreEvent) -> None:
        """Add an event (called by the store)."""
        if self._limit is not None and len(self._events) >= self._limit:
            self.close()
            return
        self._events.append(event)
        self._ready.set()

    @property
    def resources(self) -> tuple[str, ...]:
        """What is subscribed to."""
        return self._resources


class Store:
    """All objects of the cluster, by resource and key."""

    def __init__(self, directory: Path) -> None:
        self._journal = Journal(directory)
        self._objects: dict[str, dict[Key, Record]] = {}
        self._history: dict[str, deque[StoreEvent]] = {}
        self._forgotten: dict[str, int] = {}
        self._subscriptions: dict[str, list[Subscription]] = {}
        self.revision = 1
        self._load()
        self._origin = self.revision

    # Reading

    def get(self, resource: str, namespace: str | None, name: str) -> Record | None:
        """Return the present version of an object."""
        return self._objects.get(resource, {}).get((namespace or "", name))

    def records(self, resource: str, namespace: str | None = None) -> list[Record]:
        """Return the records of one namespace, or of all (None), in the order etcd would give them."""
        held = self._objects.get(resource, {})
        keys = [key for key in held if namespace is None or key[0] == namespace]
        keys.sort(key=etcd_order)
        return [held[key] for key in keys]

    def records_at(self, resource: str, namespace: str | None, revision: int) -> list[Record] | None:
        """Return what ``records`` would have returned at a past revision, None when that is forgotten.

        So that a list read in pages is one consistent list: the history is undone from the present back.
        """
        events = self.since(resource, revision)
        if events is None:
            return None
        held = dict(self._objects.get(resource, {}))
        for event in reversed(events):
            key = (namespace_of(event.object) or "", name_of(event.object))
            if event.previous_record is None:
                held.pop(key, None)
            else:
                held[key] = event.previous_record
        keys = sorted((key for key in held if namespace is None or key[0] == namespace), key=etcd_order)
        return [held[key] for key in keys]

    def resources(self) -> Iterable[str]:
        """Return the resources of which there are objects."""
        return [resource for resource, held in self._objects.items() if held]

    def since(self, resource: str, revision: int) -> list[StoreEvent] | None:
        """Return the changes after a revision, or None when they are no longer known."""
        if revision < self.oldest(resource):
            return None
        return [event for event in self._history.get(resource, ()) if event.record.revision > revision]

    def oldest(self, resource: str) -> int:
        """Return the oldest revision that a watch of the resource can resume from."""
        return self._forgotten.get(resource, self._origin)

    def begin_history(self) -> None:
        """Forget how the present came about: nobody can resume from before the server was there."""
        self._history.clear()
        self._forgotten.clear()
        self._origin = self.revision

    # Writing

    def put(self, resource: str, obj: Object) -> Record:
        """Store a new object or a new version; takes ownership of ``obj`` and sets its resourceVersion.

        Raises:
            OSError: it could not be written to disk; then nothing has changed.
        """
        key = (namespace_of(obj) or "", name_of(obj))
        held = self._objects.setdefault(resource, {})
        previous = held.get(key)
        record = self._versioned(obj)
        self._journal.append(b'{"op":"put","in":%s,"object":%s}' % (encode(resource), record.json))
        self.revision = record.revision
        held[key] = record
        self._publish(StoreEvent("MODIFIED" if previous else "ADDED", resource, record, previous))
        return record

    def remove(self, resource: str, namespace: str | None, name: str) -> Record:
        """Remove an object; the returned record is its last state under a new resourceVersion."""
        key = (namespace or "", name)
        previous = self._objects[resource][key]
        record = self._versioned({**previous.object, "metadata": dict(previous.object["metadata"])})
        entry = {"op": "del", "in": resource, "key": key, "revision": record.revision}
        self._journal.append(encode(entry))
        self.revision = record.revision
        del self._objects[resource][key]
        self._publish(StoreEvent("DELETED", resource, record, previous))
        return record

    # Watching

    def subscribe(self, *resources: str, limit: int | None = None) -> Subscription:
        """Collect the changes of these resources from now on."""
        subscription = Subscription(self, resources, limit)
        for resource in resources:
            self._subscriptions.setdefault(resource, []).append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop offering events to a subscription."""
        for resource in subscription.resources:
            listeners = self._subscriptions.get(resource, [])
            if subscription in listeners:
                listeners.remove(subscription)

    def subscriptions(self) -> list[Subscription]:
        """Return every subscription that is open."""
        return list({id(one): one for listeners in self._subscriptions.values() for one in listeners}.values())

    # The disk

    @property
    def dirty(self) -> bool:
        """Whether something may not have reached the disk yet."""
        return self._journal.dirty

    def flush(self) -> None:
        """Bring everything to the disk; safe in another thread."""
        self._journal.flush()

    def close(self) -> None:
        """Flush and close the journal and end every subscription."""
        for subscription in self.subscriptions():
            subscription.close()
        self._journal.close()

    def compact_if_overgrown(self) -> None:
        """Rewrite the journal when most of it no longer counts."""
        if self._journal.overgrown:
            self._compact()

    def _compact(self) -> None:
        self._journal.rewrite(self._puts(), revision=self.revision)

    def _puts(self) -> Iterator[bytes]:
        for resource, held in self._objects.items():
            name = encode(resource)
            for record in held.values():
                yield b'{"op":"put","in":%s,"object":%s}' % (name, record.json)

    def _load(self) -> None:
        for entry in self._journal.load():
            if "format" in entry:
                self.revision = max(self.revision, int(entry["revision"]))
                continue
            held = self._objects.setdefault(entry["in"], {})
            if entry["op"] == "put":
                obj = entry["object"]
                revision = int(obj["metadata"]["resourceVersion"])
                held[namespace_of(obj) or "", name_of(obj)] = Record(obj, encode(obj), revision)
            else:
                revision = int(entry["revision"])
                held.pop((entry["key"][0], entry["key"][1]), None)
            self.revision = max(self.revision, revision)
        self._compact()

    def _versioned(self, obj: Object) -> Record:
        revision = self.revision + 1
        obj["metadata"]["resourceVersion"] = str(revision)
        obj = _ordered(obj)
        return Record(obj, encode(obj), revision)

    def _publish(self, event: StoreEvent) -> None:
        history = self._history.setdefault(event.resource, deque())
        history.append(event)
        if len(history) > HISTORY:
            self._forgotten[event.resource] = history.popleft().record.revision
        for subscription in list(self._subscriptions.get(event.resource, ())):
            subscription.offer(event)


def _ordered(obj: Object) -> Object:
    """Put kind, apiVersion and metadata first, as the real server does; ``Record.item`` relies on it."""
    first = {key: obj[key] for key in ("kind", "apiVersion", "metadata")}
    return {**first, **obj}


def etcd_order(key: Key) -> str:
    """Sort keys as etcd does, where "/" (between namespace and name) comes after "-" and "."."""
    return f"{key[0]}/{key[1]}"
