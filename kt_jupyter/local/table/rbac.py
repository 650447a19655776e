"""Role bindings as ``kubectl get`` shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kt_jupyter.local.objects import Object


def _role(binding: Object) -> str:
    return f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"


def _subjects(kind: str) -> Callable[[Object], str]:
    def cell(binding: Object) -> str:
        found = (subject for subject in binding.get("subjects") or () if subject["kind"] == kind)
        return ", ".join(_name(subject) for subject in found)

    return cell


def _name(subject: Object) -> str:
    if subject["kind"] != "ServiceAccount":
        return str(subject["name"])
    return f"{subject.get('namespace', '')}/{subject['name']}"


BINDING: Final[tuple[Callable[[Object], Any], ...]] = (
    _role,
    _subjects("User"),
    _subjects("Group"),
    _subjects("ServiceAccount"),
)
