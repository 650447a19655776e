"""The garbage collector: what belongs to an object goes with it, before it, or stays. Component garbage-collector.

* Background: dependents are deleted once none of their owners exists any more.
* Foreground: the owner stays, marked ``foregroundDeletion``, until the dependents that block it are gone.
* Orphan: dependents lose the reference, and the owner its ``orphan`` mark.

Source: ``pkg/controller/garbagecollector`` (1.34). Dependents are found by an index of owner uids that follows the
registry, not by looking through everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.deletion import FOREGROUND, ORPHAN
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.resources import RESOURCES

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

_WATCHED: Final = tuple(one.key for one in RESOURCES if not one.virtual and one.plural not in ("events", "namespaces"))
_BY_KIND: Final = {(one.api_version, one.kind): one for one in RESOURCES if not one.virtual}

Key = tuple[str, str, str]  # (resource, namespace or "", name)


class GarbageCollector:
    """Follows owner references."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._dependents: dict[str, set[Key]] = defaultdict(set)  # by the owner's uid
        self._owners: dict[Key, set[str]] = {}

    def loop(self) -> Loop[Key]:
        """Return the loop that runs this controller."""
        return Loop(
            "garbage-collector",
            self._registry,
            _WATCHED,
            concerns=self._concerns,
            everything=self._everything,
            reconcile=self.reconcile,
        )

    def reconcile(self, key: Key) -> None:
        """Look at one object: its own end, if it is marked for one, and whether its owners still exist."""
        obj = self._find(key)
        if obj is None:
            return
        if "deletionTimestamp" in obj["metadata"]:
            finalizers = obj["metadata"].get("finalizers") or []
            if ORPHAN in finalizers:
                self._orphan(key, obj)
            elif FOREGROUND in finalizers:
                self._delete_dependents_first(key, obj)
        elif obj["metadata"].get("ownerReferences"):
            self._check_owners(key, obj)

    # The three ways

    def _check_owners(self, key: Key, obj: Object) -> None:
        references = obj["metadata"]["ownerReferences"]
        absent = [one["uid"] for one in references if not self._exists(one, namespace_of(obj))]
        if not absent:
            return
        if len(absent) == len(references):
            self._delete(key, obj)
        else:
            self._drop_references(key, set(absent))

    def _delete_dependents_first(self, key: Key, obj: Object) -> None:
        blocking = False
        for dependent_key in list(self._dependents.get(str(dig(obj, "metadata", "uid")), ())):
            dependent = self._find(dependent_key)
            if dependent is None:
                continue
            blocking = blocking or _blocks(dependent, str(dig(obj, "metadata", "uid")))
            if "deletionTimestamp" not in dependent["metadata"]:
                self._delete(dependent_key, dependent)
                blocking = blocking and self._find(dependent_key) is not None
        if not blocking:
            self._remove_finalizer(key, FOREGROUND)

    def _orphan(self, key: Key, obj: Object) -> None:
        uid = str(dig(obj, "metadata", "uid"))
        for dependent in list(self._dependents.get(uid, ())):
            self._drop_references(dependent, {uid})
        self._remove_finalizer(key, ORPHAN)

    # Steps

    def _exists(self, reference: Object, namespace: str | None) -> bool:
        kind = _BY_KIND.get((reference["apiVersion"], reference["kind"]))
        if kind is None:  # a kind this cluster doesn't have: as on a real one, nothing is concluded from that
            return True
        owner = self._registry.find(kind.key, namespace if kind.namespaced else None, reference["name"])
        return owner is not None and owner["metadata"]["uid"] == reference["uid"]

    def _delete(self, key: Key, obj: Object) -> None:
        uid = str(dig(obj, "metadata", "uid"))
        propagation = "Foreground" if self._dependents.get(uid) else "Background"
        resource, namespace, name = key
        self._registry.delete(resource, namespace or None, name, uid=uid, propagation=propagation)

    def _drop_references(self, key: Key, uids: set[str]) -> None:
        def drop(fresh: Object) -> None:
            kept = [one for one in fresh["metadata"].get("ownerReferences") or [] if one["uid"] not in uids]
            if kept:
                fresh["metadata"]["ownerReferences"] = kept
            else:
                fresh["metadata"].pop("ownerReferences", None)

        resource, namespace, name = key
        self._registry.modify(resource, namespace or None, name, drop)

    def _remove_finalizer(self, key: Key, finalizer: str) -> None:
        def remove(fresh: Object) -> None:
            kept = [one for one in fresh["metadata"].get("finalizers") or [] if one != finalizer]
            if kept:
                fresh["metadata"]["finalizers"] = kept
            else:
                fresh["metadata"].pop("finalizers", None)

        resource, namespace, name = key
        self._registry.modify(resource, namespace or None, name, remove)

    def _find(self, key: Key) -> Object | None:
        resource, namespace, name = key
        return self._registry.find(resource, namespace or None, name)

    # The index

    def _everything(self) -> Iterable[Key]:
        for resource in _WATCHED:
            for obj in self._registry.list(resource):
                key = (resource, namespace_of(obj) or "", name_of(obj))
                self._index(key, obj)
                yield key

    def _concerns(self, event: StoreEvent) -> Iterable[Key]:
        obj = event.object
        key = (event.resource, namespace_of(obj) or "", name_of(obj))
        owners = self._index(key, None if event.type == "DELETED" else obj)
        if event.type == "DELETED":
            yield from list(self._dependents.pop(str(dig(obj, "metadata", "uid")), ()))
            yield from self._waiting_owners(owners, obj)
        elif owners or "deletionTimestamp" in obj["metadata"]:
            yield key

    def _waiting_owners(self, owners: set[str], obj: Object) -> Iterable[Key]:
        """The owners of something that is gone: one of them may have waited for that."""
        for reference in dig(obj, "metadata", "ownerReferences") or []:
            kind = _BY_KIND.get((reference["apiVersion"], reference["kind"]))
            if kind is not None and reference["uid"] in owners:
                yield (kind.key, (namespace_of(obj) or "") if kind.namespaced else "", reference["name"])

    def _index(self, key: Key, obj: Object | None) -> set[str]:
        """Note whose an object is; return whose it was or is."""
        before = self._owners.get(key, set())
        now = {one["uid"] for one in dig(obj, "metadata", "ownerReferences") or []} if obj else set()
        for uid in before - now:
            self._dependents[uid].discard(key)
        for uid in now - before:
            self._dependents[uid].add(key)
        if now:
            self._owners[key] = now
        else:
            self._owners.pop(key, None)
        return before | now


def _blocks(dependent: Object, owner_uid: str) -> bool:
    references = dependent["metadata"].get("ownerReferences") or []
    return any(one["uid"] == owner_uid and one.get("blockOwnerDeletion") for one in references)
