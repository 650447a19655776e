"""Jobs: defaults, the selector that the server writes, what they must say and what may change.

Source: ``pkg/apis/batch/v1/defaults.go``, ``pkg/registry/batch/job/strategy.go``, ``pkg/apis/batch/validation`` (1.34).
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local.fields import Problem, invalid, required
from kt_jupyter.local.objects import Object, dig, name_of
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names, pod_defaults, pod_spec, pods, values
from kt_jupyter.local.strategies.base import Strategy

_UID: Final = ("batch.kubernetes.io/controller-uid", "controller-uid")
_NAME: Final = ("batch.kubernetes.io/job-name", "job-name")
_NUMBERS: Final = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")


class Jobs(Strategy):
    """The rules of jobs."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        obj = change.obj
        spec = obj.setdefault("spec", {})
        if spec.get("completions") is None and spec.get("parallelism") is None:
            spec["completions"] = spec["parallelism"] = 1
        if spec.get("parallelism") is None:
            spec["parallelism"] = 1
        for key, value in (("backoffLimit", 6), ("completionMode", "NonIndexed"), ("suspend", False)):
            if spec.get(key) is None:
                spec[key] = value
        spec.setdefault("manualSelector", False)
        spec.setdefault("podReplacementPolicy", "TerminatingOrFailed")
        template = spec.setdefault("template", {})
        pod_defaults.fill(template.setdefault("spec", {}))

    def prepare(self, change: Change) -> None:
        """Write the selector by which a new job finds its pods; its status is its controller's."""
        obj = change.obj
        if change.old is None:
            obj["status"] = {}
            if not obj["spec"]["manualSelector"]:
                _select(obj)

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the job itself; of a changed one the real server says most of it twice."""
        again = [] if change.old is None else _spec(change.obj)
        return _generated(change.obj) + _spec(change.obj) + again

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what may not become of the old job."""
        if change.subresource == "status":
            return _status(change.obj.get("status") or {})
        fresh, held = change.obj["spec"], old["spec"]
        if fresh.get("selector", {}).get("matchLabels"):
            fresh["selector"]["matchLabels"] = dict(sorted(fresh["selector"]["matchLabels"].items()))
        found: list[Problem] = []
        elastic = fresh["completionMode"] == "Indexed" and fresh.get("completions") == fresh.get("parallelism")
        if not elastic:
            found += values.unchanged("spec.completions", fresh.get("completions"), held.get("completions"))
        found += values.unchanged("spec.selector", fresh.get("selector"), held.get("selector"))
        if fresh["template"] != held["template"] and not (held.get("suspend") and _only_scheduling(fresh, held)):
            found.append(invalid("spec.template", {"Spec": {}}, "field is immutable"))
        found += values.unchanged("spec.completionMode", fresh["completionMode"], held["completionMode"])
        return found + values.unchanged(
            "spec.podFailurePolicy", fresh.get("podFailurePolicy"), held.get("podFailurePolicy")
        )

    def warn(self, change: Change) -> None:
        """Share the template's labels, as the server shows them; add what kubectl shows about the job's pods."""
        if change.old is None:
            if not change.obj["metadata"].get("labels"):
                change.obj["metadata"]["labels"] = dict(change.obj["spec"]["template"]["metadata"]["labels"])
            change.call.warnings.extend(pods.warnings("spec.template.spec", change.obj["spec"]["template"]["spec"]))


def _spec(obj: Object) -> list[Problem]:
    spec, field = obj["spec"], "spec"
    found: list[Problem] = []
    for key in _NUMBERS:
        found += values.at_least_zero(f"{field}.{key}", spec.get(key))
    found += values.one_of(f"{field}.completionMode", spec["completionMode"], ("NonIndexed", "Indexed"))
    indexed = spec["completionMode"] == "Indexed"
    if indexed and spec.get("completions") is None:
        why = f"when completion mode is {spec['completionMode']}"
        found.append(required(f"{field}.completions", why))
    if not indexed and spec.get("backoffLimitPerIndex") is not None:
        limit = spec["backoffLimitPerIndex"]
        found.append(invalid(f"{field}.backoffLimitPerIndex", limit, "requires indexed completion mode"))
    return found + _selector(obj) + _template(spec["template"])


def _select(job: Object) -> None:
    spec, uid = job["spec"], job["metadata"]["uid"]
    metadata = spec["template"].setdefault("metadata", {})
    own = dict.fromkeys(_UID, uid) | dict.fromkeys(_NAME, name_of(job))
    metadata["labels"] = dict(sorted({**(metadata.get("labels") or {}), **own}.items()))
    selector = spec.setdefault("selector", {})
    selector["matchLabels"] = dict(sorted({**(selector.get("matchLabels") or {}), _UID[0]: uid}.items()))


def _selector(job: Object) -> list[Problem]:
    spec = job["spec"]
    selector, labels = spec.get("selector"), dig(spec, "template", "metadata", "labels")
    if selector is None:
        return [required("spec.selector")]
    found = values.selector("spec.selector", selector)
    matched = selector.get("matchLabels") or {}
    if any((labels or {}).get(key) != value for key, value in matched.items()):
        why = "`selector` does not match template `labels`"
        found.append(invalid("spec.template.metadata.labels", labels and dict(sorted(labels.items())), why))
    return found


def _generated(job: Object) -> list[Problem]:
    """Unless its sender minds it, the selector is the server's own."""
    spec, selector = job["spec"], job["spec"].get("selector") or {}
    if spec["manualSelector"] or selector == {"matchLabels": {_UID[0]: job["metadata"]["uid"]}}:
        return []
    shown = {**selector, "matchLabels": dict(sorted((selector.get("matchLabels") or {}).items()))}
    return [invalid("spec.selector", shown, "`selector` not auto-generated")]


def _template(template: Object) -> list[Problem]:
    spec, field = template["spec"], "spec.template.spec"
    found = names.labels("spec.template.labels", dig(template, "metadata", "labels"))
    found += pod_spec.problems(spec, field)
    if spec["restartPolicy"] in ("Always", ""):
        found.append(required(f"{field}.restartPolicy", 'valid values: "OnFailure", "Never"'))
    return found


def _status(state: Object) -> list[Problem]:
    found: list[Problem] = []
    for key in ("active", "succeeded", "failed", "ready", "terminating"):
        found += values.at_least_zero(f"status.{key}", state.get(key))
    ready: Any = state.get("ready")
    if ready is not None and ready > (state.get("active") or 0):
        found.append(invalid("status.ready", ready, "cannot set more ready pods than active"))
    return found


def _only_scheduling(fresh: Object, held: Object) -> bool:
    """Whether templates differ only in where pods may run, which may still be said while a job is suspended."""
    free = ("nodeSelector", "affinity", "tolerations", "schedulingGates")

    def rest(spec: Object) -> Object:
        return {key: value for key, value in spec["template"]["spec"].items() if key not in free}

    return rest(fresh) == rest(held)
