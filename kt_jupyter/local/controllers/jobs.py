"""The job controller: makes, counts and deletes the pods of Jobs, and removes ended Jobs. Component job-controller.

``jobplan.plan`` decides; this carries it out. Ended jobs with ``ttlSecondsAfterFinished`` are deleted when it is over,
as ``pkg/controller/ttlafterfinished`` does.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers import indexes, jobfacts, jobplan
from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, clone, dig, name_of, namespace_of, parse_time
from kt_jupyter.local.status import ApiStatus

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

COMPONENT: Final = "job-controller"
JOBS: Final = "jobs.batch"
_FIRST_RETRY: Final = 1.0  # seconds after a pod was refused, doubled each time
_LONGEST_RETRY: Final = 60.0
_INDEX_VARIABLE: Final = "JOB_COMPLETION_INDEX"

Key = tuple[str, str]  # (namespace, name)


class Jobs:
    """Reconciles Jobs."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._refusals: dict[Key, tuple[int, float]] = {}  # pods refused in a row, and when to try again

    def loop(self) -> Loop[Key]:
        """Return the loop that runs this controller."""
        return Loop(
            COMPONENT,
            self._registry,
            (JOBS, "pods"),
            concerns=self._concerns,
            everything=self._everything,
            reconcile=self.reconcile,
        )

    def reconcile(self, key: Key) -> float | None:
        """Bring one job a step forward."""
        job = self._registry.find(JOBS, *key)
        pods = self._pods(key, job)
        if job is None or jobfacts.finished_condition(job):
            self._refusals.pop(key, None)
            for pod in pods:  # nobody counts them any more
                self._release(pod)
            return self._expire(job) if job is not None else None
        plan = jobplan.plan(job, pods, dt.datetime.now(dt.UTC))
        again = self._carry_out(key, job, plan)
        waits = [seconds for seconds in (plan.again, again) if seconds is not None]
        return min(waits) if waits else None

    def _carry_out(self, key: Key, job: Object, plan: jobplan.Plan) -> float | None:
        for event in plan.events:
            self._event(job, event.reason, event.message, warning=event.warning)
        made, again = self._create(key, job, plan.create)
        status = jobfacts.with_fewer_active(plan.status, len(plan.create) - made)
        self._registry.modify(JOBS, *key, lambda fresh: fresh.update(status=status))
        namespace = key[0]
        for name in plan.delete:
            if name in plan.release:
                self._release_named(namespace, name)
            if self._registry.find("pods", namespace, name) is not None:
                self._registry.delete("pods", namespace, name)
                self._event(job, "SuccessfulDelete", f"Deleted pod: {name}")
        for name in plan.release:
            self._release_named(namespace, name)
        return again

    def _create(self, key: Key, job: Object, wanted: list[int | None]) -> tuple[int, float | None]:
        """Make pods; return how many there are now, and after how many seconds to try again to make the others."""
        now = time.monotonic()
        _, not_before = self._refusals.get(key, (0, now))
        if wanted and now < not_before:
            return 0, not_before - now
        for made, index in enumerate(wanted):
            try:
                pod = self._registry.create("pods", pod_manifest(job, index))
            except ApiStatus as refusal:
                self._event(job, "FailedCreate", f"Error creating: {refusal.message}", warning=True)
                refusals, _ = self._refusals.get(key, (0, now))
                wait = min(_FIRST_RETRY * 2.0 ** min(refusals, 10), _LONGEST_RETRY)
                self._refusals[key] = refusals + 1, now + wait
                return made, wait
            self._refusals.pop(key, None)
            self._event(job, "SuccessfulCreate", f"Created pod: {name_of(pod)}")
        return len(wanted), None

    def _expire(self, job: Object) -> float | None:
        """Delete an ended job whose time to live is over; else return how long it still has."""
        ttl = dig(job, "spec", "ttlSecondsAfterFinished")
        ended = jobfacts.finished_condition(job)
        if ttl is None or ended is None or "deletionTimestamp" in job["metadata"]:
            return None
        end = parse_time(ended["lastTransitionTime"]) + dt.timedelta(seconds=int(ttl))
        left = (end - dt.datetime.now(dt.UTC)).total_seconds()
        if left > 0:
            return left
        uid = dig(job, "metadata", "uid")
        self._registry.delete(JOBS, namespace_of(job), name_of(job), uid=uid, propagation="Foreground")
        return None

    # Pods

    def _pods(self, key: Key, job: Object | None) -> list[Object]:
        """Return the pods of a job; of one that is gone, those that still wait to be counted."""
        uid = dig(job, "metadata", "uid")
        found = []
        for pod in self._registry.list("pods", key[0]):
            owner = _owner(pod)
            if owner is None and _orphaned_by(pod) == key[1]:
                self._release(pod)
            if owner is None or owner["name"] != key[1]:
                continue
            if owner["uid"] == uid or job is None:
                found.append(pod)
            else:
                self._release(pod)
        return found

    def _release(self, pod: Object) -> None:
        def release(fresh: Object) -> None:
            kept = [one for one in fresh["metadata"].get("finalizers") or [] if one != jobfacts.FINALIZER]
            if kept:
                fresh["metadata"]["finalizers"] = kept
            else:
                fresh["metadata"].pop("finalizers", None)

        self._registry.modify("pods", namespace_of(pod), name_of(pod), release)

    def _release_named(self, namespace: str, name: str) -> None:
        pod = self._registry.find("pods", namespace, name)
        if pod is not None:
            self._release(pod)

    # The loop

    def _everything(self) -> Iterable[Key]:
        yield from ((namespace_of(job) or "", name_of(job)) for job in self._registry.list(JOBS))
        for pod in self._registry.list("pods"):
            yield from self._of_pod(pod)

    @staticmethod
    def _concerns(event: StoreEvent) -> Iterable[Key]:
        if event.resource == JOBS:
            yield (namespace_of(event.object) or "", name_of(event.object))
        else:
            yield from Jobs._of_pod(event.object)

    @staticmethod
    def _of_pod(pod: Object) -> Iterable[Key]:
        owner = _owner(pod)
        name = owner["name"] if owner else _orphaned_by(pod)
        if name:
            yield (namespace_of(pod) or "", name)

    def _event(self, job: Object, reason: str, message: str, *, warning: bool = False) -> None:
        kind = "Warning" if warning else "Normal"
        self._registry.record_event(job, type=kind, reason=reason, message=message, component=COMPONENT)


