"""Pods: what the server adds to them, and the little that may still change.

Source: ``pkg/registry/core/pod/strategy.go``, ``ValidatePodUpdate`` in ``pkg/apis/core/validation/validation.go``, the
admission plugins ``defaulttolerationseconds`` and ``priority`` (1.34).
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.admission import accounts
from kt_jupyter.local.fields import Problem, forbidden, invalid
from kt_jupyter.local.objects import Object, clone, name_of
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import pod_defaults, pod_spec
from kt_jupyter.local.strategies.base import Strategy

_SECONDS: Final = 300
_TAINTS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_PRIORITIES: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_MAY_CHANGE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


class Pods(Strategy):
    """The rules of pods."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        spec = change.obj.setdefault("spec", {})
        pod_defaults.fill(spec)
        pod_defaults.request_limits(spec)
        spec.setdefault("enableServiceLinks", True)

    def admit(self, change: Change) -> None:
        """Give a new pod its account, its priority and the patience with its node."""
        _tolerate(change.obj["spec"])
        if change.old is None:
            accounts.admit(change)
            _prioritize(change)

    def prepare(self, change: Change) -> None:
        """A pod begins Pending; how it is served under pressure follows from its resources."""
        obj, old = change.obj, change.old
        if old is None:
            obj["status"] = {"phase": "Pending", "qosClass": quality(obj["spec"])}
            if obj["spec"].get("schedulingGates"):
                message = "Scheduling is blocked due to non-empty scheduling gates"
                gated = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": message}
                obj["status"]["conditions"] = [{"lastProbeTime": None, "lastTransitionTime": None, **gated}]
        elif change.subresource == "ephemeralcontainers":
            added = obj["spec"].get("ephemeralContainers")
            obj["spec"] = {**clone(old["spec"]), **({"ephemeralContainers": added} if added else {})}

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the pod itself."""
        found = pod_spec.problems(change.obj["spec"], "spec")
        if change.old is None and change.obj["spec"].get("ephemeralContainers"):
            found.append(forbidden("spec.ephemeralContainers", "cannot be set on create"))
        return found

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what may not become of the old pod."""
        if change.subresource in ("status", "ephemeralcontainers"):
            return []
        fresh, held = change.obj["spec"], old["spec"]
        for key in ("containers", "initContainers"):
            if len(fresh.get(key) or ()) != len(held.get(key) or ()):
                return [forbidden(f"spec.{key}", "pod updates may not add or remove containers")]
        found = _deadline(fresh.get("activeDeadlineSeconds"), held.get("activeDeadlineSeconds"))
        found += _tolerations(fresh.get("tolerations") or [], held.get("tolerations") or [])
        if _settled(fresh) != _settled(held):
            found.append(forbidden("spec", f"{_MAY_CHANGE}\n@@ the difference @@\n"))
        return found

    def warn(self, change: Change) -> None:
        """Add what kubectl shows about pods that work, but not as meant."""
        if change.old is None:
            change.call.warnings.extend(warnings("spec", change.obj["spec"]))


def warnings(field: str, spec: Object) -> list[str]:
    """Return the warnings about a pod's spec."""
    found = [
        f'{field}.imagePullSecrets[{place}].name: invalid empty name ""'
        for place, secret in enumerate(spec.get("imagePullSecrets") or ())
        if not secret.get("name")
    ]
    for key in ("initContainers", "containers"):
        for place, container in enumerate(spec.get(key) or ()):
            seen: set[str] = set()
            for number, variable in enumerate(container.get("env") or ()):
                name = variable.get("name") or ""
                if name in seen:
                    hides = f'hides previous definition of "{name}", which may be dropped when using apply'
                    found.append(f"{field}.{key}[{place}].env[{number}]: {hides}")
                seen.add(name)
    return found


def quality(spec: Object) -> str:
    """Return a pod's quality-of-service class, from the cpu and memory that it asks for."""
    every = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    asked = [
        (container["resources"].get("requests") or {}, container["resources"].get("limits") or {})
        for container in every
    ]
    counted = ("cpu", "memory")
    if not any(name in amounts for pair in asked for amounts in pair for name in counted):
        return "BestEffort"
    equal = all(
        name in limits and requests.get(name, limits[name]) == limits[name]
        for requests, limits in asked
        for name in counted
    )
    return "Guaranteed" if equal else "Burstable"


def _prioritize(change: Change) -> None:
    spec = change.obj["spec"]
    name = spec.get("priorityClassName")
    if name and name not in _PRIORITIES:
        why = f"no PriorityClass with name {name} was found"
        raise status.forbidden(change.resource, name_of(change.obj), why)
    spec["priority"] = _PRIORITIES.get(name or "", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _tolerate(spec: Object) -> None:
    given = spec.get("tolerations") or []
    for key in _TAINTS:
        covered = any(
            toleration.get("key") in (key, None, "") and toleration.get("effect") in ("NoExecute", None, "")
            for toleration in given
        )
        if not covered:
            patience = {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _SECONDS}
            spec.setdefault("tolerations", []).append(patience)


def _deadline(fresh: int | None, held: int | None) -> list[Problem]:
    field = "spec.activeDeadlineSeconds"
    if held is None or fresh == held:
        return []
    if fresh is None:
        return [invalid(field, None, "must not update from a positive integer to nil value")]
    return [invalid(field, fresh, "must be less than or equal to previous value")] if fresh > held else []


def _tolerations(fresh: list[Any], held: list[Any]) -> list[Problem]:
    if all(toleration in fresh for toleration in held):
        return []
    return [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")]


def _settled(spec: Object) -> Object:
    """Return what may not change, without what may, and without what is empty."""
    kept = {key: value for key, value in spec.items() if key not in ("activeDeadlineSeconds", "tolerations") and value}
    for key in ("containers", "initContainers"):
        if kept.get(key):
            kept[key] = [{**container, "image": ""} for container in kept[key]]
    return kept
