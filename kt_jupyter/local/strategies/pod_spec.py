"""What a pod's spec must say, in the real server's order and words; the same for the templates of jobs.

Source: ``ValidatePodSpec`` and what it calls in ``pkg/apis/core/validation/validation.go`` (1.34). Fields that nothing
here runs (devices, probes in detail, affinity beyond nodes) are taken as they come.
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.fields import Problem, invalid, not_supported, required
from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.containers import containers
from kt_jupyter.local.strategies.pod_volumes import volumes

_LARGEST: Final = 2**31 - 1
_RESTARTS: Final = ("Always", "OnFailure", "Never")
_DNS: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_ALL_KEYS: Final = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_IDS: Final = ("fsGroup", "runAsUser", "runAsGroup")


def problems(spec: Object, field: str) -> list[Problem]:
    """Return what is wrong with a pod's spec."""
    found, sources = volumes(f"{field}.volumes", spec.get("volumes") or [])
    found += containers(field, spec, sources)
    found += values.one_of(f"{field}.restartPolicy", spec["restartPolicy"], _RESTARTS)
    found += _dns(field, spec)
    found += names.labels(f"{field}.nodeSelector", spec.get("nodeSelector"))
    found += _security(f"{field}.securityContext", spec["securityContext"])
    found += _affinity(f"{field}.affinity.nodeAffinity", dig(spec, "affinity", "nodeAffinity") or {})
    if spec.get("serviceAccountName"):
        found += names.wrong(f"{field}.serviceAccountName", spec["serviceAccountName"], names.subdomain)
    if spec.get("nodeName"):
        found += names.wrong(f"{field}.nodeName", spec["nodeName"], names.subdomain)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _LARGEST:
        why = f"must be between 1 and {_LARGEST}, inclusive"
        found.append(invalid(f"{field}.activeDeadlineSeconds", deadline, why))
    for key in ("hostname", "subdomain"):
        if spec.get(key):
            found += names.wrong(f"{field}.{key}", spec[key], names.label)
    return found + tolerations(f"{field}.tolerations", spec.get("tolerations") or [])


def tolerations(field: str, given: list[Object]) -> list[Problem]:
    """Check tolerations."""
    found = []
    for place, toleration in enumerate(given):
        here, operator = f"{field}[{place}]", toleration.get("operator") or ""
        if toleration.get("key"):
            found += names.wrong(f"{here}.key", toleration["key"], names.qualified)
        elif operator != "Exists":
            found.append(invalid(f"{here}.operator", operator, _ALL_KEYS))
        if operator in ("", "Equal"):
            found += names.wrong(f"{here}.operator", toleration.get("value") or "", names.label_value)
        elif operator == "Exists":
            if toleration.get("value"):
                found.append(
                    invalid(f"{here}.operator", toleration["value"], "value must be empty when `operator` is 'Exists'")
                )
        else:
            found.append(not_supported(f"{here}.operator", operator, ["Equal", "Exists"]))
    return found


def _dns(field: str, spec: Object) -> list[Problem]:
    found = values.one_of(f"{field}.dnsPolicy", spec["dnsPolicy"], _DNS)
    if spec["dnsPolicy"] == "None" and not spec.get("dnsConfig"):
        found.append(required(f"{field}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None"))
    return found


def _security(field: str, context: Object) -> list[Problem]:
    found = []
    for key in _IDS:
        value = context.get(key)
        if value is not None and not 0 <= value <= _LARGEST:
            found.append(invalid(f"{field}.{key}", value, f"must be between 0 and {_LARGEST}, inclusive"))
    policy = context.get("fsGroupChangePolicy")
    if policy is not None:
        found += values.one_of(f"{field}.fsGroupChangePolicy", policy, ("Always", "OnRootMismatch"))
    return found


def _affinity(field: str, affinity: Object) -> list[Problem]:
    needed = affinity.get(_REQUIRED)
    if needed is None:
        return []
    terms, field = needed.get("nodeSelectorTerms") or [], f"{field}.{_REQUIRED}.nodeSelectorTerms"
    if not terms:
        return [required(field, "must have at least one node selector term")]
    found = []
    for place, term in enumerate(terms):
        for number, expression in enumerate(term.get("matchExpressions") or ()):
            here = f"{field}[{place}].matchExpressions[{number}]"
            found += names.wrong(f"{here}.key", expression.get("key") or "", names.qualified)
        for number, expression in enumerate(term.get("matchFields") or ()):
            here = f"{field}[{place}].matchFields[{number}]"
            if expression.get("key") != "metadata.name":
                found.append(invalid(f"{here}.key", expression.get("key") or "", "not a valid field selector key"))
    return found
