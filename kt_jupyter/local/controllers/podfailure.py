"""A Job's ``podFailurePolicy``: which failures count, and which end the job at once. Pure.

Source: ``pkg/controller/job/pod_failure_policy.go`` (1.34). ``FailIndex`` counts as a failure: there is no limit per
index here.
"""

from __future__ import annotations

from typing import Any

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of


def is_counted(job: Object, pod: Object) -> bool:
    """Whether the failure of a pod counts against the job's backoffLimit."""
    rule = _matching(job, pod)
    return rule is None or rule[1]["action"] != "Ignore"


def job_failure(job: Object, pod: Object) -> str | None:
    """Return the message with which a failed pod ends its job, None when it doesn't."""
    matching = _matching(job, pod)
    if matching is None or matching[1]["action"] != "FailJob":
        return None
    index, _, found = matching
    name = f"{namespace_of(pod)}/{name_of(pod)}"
    if "type" in found:
        return f"Pod {name} has condition {found['type']} matching FailJob rule at index {index}"
    code = dig(found, "state", "terminated", "exitCode")
    return (
        f"Container {found['name']} for pod {name} failed with exit code {code} matching FailJob rule at index {index}"
    )


def _matching(job: Object, pod: Object) -> tuple[int, Object, Object] | None:
    """Return the first rule that applies: its index, itself, and what it applies to."""
    for index, rule in enumerate(dig(job, "spec", "podFailurePolicy", "rules") or []):
        found = _by_exit_code(rule["onExitCodes"], pod) if rule.get("onExitCodes") else _by_condition(rule, pod)
        if found is not None:
            return index, rule, found
    return None


def _by_exit_code(requirement: dict[str, Any], pod: Object) -> Object | None:
    containers = [
        *(dig(pod, "status", "containerStatuses") or []),
        *(dig(pod, "status", "initContainerStatuses") or []),
    ]
    for container in containers:
        code = dig(container, "state", "terminated", "exitCode")
        if not code or requirement.get("containerName") not in (None, container["name"]):
            continue
        if (code in requirement["values"]) == (requirement["operator"] == "In"):
            return dict(container)
    return None


def _by_condition(rule: Object, pod: Object) -> Object | None:
    wanted = {(one["type"], one.get("status") or "True") for one in rule.get("onPodConditions") or []}
    present = dig(pod, "status", "conditions") or []
    return next((one for one in present if (one["type"], one["status"]) in wanted), None)
