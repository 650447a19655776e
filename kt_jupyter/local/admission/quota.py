"""Resource quotas: what a namespace uses, and what would be too much.

Source: ``k8s.io/apiserver/pkg/admission/plugin/resourcequota`` and ``pkg/quota/v1/evaluator/core`` (1.34).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.resources import RESOURCES
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies.pods import quality
from kt_jupyter.local.strategies.values import amount
from kt_jupyter.specs.quantity import Quantity, parse

Usage = dict[str, Quantity]
_CLASS_SUFFIX: Final = ".storageclass.storage.k8s.io/"
_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
_PLAIN: Final = frozenset(
    ("configmaps", "persistentvolumeclaims", "resourcequotas", "secrets", "services", "replicationcontrollers")
)
_ONE: Final = parse("1")
_NOTHING: Final = parse("0")
COUNTED: Final = tuple(one.key for one in RESOURCES if one.namespaced and not one.virtual and one.plural != "events")


def check(change: Change) -> None:
    """Refuse (403) what does not fit into a quota of its namespace."""
    namespace = namespace_of(change.obj)
    if namespace is None or change.subresource or change.resource.key not in COUNTED:
        return
    if change.old is not None and change.resource.key != "persistentvolumeclaims":
        return  # of what may change, only a claim's size counts
    for quota in change.registry.list("resourcequotas", namespace):
        _fits(change, quota)


def usage(registry: Registry, quota: Object) -> dict[str, str]:
    """Return what is used of all that a quota limits."""
    hard = dig(quota, "spec", "hard") or {}
    used: Usage = dict.fromkeys(hard, _NOTHING)
    namespace = namespace_of(quota)
    for key in COUNTED:
        for obj in registry.list(key, namespace):
            if _in_scope(quota, key, obj):
                _add(used, _of(key, obj))
    return {name: str(value) for name, value in used.items()}


def _fits(change: Change, quota: Object) -> None:
    hard, key, obj = dig(quota, "spec", "hard") or {}, change.resource.key, change.obj
    if not hard or not _in_scope(quota, key, obj):
        return
    if key == "pods":
        missing = _unsaid(obj, hard)
        if missing:
            why = f"failed quota: {name_of(quota)}: must specify {'; '.join(missing)}"
            raise status.forbidden(change.resource, name_of(obj), why)
    wanted = _of(key, obj)
    if change.old is not None:
        held = _of(key, change.old)
        wanted = {name: value - held.get(name, _NOTHING) for name, value in wanted.items()}
    used = usage(change.registry, quota)
    over = sorted(
        name
        for name, value in wanted.items()
        if name in hard and value.value > 0 and amount(used[name]) + value > amount(hard[name])
    )
    if over:
        requested = {name: str(wanted[name]) for name in over}
        told = (
            f"exceeded quota: {name_of(quota)}, requested: {_listed(over, requested)}, "
            f"used: {_listed(over, used)}, limited: {_listed(over, hard)}"
        )
        raise status.forbidden(change.resource, name_of(obj), told)


def _listed(names: Iterable[str], amounts: dict[str, str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in names)


def _add(used: Usage, more: Usage) -> None:
    for name, value in more.items():
        if name in used:
            used[name] = used[name] + value if used[name].value else value


def _of(key: str, obj: Object) -> Usage:
    """Return what one object uses."""
    found: Usage = {f"count/{key}": _ONE}
    if key in _PLAIN:
        found[key] = _ONE
    if key == "persistentvolumeclaims":
        found |= _of_claim(obj)
    elif key == "pods" and dig(obj, "status", "phase") not in ("Succeeded", "Failed"):
        found |= _of_pod(obj["spec"])
    return found


def _of_claim(claim: Object) -> Usage:
    size = amount(dig(claim, "spec", "resources", "requests", "storage"))
    found = {"requests.storage": size}
    storage_class = dig(claim, "spec", "storageClassName")
    if storage_class:
        found[f"{storage_class}{_CLASS_SUFFIX}requests.storage"] = size
        found[f"{storage_class}{_CLASS_SUFFIX}persistentvolumeclaims"] = _ONE
    return found


def _of_pod(spec: Object) -> Usage:
    found: Usage = {"pods": _ONE}
    for field in ("requests", "limits"):
        for name, value in _totals(spec, field).items():
            found[f"{field}.{name}"] = value
            if field == "requests" and name in _COMPUTE:
                found[name] = value
    return found


def _totals(spec: Object, field: str) -> Usage:
    """Init containers run one after the other, before the others: only the largest of them counts."""
    totals: Usage = {}
    for container in spec.get("containers") or ():
        for name, text in (container["resources"].get(field) or {}).items():
            totals[name] = totals[name] + amount(text) if name in totals else amount(text)
    for container in spec.get("initContainers") or ():
        for name, text in (container["resources"].get(field) or {}).items():
            totals[name] = max(totals.get(name, _NOTHING), amount(text))
    return totals


def _unsaid(pod: Object, hard: dict[str, str]) -> list[str]:
    """Return what a pod must say because a quota counts it."""
    spec, found = pod["spec"], []
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    for key in sorted(hard):
        field, _, name = key.rpartition(".")
        field = field or "requests"
        if name not in _COMPUTE or field not in ("requests", "limits"):
            continue
        silent = [one["name"] for one in containers if name not in (one["resources"].get(field) or {})]
        if silent:
            found.append(f"{key} for: {','.join(sorted(silent))}")
    return found


def _in_scope(quota: Object, key: str, obj: Object) -> bool:
    scopes = dig(quota, "spec", "scopes") or []
    if not scopes:
        return True
    if key != "pods":
        return False
    best_effort = quality(obj["spec"]) == "BestEffort"
    ends = obj["spec"].get("activeDeadlineSeconds") is not None
    holds = {
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "Terminating": ends,
        "NotTerminating": not ends,
    }
    return all(holds.get(scope, False) for scope in scopes)