def pod_manifest(job: Object, index: int | None) -> Object:
    """Return the pod a job makes; ``index`` is its completion index, None where the job has none. Pure."""
    template = clone(job["spec"]["template"])
    metadata = template.get("metadata") or {}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": indexes.name_prefix(name_of(job), index),
            "namespace": namespace_of(job),
            "labels": {**(metadata.get("labels") or {}), **_labels(job)},
            "finalizers": [*(metadata.get("finalizers") or []), jobfacts.FINALIZER],
            "ownerReferences": [_reference(job)],
        },
        "spec": template["spec"],
    }
    if metadata.get("annotations"):
        pod["metadata"]["annotations"] = metadata["annotations"]
    if index is not None:
        _give_index(pod, job, index)
    return pod


def _give_index(pod: Object, job: Object, index: int) -> None:
    pod["metadata"].setdefault("annotations", {})[indexes.ANNOTATION] = str(index)
    pod["metadata"]["labels"][indexes.ANNOTATION] = str(index)
    pod["spec"]["hostname"] = f"{name_of(job)}-{index}"
    variable = {
        "name": _INDEX_VARIABLE,
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{indexes.ANNOTATION}']"}},
    }
    for container in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]:
        names = [one["name"] for one in container.get("env") or []]
        if _INDEX_VARIABLE not in names:
            container["env"] = [*(container.get("env") or []), variable]


def _labels(job: Object) -> dict[str, str]:
    uid = str(dig(job, "metadata", "uid"))
    names = {"controller-uid": uid, "job-name": name_of(job)}
    return {**names, **{f"batch.kubernetes.io/{key}": value for key, value in names.items()}}


def _reference(job: Object) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": name_of(job),
        "uid": dig(job, "metadata", "uid"),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _owner(pod: Object) -> Object | None:
    """Return the reference to the Job that controls a pod."""
    references = dig(pod, "metadata", "ownerReferences") or []
    return next((one for one in references if one["kind"] == "Job" and one.get("controller")), None)


def _orphaned_by(pod: Object) -> str:
    """Return the name of the Job that made a pod and went without it, while the pod still waits to be counted."""
    waits = jobfacts.FINALIZER in (dig(pod, "metadata", "finalizers") or [])
    return str(dig(pod, "metadata", "labels", "batch.kubernetes.io/job-name") or "") if waits else ""
