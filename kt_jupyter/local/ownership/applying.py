"""Server-side apply: one manager's wishes merged into an object, and what it no longer wishes taken out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from kt_jupyter.local import schema, status
from kt_jupyter.local.objects import Object, clone, dig, name_of, namespace_of, now
from kt_jupyter.local.ownership import owners as entries
from kt_jupyter.local.ownership import shapes
from kt_jupyter.local.ownership.differences import difference, fields_in
from kt_jupyter.local.ownership.merging import merge, remove, with_named
from kt_jupyter.local.ownership.mistakes import mistakes
from kt_jupyter.local.ownership.owners import Owner, Owners
from kt_jupyter.local.ownership.sets import FieldSet
from kt_jupyter.local.ownership.settling import UNOWNED, Conflicts, reset_fields, settle
from kt_jupyter.local.ownership.shapes import Shape
from kt_jupyter.local.ownership.tracking import note_update
from kt_jupyter.local.resources import ResourceType

_BEFORE: Final = "before-first-apply"
_KUBECTL: Final = "kubectl"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def apply(
    config: Object, live: Object | None, resource: ResourceType, manager: str, *, subresource: str = "", force: bool
) -> Object:
    """Return what becomes of an object when a manager applies a configuration.

    Args:
        config: what the manager wishes; not changed.
        live: the object as it is stored, None when there is none yet; not changed.
        resource: the kind of both.
        manager: in whose name.
        subresource: ``status``, or empty.
        force: take fields from other managers.

    Raises:
        ApiStatus: Conflict (409), others own what the configuration would change; 400 and 500, it is none of this
            kind.
    """
    _check(config, resource)
    shape = shapes.of_kind(resource.api_version, resource.kind)
    bare = entries.without_owners(live or {})
    owners = entries.read(live or {}) or {}
    if live is not None and not owners:
        note_update(owners, {}, bare, resource, Owner(_BEFORE, "Update", resource.api_version, subresource))
    writer = Owner(manager, "Apply", resource.api_version, subresource)
    try:
        made = _attempt(config, bare, owners, writer, resource, force=force)
    except Conflicts as conflicts:
        left = conflicts.found
        if manager == _KUBECTL:  # what kubectl applied from its side is its own to apply from ours
            own = _applied_by_client(bare, resource, shape)
            left = [(owner, path) for owner, path in conflicts.found if path not in own]
        if left:
            raise Conflicts(left).refusal() from None
        made = _attempt(config, bare, owners, writer, resource, force=True)
    if manager == _KUBECTL and _last_applied(made):
        made["metadata"]["annotations"][_LAST_APPLIED] = _without_last_applied(config)
    return made


def _check(config: Object, resource: ResourceType) -> None:
    api_version, kind = config.get("apiVersion") or "/", config.get("kind") or ""
    if (api_version, kind) != (resource.api_version, resource.kind):
        group_version = api_version if "/" in api_version else f"/{api_version}"
        raise status.bad_request(f"invalid object type: {group_version}, Kind={kind}")
    if dig(config, "metadata", "managedFields") is not None:
        raise status.bad_request("metadata.managedFields must be nil")
    wrong = mistakes(config, schema.type_of(api_version, kind) or "")
    if wrong:
        raise status.ApiStatus(500, "", f"failed to create typed patch object ({identity(config, resource)}): {wrong}")


def identity(obj: Object, resource: ResourceType) -> str:
    """Write which object this is, as the real server's accidents do."""
    return f"{namespace_of(obj) or ''}/{name_of(obj)}; {kind_text(resource)}"


def kind_text(resource: ResourceType) -> str:
    """Write a kind as Go does: ``/v1, Kind=Pod``."""
    return f"{resource.group}/{resource.version}, Kind={resource.kind}"


def _attempt(
    config: Object, live: Object, before: Owners, writer: Owner, resource: ResourceType, *, force: bool
) -> Object:
    shape = shapes.of_kind(resource.api_version, resource.kind)
    owners = {key: replace(owner) for key, owner in before.items()}
    last = owners.get(writer.identity, writer)
    wished = fields_in(config, shape).without(reset_fields(resource, writer.subresource))
    made: Object = merge(live, config, shape)
    owners[writer.identity] = mine = replace(writer, fields=wished, time=last.time)
    made = _prune(made, owners, last.fields, shape)
    settle(owners, difference(live, made, shape), writer.identity, force=force)
    if made != live:
        mine.time = now()
    mine.fields -= UNOWNED
    if not mine.fields:
        owners.pop(writer.identity, None)
    made = clone(made)
    entries.write(made, owners)
    return made


def _prune(made: Object, owners: Owners, last: FieldSet, shape: Shape) -> Object:
    """Take out what the writer named last time and nobody names now."""
    if not last:
        return made
    last = with_named(last, shape)
    owned = FieldSet()
    for owner in owners.values():
        owned |= owner.fields
    all_fields = with_named(fields_in(made, shape), shape)
    left = with_named(fields_in(remove(made, last, shape) or {}, shape), shape)
    # Whatever stays because it is owned keeps what stands around it; what nobody ever applied stays in any case.
    kept = remove(made, all_fields - (left | with_named(owned, shape)), shape) or {}
    kept_fields = with_named(fields_in(kept, shape), shape)
    pruned: Object = remove(made, (all_fields - kept_fields) & last, shape) or {}
    return pruned


def _applied_by_client(live: Object, resource: ResourceType, shape: Shape) -> FieldSet:
    """Return the fields that kubectl's own apply has set and that still are what it set."""
    try:
        config: Any = json.loads(_last_applied(live))
    except ValueError:
        return FieldSet()
    if not isinstance(config, dict) or config.get("apiVersion") != resource.api_version:
        return FieldSet()
    differs = difference(config, live, shape)
    return fields_in(config, shape) - differs.modified - differs.added - differs.removed


def _last_applied(obj: Object) -> str:
    return str(dig(obj, "metadata", "annotations", _LAST_APPLIED) or "")


def _without_last_applied(config: Object) -> str:
    shown: Object = clone(config)
    (dig(shown, "metadata", "annotations") or {}).pop(_LAST_APPLIED, None)
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False, sort_keys=True) + "\n"
