"""Noting who a write's fields belong to."""

from __future__ import annotations

from kt_jupyter.local.objects import Object, dig, now
from kt_jupyter.local.ownership import owners as entries
from kt_jupyter.local.ownership import shapes
from kt_jupyter.local.ownership.differences import Difference, difference
from kt_jupyter.local.ownership.owners import Owner, Owners
from kt_jupyter.local.ownership.settling import UNOWNED, reset_fields, settle
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.rules import Change

_WRITER = "current-operation"


def track(change: Change) -> None:
    """Set ``managedFields`` of an object that is about to be written: its writer owns what it changes.

    An object whose fields nobody owns (it was made by the server itself, or its owners were asked to be forgotten)
    stays so until somebody applies to it.
    """
    obj, old, subresource = change.obj, change.old, change.subresource or ""
    owners = _known(obj, old, subresource)
    if owners or old is None:
        writer = Owner(change.call.manager, "Update", change.resource.api_version, subresource)
        note_update(owners, entries.without_owners(old or {}), obj, change.resource, writer)
    entries.write(obj, owners)


def note_update(owners: Owners, old: Object, obj: Object, resource: ResourceType, writer: Owner) -> None:
    """Change the owners as an update does that makes ``obj`` of ``old``."""
    shape = shapes.of_kind(resource.api_version, resource.kind)
    changed = difference(old, entries.without_owners(obj), shape)
    reset = reset_fields(resource, writer.subresource)
    changed = Difference(*(part.without(reset) for part in (changed.added, changed.removed, changed.modified)))
    if not changed:
        return
    settle(owners, changed, _WRITER, force=True)
    fields = (changed.modified | changed.added) - UNOWNED
    if fields:
        held = owners.setdefault(writer.identity, writer)
        held.fields |= fields
        held.time = now()
    entries.forget_oldest(owners)


def nothing_but_times(obj: Object, old: Object) -> bool:
    """Return whether an object differs from what is stored in nothing but when its fields got their owners."""
    return _timeless(obj) == _timeless(old) and entries.without_owners(obj) == entries.without_owners(old)


def _timeless(obj: Object) -> list[Object]:
    held = dig(obj, "metadata", "managedFields") or []
    return [{key: value for key, value in entry.items() if key != "time"} for entry in held]


def _known(obj: Object, old: Object | None, subresource: str) -> Owners:
    """Return the owners before the write: those that the object brings (kubectl edits them), else the stored ones."""
    brought = dig(obj, "metadata", "managedFields")
    if brought in ([], [{}]) and not subresource:
        return {}  # how one asks for them to be forgotten
    owners = entries.read(obj) if not subresource else None
    return owners or entries.read(old or {}) or {}
