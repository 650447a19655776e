"""Kubernetes' rules for writing objects, between the store and everyone who writes: REST handlers and controllers.

What every object has in common happens here (names, uids, versions, generations, finalizers, conflicts, dry runs);
what differs by kind comes from ``Rules``. No HTTP. All calls are synchronous and run on the event loop's thread, so
that a read and the write that follows it are one step.

Objects that ``get`` and ``list`` return are shared: never change them, ``modify`` hands out a copy.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Final

from kt_jupyter.local import deletion, ownership, status
from kt_jupyter.local.fields import invalid, quoted
from kt_jupyter.local.objects import Object, clone, name_of, namespace_of, now
from kt_jupyter.local.recorder import Recorder
from kt_jupyter.local.resources import ResourceType, resource_of
from kt_jupyter.local.rules import Change, Request, Rules
from kt_jupyter.local.store import Record, Store, Subscription

# No vowels and no look-alikes, as in k8s.io/apimachinery/pkg/util/rand.
_SUFFIX_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH: Final = 5
_MAX_GENERATED: Final = 63


class Registry:
    """Reads and writes objects as the Kubernetes API would; raises ``ApiStatus`` where it would refuse."""

    def __init__(self, store: Store, rules: Rules | None = None) -> None:
        self.store = store
        self._rules = rules or Rules()
        self._recorder = Recorder(self)

    # Reading

    def get(self, resource: str, namespace: str | None, name: str) -> Object:
        """Return an object; raises NotFound (404)."""
        return self.record(resource, namespace, name).object

    def record(self, resource: str, namespace: str | None, name: str) -> Record:
        """Return an object with its encoded form; raises NotFound (404)."""
        kind = resource_of(resource)
        record = self.store.get(kind.storage, namespace, name)
        if record is None:
            raise status.not_found(kind, name)
        return record

    def find(self, resource: str, namespace: str | None, name: str) -> Object | None:
        """Return an object, or None."""
        record = self.store.get(resource_of(resource).storage, namespace, name)
        return record.object if record else None

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        """Return the objects of one namespace, or of all (None)."""
        return [record.object for record in self.store.records(resource, namespace)]

    def subscribe(self, *resources: str) -> Subscription:
        """Collect every change of these resources from now on. Subscribe before you list, so that none is missed."""
        return self.store.subscribe(*resources)

    # Writing

    def create(self, resource: str, obj: Object, *, admission: bool = True, call: Request | None = None) -> Object:
        """Store a new object and return it; ``obj`` is not changed.

        Raises:
            ApiStatus: AlreadyExists, Invalid (422) or Forbidden by admission.
        """
        call = call or Request(admission=admission)
        kind = resource_of(resource)
        inside = resource_of(kind.storage)
        fresh: Object = clone(obj)
        generated = _name(fresh)
        _stamp_new(inside, fresh)
        self._run(Change(self, inside, fresh, None, None, call))
        held = self.store.get(inside.key, namespace_of(fresh), name_of(fresh))
        if held:
            ending = "deletionTimestamp" in held.object["metadata"]
            raise status.already_exists(kind, name_of(fresh), generated=generated, ending=ending)
        if call.dry_run:
            return fresh
        return self.store.put(inside.key, fresh).object

    def update(
        self,
        resource: str,
        obj: Object,
        *,
        subresource: str | None = None,
        admission: bool = True,
        call: Request | None = None,
    ) -> Object:
        """Replace an object as a client's PUT would, and return what is now stored.

        Without ``subresource`` the status stays as it is; with ``"status"`` everything but metadata and status does.

        Raises:
            ApiStatus: NotFound, Conflict (a resourceVersion or uid is given and differs), Invalid, Forbidden.
        """
        call = call or Request(admission=admission)
        kind = resource_of(resource)
        old = self.get(resource, namespace_of(obj), name_of(obj))
        if call.patched:
            _check_uid(kind, obj, old)
        _check_version(kind, obj, old)
        kind = resource_of(kind.storage)
        fresh: Object = clone(obj)
        _keep_system_fields(fresh, old)
        _keep_other_half(kind, fresh, old, subresource)
        self._run(Change(self, kind, fresh, old, subresource, call))
        return self._store_change(kind, fresh, old, call)

    def modify(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        change: Callable[[Object], None],
        *,
        subresource: str | None = None,
    ) -> Object | None:
        """Change an object as the server's own controllers do: no validation, no admission, spec and status alike.

        ``change`` is given a deep copy. Nothing is written when it changes nothing. Removing the last finalizer of an
        object that is being deleted removes the object. ``subresource="status"`` keeps only changes of metadata and
        status.

        Returns:
            What is stored now (the last state, if this removed it), or None when there is no such object.
        """
        kind = resource_of(resource)
        record = self.store.get(resource, namespace, name)
        if record is None:
            return None
        fresh: Object = clone(record.object)
        change(fresh)
        if subresource == "status":
            fresh = {**clone(record.object), "metadata": fresh["metadata"], "status": fresh.get("status")}
        _keep_system_fields(fresh, record.object, trusted=True)
        _count_generation(kind, fresh, record.object)
        return self._store_change(kind, fresh, record.object, Request())

    def delete(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        grace_seconds: int | None = None,
        propagation: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Delete an object, or mark it as being deleted while finalizers or a running pod keep it.

        Args:
            resource: ``pods``, ``jobs.batch`` …
            namespace: None for objects of the whole cluster.
            name: the object's name.
            uid: refuse (409) when the object is another one.
            resource_version: refuse (409) when the object has changed.
            grace_seconds: how long a pod may take to end; None: what its spec says; 0: now, without waiting.
            propagation: ``Background``, ``Foreground`` or ``Orphan``; None: what its kind does by default.
            dry_run: check everything, change nothing.

        Returns:
            The object's last state; it is gone when the store no longer has it.
        """
        kind = resource_of(resource)
        old = self.get(resource, namespace, name)
        options = deletion.Options(uid, resource_version, grace_seconds, propagation)
        if kind.key == "namespaces" and name in deletion.PROTECTED_NAMESPACES:
            raise status.forbidden(kind, name, "this namespace may not be deleted")
        deletion.check_preconditions(kind, old, options)
        fresh: Object = clone(old)
        gone = deletion.mark(kind, fresh, options)
        if dry_run:
            return fresh
        if not gone:
            return old if fresh == old else self.store.put(kind.storage, fresh).object
        removed = self.store.remove(kind.storage, namespace, name).object
        fresh["metadata"]["resourceVersion"] = removed["metadata"]["resourceVersion"]
        return fresh

    def record_event(
        self,
        involved: Object,
        *,
        type: str,  # noqa: A002  (Kubernetes' word)
        reason: str,
        message: str,
        component: str,
        field_path: str | None = None,
    ) -> None:
        """Write an Event about an object (or one field of it); a repeated one is counted on the first."""
        self._recorder.record(
            involved, type=type, reason=reason, message=message, component=component, field_path=field_path
        )

    # Steps

    def _run(self, change: Change) -> None:
        """Take a write through the steps that depend on its kind, in the real server's order."""
        resource, obj, old = change.resource, change.obj, change.old
        self._rules.default(change)
        if change.call.manager:
            ownership.track(change)
        if change.call.admission:
            self._rules.admit(change)
        self._rules.prepare(change)
        if old is not None:
            _count_generation(resource, obj, old)
        problems = self._rules.problems(change)
        if problems:
            raise status.invalid(resource.group, resource.kind, name_of(obj), problems)
        self._rules.warn(change)
        if change.call.admission:
            self._rules.check(change)

    def _store_change(self, kind: ResourceType, fresh: Object, old: Object, call: Request) -> Object:
        if call.dry_run:
            return fresh
        if fresh == old or ownership.nothing_but_times(fresh, old):
            return old
        if "deletionTimestamp" in old["metadata"] and deletion.finished(kind, fresh):
            # Watchers see the object go as it last stood; whoever took the last finalizer sees it without.
            gone = self.store.remove(kind.key, namespace_of(fresh), name_of(fresh)).object
            fresh["metadata"]["resourceVersion"] = gone["metadata"]["resourceVersion"]
            return fresh
        return self.store.put(kind.key, fresh).object


