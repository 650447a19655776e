"""Field selectors: ``status.phase=Running,metadata.name!=x``, for the few fields each kind supports.

Source: ``pkg/apis/core/v1/conversion.go``, ``pkg/apis/batch/v1/conversion.go`` (1.34): which fields, and what is said
about others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter.local import status, versions
from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.resources import ResourceType

_META: Final = ("metadata.name", "metadata.namespace")
_EVENT: Final = (
    *(f"involvedObject.{field}" for field in ("kind", "namespace", "name", "uid", "apiVersion")),
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
    *_META,
)
_SUPPORTED: Final[dict[str, tuple[str, ...]]] = {
    "events": _EVENT,
    "events.events.k8s.io": tuple(versions.shown_field(field) for field in _EVENT if field != "source"),
    "jobs.batch": (*_META, "status.successful"),
    "namespaces": ("metadata.name", "status.phase"),
    "nodes": ("metadata.name", "spec.unschedulable"),
    "pods": (
        *_META,
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "secrets": (*_META, "type"),
    "services": (*_META, "spec.clusterIP", "spec.type"),
}
_TERM: Final = re.compile(r"(?P<field>[^=!]*?)(?P<operator>!=|==|=)(?P<value>(?:\\.|[^\\])*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison."""

    field: str
    value: str
    equal: bool

    def matches(self, obj: Object) -> bool:
        """Return whether an object satisfies it."""
        return (_value(obj, self.field) == self.value) == self.equal


def parse_fields(text: str, resource: ResourceType) -> list[Term]:
    """Read a field selector for a kind; raises BadRequest (400) for fields that it does not support."""
    terms = []
    for part in _split(text):
        if re.search(r"(?<!\\)(\\\\)*\\$", part):
            raise status.bad_request("invalid field selector: invalid escape sequence: \\")
        match = _TERM.fullmatch(part)
        if not match:
            raise status.bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        value = re.sub(r"\\([\\,=])", r"\1", match["value"])
        terms.append(Term(_supported(match["field"].strip(), resource), value, match["operator"] != "!="))
    return terms


def required_name(text: str) -> str:
    """Return the one name that a selector demands, "" when it leaves the name open or cannot be read."""
    found = {match["value"] for part in _split(text) if (match := _TERM.fullmatch(part)) and _names(match)}
    return found.pop() if len(found) == 1 else ""


def _names(match: re.Match[str]) -> bool:
    return match["field"].strip() == "metadata.name" and match["operator"] != "!="


def matches_fields(terms: list[Term], obj: Object) -> bool:
    """Return whether an object satisfies every term."""
    return all(term.matches(obj) for term in terms)


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"(?<!\\),", text) if part]


def _supported(field: str, resource: ResourceType) -> str:
    known = _SUPPORTED.get(resource.key)
    if known is None:
        if field in _META:
            return field
        raise status.bad_request(f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"')
    if field in known:
        return versions.stored_field(field) if resource.stored_as else field
    if resource.key == "pods" and field == "spec.host":
        return "spec.nodeName"
    if resource.key == "jobs.batch":
        raise status.bad_request(f'field label "{field}" not supported for Job')
    raise status.bad_request(f"field label not supported: {field}")


def _value(obj: Object, field: str) -> str:
    if field == "source":
        return str(dig(obj, "source", "component") or obj.get("reportingComponent") or "")
    value: Any = dig(obj, *field.split("."))
    if field == "status.successful":
        value = dig(obj, "status", "succeeded") or 0
    if field == "status.podIPs":
        value = ",".join(entry.get("ip", "") for entry in value or [])
    if field in ("spec.hostNetwork", "spec.unschedulable"):
        return "true" if value else "false"
    return "" if value is None else str(value)
