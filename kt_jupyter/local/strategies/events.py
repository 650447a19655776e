"""Events, of which two versions ask different things.

Source: ``pkg/apis/core/validation/events.go`` (1.34).
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.fields import Problem, invalid, required
from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.base import Strategy

_EVENTS_V1: Final = "events.k8s.io/v1"
_KEPT: Final = (
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
)
_SHOWN: Final = {"reportingComponent": "reportingController"}


class Events(Strategy):
    """The rules of events: about something in their own namespace."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        obj = change.obj
        for key in ("involvedObject", "source"):
            obj.setdefault(key, {})
        for key in ("firstTimestamp", "lastTimestamp", "eventTime"):
            obj.setdefault(key, None)
        for key in ("reportingComponent", "reportingInstance"):
            obj.setdefault(key, "")

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the event itself."""
        found = _place(change.obj)
        if change.obj.get("eventTime"):
            found += _reported(change.obj, change.call.api_version)
        if change.old is None and change.call.api_version == _EVENTS_V1:
            found += _modern(change.obj)
        return found

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what the newer version keeps: all that an event says."""
        if change.call.api_version != _EVENTS_V1:
            return []
        return [
            problem
            for key in _KEPT
            for problem in values.unchanged(_SHOWN.get(key, key), change.obj.get(key), old.get(key))
        ]


def _place(obj: Object) -> list[Problem]:
    about = dig(obj, "involvedObject", "namespace") or ""
    namespace = obj["metadata"].get("namespace")
    free = ("default", "kube-system") if obj.get("eventTime") else ("default",)
    if about == namespace or (not about and namespace in free) or (about and obj.get("eventTime")):
        return []
    return [invalid("involvedObject.namespace", about, "does not match event.namespace")]


def _reported(obj: Object, api_version: str) -> list[Problem]:
    """Return what an event lacks that names its moment: who reports it, and what was done."""
    controller = "reportingController" if api_version == _EVENTS_V1 else "reportingComponent"
    name = obj.get("reportingComponent") or ""
    found = [] if name else [required(controller)]
    found += [invalid(controller, name, why) for why in names.qualified(name)]
    return found + [required(key) for key in ("reportingInstance", "action", "reason") if not obj.get(key)]


def _modern(obj: Object) -> list[Problem]:
    """Return what the newer version asks of new events: its own fields, and none of the older one's."""
    found = [] if obj.get("eventTime") else [required("eventTime")]
    if obj.get("type") not in ("Normal", "Warning"):
        found.append(invalid("type", "", f"has invalid value: {obj.get('type', '')}"))
    older = ("firstTimestamp", "lastTimestamp", "count", "source")
    return found + [invalid(key, "", "needs to be unset") for key in older if obj.get(key)]
