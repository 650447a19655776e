"""Nodes as ``kubectl get`` shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.table.column import NONE, UNKNOWN

_ROLE: Final = "node-role.kubernetes.io/"


def _status(node: Object) -> str:
    ready = [one["status"] for one in dig(node, "status", "conditions") or () if one["type"] == "Ready"]
    words = [{"True": "Ready"}.get(one, "NotReady") for one in ready] or ["Unknown"]
    return ",".join([*words, *(["SchedulingDisabled"] if dig(node, "spec", "unschedulable") else [])])


def _roles(node: Object) -> str:
    labels = node["metadata"].get("labels") or {}
    return ",".join(sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE))) or NONE


def _address(kind: str) -> Callable[[Object], str]:
    def cell(node: Object) -> str:
        found = [one["address"] for one in dig(node, "status", "addresses") or () if one["type"] == kind]
        return found[0] if found else NONE

    return cell


def _info(key: str, default: str = UNKNOWN) -> Callable[[Object], str]:
    return lambda node: str(dig(node, "status", "nodeInfo", key) or default)


NODE: Final[tuple[Callable[[Object], Any], ...]] = (
    _status,
    _roles,
    _info("kubeletVersion", ""),
    _address("InternalIP"),
    _address("ExternalIP"),
    _info("osImage"),
    _info("kernelVersion"),
    _info("containerRuntimeVersion"),
)
