"""Events: what the server tells people about an object, counted when it repeats itself.

Source: ``k8s.io/client-go/tools/record`` (names, aggregation by everything but time). Events live for one hour, as
the real server's default ``--event-ttl`` has it; the sweep is the server's (``housekeeping.py``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of, now, now_micro

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry


_SCHEDULER: Final = "default-scheduler"


class Recorder:
    """Writes Events into a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._last: dict[tuple[str, ...], str] = {}

    def record(
        self,
        involved: Object,
        *,
        type: str,  # noqa: A002
        reason: str,
        message: str,
        component: str,
        field_path: str | None = None,
    ) -> None:
        """Write one event about an object, or count it on the last one that says the same."""
        namespace = namespace_of(involved) or "default"
        identity = (
            namespace,
            str(dig(involved, "metadata", "uid")),
            type,
            reason,
            message,
            component,
            field_path or "",
        )
        earlier = self._last.get(identity)
        if earlier and self._count(namespace, earlier):
            return
        event = _event(involved, namespace, type=type, reason=reason, message=message, component=component)
        if field_path:
            event["involvedObject"]["fieldPath"] = field_path
        self._last[identity] = name_of(event)
        self._registry.create("events", event, admission=False)

    def forget(self, namespace: str, name: str) -> None:
        """Drop the memory of an event that has been removed."""
        self._last = {key: event for key, event in self._last.items() if (key[0], event) != (namespace, name)}

    def _count(self, namespace: str, name: str) -> bool:
        def again(event: Object) -> None:
            event["count"] = int(event.get("count") or 1) + 1
            event["lastTimestamp"] = now()

        return self._registry.modify("events", namespace, name, again) is not None


def _event(involved: Object, namespace: str, *, type: str, reason: str, message: str, component: str) -> dict[str, Any]:  # noqa: A002
    moment = now()
    reference = {
        "kind": involved.get("kind"),
        "namespace": namespace_of(involved),
        "name": name_of(involved),
        "uid": dig(involved, "metadata", "uid"),
        "apiVersion": involved.get("apiVersion"),
        "resourceVersion": dig(involved, "metadata", "resourceVersion"),
    }
    if component == _SCHEDULER:  # it alone speaks through events.k8s.io, and looks so from here
        action = "Scheduling" if reason == "FailedScheduling" else "Binding"
        about: dict[str, Any] = {"source": {}, "action": action, "reportingInstance": f"{component}-kt"}
        moments: dict[str, Any] = {"firstTimestamp": None, "lastTimestamp": None, "eventTime": now_micro()}
    else:
        about = {"source": {"component": component}, "reportingInstance": ""}
        moments = {"firstTimestamp": moment, "lastTimestamp": moment, "eventTime": None, "count": 1}
    return {
        "metadata": {"name": f"{name_of(involved)}.{time.time_ns():x}", "namespace": namespace},
        "involvedObject": {key: value for key, value in reference.items() if value},
        "reason": reason,
        "message": message,
        **about,
        **moments,
        "type": type,
        "reportingComponent": component,
    }
