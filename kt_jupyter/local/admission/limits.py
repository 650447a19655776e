"""Limit ranges: what containers get by default, and what claims, containers and pods may ask for.

Source: ``plugin/pkg/admission/limitranger/admission.go`` (1.34).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies.values import amount

_ANNOTATION: Final = "kubernetes.io/limit-ranger"
Amounts = dict[str, str]


def admit(change: Change) -> None:
    """Give a new pod's containers what limit ranges say they get."""
    if change.resource.key != "pods" or change.old is not None:
        return
    for limit_range in _ranges(change):
        _fill(change.obj, limit_range)


def check(change: Change) -> None:
    """Refuse (403) what is outside a limit range."""
    if change.resource.key not in ("pods", "persistentvolumeclaims") or change.subresource:
        return
    if change.resource.key == "pods" and change.old is not None:
        return
    for limit_range in _ranges(change):
        found = list(_breaches(change.resource.key, change.obj, limit_range))
        if found:
            why = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
            raise status.forbidden(change.resource, name_of(change.obj), why)


def _ranges(change: Change) -> list[Object]:
    return change.registry.list("limitranges", namespace_of(change.obj))


def _items(limit_range: Object, kind: str) -> Iterator[Object]:
    return (item for item in dig(limit_range, "spec", "limits") or () if item.get("type") == kind)


def _fill(pod: Object, limit_range: Object) -> None:
    limits: Amounts = {}
    requests: Amounts = {}
    for item in _items(limit_range, "Container"):
        limits |= item.get("default") or {}
        requests |= item.get("defaultRequest") or {}
    told = []
    for key, kind in (("containers", "container"), ("initContainers", "init container")):
        for container in pod["spec"].get(key) or ():
            for field, defaults, word in (("requests", requests, "request"), ("limits", limits, "limit")):
                fresh = _missing(container["resources"], field, defaults)
                if fresh:
                    told.append(f"{', '.join(fresh)} {word} for {kind} {container['name']}")
    if told:
        pod["metadata"].setdefault("annotations", {})[_ANNOTATION] = f"LimitRanger plugin set: {'; '.join(told)}"


def _missing(resources: Object, field: str, defaults: Amounts) -> list[str]:
    """Set what is not said; return what was set."""
    fresh = sorted(name for name in defaults if name not in (resources.get(field) or {}))
    for name in fresh:
        resources.setdefault(field, {})[name] = defaults[name]
    return fresh


def _breaches(key: str, obj: Object, limit_range: Object) -> Iterator[str]:
    if key == "persistentvolumeclaims":
        requests = dig(obj, "spec", "resources", "requests") or {}
        for item in _items(limit_range, "PersistentVolumeClaim"):
            yield from _bounds(item, requests, requests, "request")
        return
    containers = [*(obj["spec"].get("initContainers") or ()), *(obj["spec"].get("containers") or ())]
    for item in _items(limit_range, "Container"):
        for container in containers:
            resources = container["resources"]
            yield from _bounds(item, resources.get("requests") or {}, resources.get("limits") or {}, "limit")
    for item in _items(limit_range, "Pod"):
        main = obj["spec"].get("containers") or []
        yield from _bounds(item, _sum(main, "requests"), _sum(main, "limits"), "limit")


def _bounds(item: Object, requests: Amounts, limits: Amounts, upper: str) -> Iterator[str]:
    kind = item["type"]
    for name, least in sorted((item.get("min") or {}).items()):
        has = requests.get(name)
        if has is None or amount(has).value < amount(least).value:
            yield _outside(f"minimum {name} usage per {kind} is {least}", "request", has)
    for name, most in sorted((item.get("max") or {}).items()):
        has = limits.get(name)
        if has is None or amount(has).value > amount(most).value:
            yield _outside(f"maximum {name} usage per {kind} is {most}", upper, has)
    for name, ratio in sorted((item.get("maxLimitRequestRatio") or {}).items()):
        asked, allowed = amount(requests.get(name)).value, amount(limits.get(name)).value
        if asked and allowed and allowed / asked > amount(ratio).value:
            shown = f"{float(allowed / asked):f}"
            yield f"{name} max limit to request ratio per {kind} is {ratio}, but provided ratio is {shown}"


def _outside(bound: str, what: str, has: str | None) -> str:
    return f"{bound}.  No {what} is specified" if has is None else f"{bound}, but {what} is {has}"


def _sum(containers: list[Object], field: str) -> Amounts:
    totals: Amounts = {}
    for container in containers:
        for name, value in (container["resources"].get(field) or {}).items():
            totals[name] = str(amount(totals[name]) + amount(value)) if name in totals else value
    return totals
