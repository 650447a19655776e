"""One object in two versions: an event is told by `v1` and by `events.k8s.io/v1`, and stored as the first.

Everything inside the server knows the stored form; what comes in is turned into it, what goes out from it.

Source: ``pkg/apis/events/v1/conversion.go`` and the JSON tags of both types (1.34).
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.objects import Object
from kt_jupyter.local.resources import RESOURCES, ResourceType

# As stored: as shown by events.k8s.io.
_FIELDS: Final = {
    "eventTime": "eventTime",
    "series": "series",
    "reportingComponent": "reportingController",
    "reportingInstance": "reportingInstance",
    "action": "action",
    "reason": "reason",
    "involvedObject": "regarding",
    "related": "related",
    "message": "note",
    "type": "type",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_HEAD: Final = ("kind", "apiVersion", "metadata")


def shown(resource: ResourceType, obj: Object) -> Object:
    """Return a stored object as a resource shows it."""
    if not resource.stored_as:
        return obj
    fields = {name: obj[key] for key, name in _FIELDS.items() if key in obj and obj[key] != ""}
    return {**_head(obj), "apiVersion": resource.api_version, **fields}


def stored(resource: ResourceType, obj: Object) -> Object:
    """Return an object that came to a resource as it is stored; its ``apiVersion`` the registry sets."""
    if not resource.stored_as:
        return obj
    return {**_head(obj), **{key: obj[name] for key, name in _FIELDS.items() if name in obj}}


def convertible(api_version: str, kind: str, resource: ResourceType) -> bool:
    """Whether a body is one of a resource's objects in another version."""
    same = (one for one in RESOURCES if one.storage == resource.storage)
    return (api_version, kind) in {(one.api_version, one.kind) for one in same}


def shown_field(field: str) -> str:
    """Return what a selector calls a field that is stored: ``involvedObject.kind`` is ``regarding.kind``."""
    first, dot, rest = field.partition(".")
    return _FIELDS.get(first, first) + dot + rest


def stored_field(field: str) -> str:
    """Return where a field that a selector names is stored: ``regarding.kind`` is ``involvedObject.kind``."""
    first, dot, rest = field.partition(".")
    return next((key for key, name in _FIELDS.items() if name == first), first) + dot + rest


def _head(obj: Object) -> Object:
    return {key: obj[key] for key in _HEAD if key in obj}