def _name(obj: Object) -> bool:
    """Make a name from generateName; return whether that was done."""
    meta = obj.setdefault("metadata", {})
    prefix = meta.get("generateName")
    if meta.get("name") or not prefix:
        return False
    prefix = prefix[: _MAX_GENERATED - _SUFFIX_LENGTH]
    suffix = "".join(random.choices(_SUFFIX_LETTERS, k=_SUFFIX_LENGTH))  # noqa: S311  (a name, not a secret)
    meta["name"] = prefix + suffix
    return True


def _stamp_new(kind: ResourceType, obj: Object) -> None:
    meta = obj["metadata"]
    if meta.get("resourceVersion"):
        raise status.ApiStatus(500, "", "resourceVersion should not be set on objects to be created")
    for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
        meta.pop(key, None)
    if kind.generation:  # elsewhere it is the sender's, as it comes
        meta["generation"] = 1
    meta["uid"] = str(uuid.uuid4())
    meta["creationTimestamp"] = now()
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
    if kind.namespaced:
        meta.setdefault("namespace", "default")
    else:
        meta.pop("namespace", None)


def _check_uid(kind: ResourceType, obj: Object, old: Object) -> None:
    uid = (obj.get("metadata") or {}).get("uid")
    if uid and uid != old["metadata"]["uid"]:
        problem = invalid("metadata.uid", uid, "field is immutable")
        raise status.invalid(kind.group, kind.kind, name_of(obj), [problem, problem])


