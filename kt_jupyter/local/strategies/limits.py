"""ResourceQuotas and LimitRanges as objects. Source: ``pkg/apis/core/validation/validation.go`` (1.34)."""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.fields import Problem, duplicate, forbidden, invalid, required
from kt_jupyter.local.objects import Object
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.base import Strategy

_TYPES: Final = ("Pod", "Container", "PersistentVolumeClaim")
_SCOPES: Final = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass")
_OPPOSITES: Final = (("Terminating", "NotTerminating"), ("BestEffort", "NotBestEffort"))
_COUNTS: Final = frozenset(
    (
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    )
)  # fmt: skip
_STANDARD: Final = frozenset(
    (
        *_COUNTS, "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    )
)  # fmt: skip
_POD_RESOURCES: Final = _STANDARD - _COUNTS - {"requests.storage"} | {"pods"}


class Quotas(Strategy):
    """The rules of resource quotas."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        change.obj.setdefault("spec", {})

    def prepare(self, change: Change) -> None:
        """What is used is the server's to say."""
        if change.old is None:
            change.obj["status"] = {}

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the quota itself."""
        spec, found = change.obj["spec"], []
        for key, text in sorted((spec.get("hard") or {}).items()):
            found += _hard(f"spec.hard[{key}]", key, text)
        return found + _scopes("spec.scopes", spec.get("scopes") or [], spec.get("hard") or {})

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what may not become of the old quota."""
        fresh, held = change.obj["spec"].get("scopes"), old["spec"].get("scopes")
        return [] if change.subresource else values.unchanged("spec.scopes", fresh, held)


def _hard(field: str, key: str, text: str) -> list[Problem]:
    found, value = names.wrong(field, key, names.qualified), values.amount(text).value
    if "/" not in key and key not in _STANDARD:
        found.append(invalid(field, key, "must be a standard resource type or fully qualified"))
        found.append(invalid(field, key, "must be a standard resource for quota"))
    if value < 0:
        found.append(invalid(field, text, "must be greater than or equal to 0"))
    if (key in _COUNTS or key.startswith("count/")) and value.denominator != 1:
        found.append(invalid(field, text, "must be an integer"))
    return found


def _scopes(field: str, scopes: list[str], hard: dict[str, str]) -> list[Problem]:
    found = []
    for scope in scopes:
        if scope not in _SCOPES:
            found.append(invalid(field, scopes, "unsupported scope"))
        found += [
            invalid(field, scopes, "unsupported scope applied to resource")
            for key in sorted(hard)
            if scope in _SCOPES and key not in _POD_RESOURCES
        ]
    if any(one in scopes and other in scopes for one, other in _OPPOSITES):
        found.append(invalid(field, scopes, "conflicting scopes"))
    return found


class LimitRanges(Strategy):
    """The rules of limit ranges."""

    def default(self, change: Change) -> None:
        """Let each bound imply the defaults that are not given."""
        spec = change.obj.setdefault("spec", {})
        spec["limits"] = spec.get("limits") or None
        for item in spec["limits"] or ():
            if item.get("type") == "Container":
                _imply(item, "default", "max")
                _imply(item, "defaultRequest", "default")
                _imply(item, "defaultRequest", "min")

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the limit range itself."""
        found: list[Problem] = []
        seen: set[str] = set()
        for place, item in enumerate(change.obj["spec"]["limits"] or ()):
            here, kind = f"spec.limits[{place}]", item.get("type") or ""
            found += _kind(f"{here}.type", kind)
            if kind in seen:
                found.append(duplicate(f"{here}.type", kind))
            seen.add(kind)
            found += _item(here, kind, item)
        return found


def _imply(item: Object, wanted: str, source: str) -> None:
    for name, value in (item.get(source) or {}).items():
        item.setdefault(wanted, {}).setdefault(name, value)


def _kind(field: str, kind: str) -> list[Problem]:
    found = names.wrong(field, kind, names.qualified)
    if kind and "/" not in kind and kind not in _TYPES:
        found.append(invalid(field, kind, "must be a standard limit type or fully qualified"))
    return found


def _item(field: str, kind: str, item: Object) -> list[Problem]:
    found = []
    if kind == "Pod":
        given = [key for key in ("default", "defaultRequest") if item.get(key)]
        found += [forbidden(f"{field}.{key}", "may not be specified when `type` is 'Pod'") for key in given]
    if kind == "PersistentVolumeClaim" and not any("storage" in (item.get(key) or {}) for key in ("min", "max")):
        why = "either minimum or maximum storage value is required, but neither was provided"
        found.append(required(f"{field}.limits", why))
    every = {name for key in ("max", "min", "default", "defaultRequest") for name in item.get(key) or {}}
    for name in sorted(every):
        found += _order(field, name, item)
    return found


def _order(field: str, name: str, item: Object) -> list[Problem]:
    """A smaller bound may not be above a larger one."""
    least, most = (item.get("min") or {}).get(name), (item.get("max") or {}).get(name)
    request, limit = (item.get("defaultRequest") or {}).get(name), (item.get("default") or {}).get(name)
    pairs = (
        ("min", least, least, "min", most, "max"),
        ("defaultRequest", request, least, "min", request, "default request"),
        ("defaultRequest", request, request, "default request", most, "max"),
        ("defaultRequest", request, request, "default request", limit, "default"),
        ("default", least, least, "min", limit, "default"),
        ("default", most, limit, "default", most, "max"),
    )
    return [
        invalid(f"{field}.{key}[{name}]", shown, f"{word} value {low} is greater than {other} value {high}")
        for key, shown, low, word, high, other in pairs
        if low is not None and high is not None and values.amount(low) > values.amount(high)
    ]
