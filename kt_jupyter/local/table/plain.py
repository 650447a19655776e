"""The small kinds as ``kubectl get`` shows them.

Source: ``pkg/printers/internalversion/printers.go`` (1.34).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, name_of
from kt_jupyter.local.table.column import since

Cells = tuple[Callable[[Object], Any], ...]


def _count(*keys: str) -> Callable[[Object], int]:
    return lambda obj: sum(len(obj.get(key) or ()) for key in keys)


def _phase(namespace: Object) -> str:
    return str(dig(namespace, "status", "phase") or "")


def _amounts(*, limits: bool) -> Callable[[Object], str]:
    """Write a quota's ``used/hard``, either of limits or of everything else."""

    def cell(quota: Object) -> str:
        hard, used = dig(quota, "status", "hard") or {}, dig(quota, "status", "used") or {}
        keys = sorted(key for key in hard if key.startswith("limits") is limits)
        return ", ".join(f"{key}: {used.get(key, '0')}/{hard[key]}" for key in keys)

    return cell


def _target(event: Object) -> str:
    involved = event["involvedObject"]
    kind = str(involved.get("kind") or "").lower()
    return f"{kind}/{involved['name']}" if involved.get("name") else kind


def _source(event: Object) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent") or ""
    host = source.get("host") or ("" if source.get("component") else event.get("reportingInstance"))
    return f"{component}, {host}" if host else str(component)


def _last_seen(event: Object) -> str:
    series = event.get("series") or {}
    return since(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime"))


EVENT: Final[Cells] = (
    _last_seen,
    lambda event: event.get("type") or "",
    lambda event: event.get("reason") or "",
    _target,
    lambda event: event["involvedObject"].get("fieldPath") or "",
    _source,
    lambda event: str(event.get("message") or "").strip(),
    lambda event: since(event.get("firstTimestamp") or event.get("eventTime")),
    lambda event: (event.get("series") or {}).get("count") or event.get("count") or 1,
    name_of,
)
CONFIG_MAP: Final[Cells] = (_count("data", "binaryData"),)
SECRET: Final[Cells] = (lambda secret: secret.get("type") or "Opaque", _count("data"))
SERVICE_ACCOUNT: Final[Cells] = (_count("secrets"),)
NAMESPACE: Final[Cells] = (_phase,)
QUOTA: Final[Cells] = (_amounts(limits=False), _amounts(limits=True))
CREATED: Final[Cells] = (lambda obj: obj["metadata"]["creationTimestamp"],)