def _check_version(kind: ResourceType, obj: Object, old: Object) -> None:
    meta, held = obj.get("metadata") or {}, old["metadata"]
    if meta.get("uid") and meta["uid"] != held["uid"]:
        key = "/".join(part for part in ("/registry", kind.plural, namespace_of(old), name_of(old)) if part)
        why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {held['uid']}"
        told = f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: {why}"
        raise status.conflict(kind, name_of(obj), told)
    version = meta.get("resourceVersion")
    if version and not version.isdecimal():
        raise status.ApiStatus(500, "", f"strconv.ParseUint: parsing {quoted(version)}: invalid syntax")
    if version not in (None, "", held["resourceVersion"]):
        raise status.conflict(kind, name_of(obj), status.MODIFIED)


def _keep_system_fields(obj: Object, old: Object, *, trusted: bool = False) -> None:
    meta, held = obj["metadata"], old["metadata"]
    for key in ("uid", "creationTimestamp", "resourceVersion", "name", "namespace", "generation", "generateName"):
        if key in held:
            meta[key] = held[key]
        else:
            meta.pop(key, None)
    meta.pop("selfLink", None)
    if not trusted:
        for key in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            if key in held:
                meta[key] = held[key]
            else:
                meta.pop(key, None)
    obj["apiVersion"], obj["kind"] = old["apiVersion"], old["kind"]


def _keep_other_half(kind: ResourceType, obj: Object, old: Object, subresource: str | None) -> None:
    """A main update leaves the status alone; a status update leaves everything else but metadata alone."""
    if subresource == "status":
        written = obj.get("status")
        for key in [key for key in obj if key not in ("metadata", "apiVersion", "kind")]:
            del obj[key]
        obj.update({key: clone(value) for key, value in old.items() if key not in ("metadata", "status")})
        if written is not None:
            obj["status"] = written
    elif subresource is None and kind.has_status:
        obj.pop("status", None)
        if "status" in old:
            obj["status"] = clone(old["status"])


def _count_generation(kind: ResourceType, obj: Object, old: Object) -> None:
    if kind.generation and _wanted(kind, obj) != _wanted(kind, old):
        obj["metadata"]["generation"] = int(old["metadata"].get("generation") or 0) + 1


def _wanted(kind: ResourceType, obj: Object) -> Object:
    """Return what somebody asked for; where a pod runs is the scheduler's word, and no new generation of the pod."""
    spec = obj.get("spec") or {}
    if kind.key == "pods" and "nodeName" in spec:
        return {key: value for key, value in spec.items() if key != "nodeName"}
    return spec
