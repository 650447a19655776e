"""Patches: JSON patch, merge patch, strategic merge patch.

Apply is not among them: it needs to know who owns which field (``managed_fields.py``).
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, clone
from kt_jupyter.local.patch import json_patch, strategic
from kt_jupyter.local.patch.merge import merge
from kt_jupyter.local.resources import ResourceType

JSON: Final = "application/json-patch+json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"
TYPES: Final = (JSON, MERGE, APPLY, STRATEGIC)


def apply(media_type: str, old: Object, change: Any, resource: ResourceType) -> Object:
    """Return a patched copy of an object.

    Raises:
        ApiStatus: 400, the patch is not one; 422, it does not fit the object.
    """
    fresh: Object = clone(old)
    if media_type == JSON:
        return json_patch.apply(fresh, change, resource)
    if not isinstance(change, dict):
        raise status.bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    if media_type == MERGE:
        merged = merge(fresh, change)
        assert isinstance(merged, dict)
        return merged
    return strategic.apply(fresh, change, resource)
