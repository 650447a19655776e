"""Patches: JSON patch, merge patch, strategic merge patch.

Apply is not among them: it needs to know who owns which field (``kt_jupyter.local.ownership``).
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import go_json, status
from kt_jupyter.local.objects import Object, clone
from kt_jupyter.local.patch import json_patch, strategic
from kt_jupyter.local.patch.merge import merge
from kt_jupyter.local.resources import ResourceType

JSON: Final = "application/json-patch+json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"
TYPES: Final = (JSON, MERGE, APPLY, STRATEGIC)


def apply(media_type: str, old: Object, body: bytes, resource: ResourceType) -> Object:
    """Return a patched copy of an object.

    Raises:
        ApiStatus: 400, the patch is not one; 422, it does not fit the object; 500, a strategic patch that makes no
            sense, which the real server calls its own fault.
    """
    fresh: Object = clone(old)
    change = _read(body, media_type)
    if media_type == JSON:
        return json_patch.apply(fresh, change)
    if media_type == STRATEGIC:
        return strategic.apply(fresh, change, resource)
    merged = merge(fresh, change)
    assert isinstance(merged, dict)
    return merged


def _read(body: bytes, media_type: str) -> Any:
    """Read the patch, which must be a list of operations or an object; raises BadRequest (400)."""
    wanted, name = (list, "[]handlers.jsonPatchOp") if media_type == JSON else (dict, "map[string]interface {}")
    before = "" if media_type == STRATEGIC else "error decoding patch: "
    try:
        change = go_json.loads(body)
    except go_json.NoJsonError as problem:
        raise status.bad_request(f"{before}{problem}") from None
    if change is None and media_type == MERGE:
        raise status.bad_request("Invalid JSON Patch")
    if change is None:
        return wanted()
    if not isinstance(change, wanted):
        kind = go_json.kind_of(change)
        raise status.bad_request(f"{before}json: cannot unmarshal {kind} into Go value of type {name}")
    return change
