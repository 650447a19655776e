"""Pod Security: which pods a namespace refuses, and which it warns of.

Source: ``k8s.io/pod-security-admission/admission`` (1.34); the checks are in ``security_checks.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kt_jupyter.local import status
from kt_jupyter.local.admission.security_checks import Violation, violations
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.rules import Change

_PREFIX: Final = "pod-security.kubernetes.io/"
_RANK: Final = {"privileged": 0, "baseline": 1, "restricted": 2}


@dataclass(frozen=True, slots=True)
class _Policy:
    level: str
    version: str

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


def check(change: Change) -> None:
    """Refuse a pod (403) below its namespace's level, and warn of pods, templates and namespaces that would be."""
    if change.resource.key == "namespaces":
        _check_namespace(change)
        return
    spec = _pod_spec(change)
    namespace = change.registry.find("namespaces", None, namespace_of(change.obj) or "")
    if spec is None or namespace is None or change.subresource:
        return
    if change.resource.key == "pods":
        policy = _policy(namespace, "enforce")
        found = violations(spec, policy.level)
        if found:
            raise status.forbidden(change.resource, name_of(change.obj), f"violates PodSecurity {_told(policy, found)}")
    policy = _warned_of(namespace)
    found = violations(spec, policy.level)
    if found:
        change.call.warnings.append(f"would violate PodSecurity {_told(policy, found)}")


def _pod_spec(change: Change) -> Object | None:
    """Return what is judged: pods, and templates of pods, when they are new or another."""
    path = {"pods": ("spec",), "jobs.batch": ("spec", "template", "spec")}.get(change.resource.key)
    if path is None:
        return None
    spec: Object | None = dig(change.obj, *path)
    return None if change.old is not None and dig(change.old, *path) == spec else spec


def _policy(namespace: Object, mode: str) -> _Policy:
    labels = namespace["metadata"].get("labels") or {}
    level = labels.get(_PREFIX + mode, "privileged")
    return _Policy(level if level in _RANK else "restricted", labels.get(f"{_PREFIX}{mode}-version", "latest"))


def _warned_of(namespace: Object) -> _Policy:
    """Return the level that is warned of: where none is said, the one that is enforced."""
    labels = namespace["metadata"].get("labels") or {}
    enforced = labels.get(f"{_PREFIX}enforce")
    if f"{_PREFIX}warn" in labels or enforced not in _RANK:
        return _policy(namespace, "warn")
    version = labels.get(f"{_PREFIX}warn-version") or labels.get(f"{_PREFIX}enforce-version", "latest")
    return _Policy(enforced, version)


def _told(policy: _Policy, found: list[Violation]) -> str:
    return f'"{policy}": {", ".join(str(violation) for violation in found)}'


def _check_namespace(change: Change) -> None:
    """Warn of pods that are there already and would not be let in again."""
    if change.old is None:
        return
    policy, before = _policy(change.obj, "enforce"), _policy(change.old, "enforce")
    if policy == before or _RANK[policy.level] <= _RANK[before.level]:
        return
    name = name_of(change.obj)
    reasons: dict[str, list[str]] = {}
    for pod in change.registry.list("pods", name):
        found = violations(pod["spec"], policy.level)
        if found:
            reasons.setdefault(", ".join(violation.reason for violation in found), []).append(name_of(pod))
    if not reasons:
        return
    warnings = change.call.warnings
    warnings.append(f'existing pods in namespace "{name}" violate the new PodSecurity enforce level "{policy}"')
    for reason, pods in sorted(reasons.items(), key=lambda entry: entry[1][0]):
        others = len(pods) - 1
        more = f" (and {others} other pod{'s' if others > 1 else ''})" if others else ""
        warnings.append(f"{pods[0]}{more}: {reason}")
