"""What to do about a Job, given its pods. Pure.

The order of the questions is the real controller's (``pkg/controller/job/job_controller.go``, syncJob, 1.34): has the
job ended before, has it failed, is it suspended, how many pods should run, has it succeeded. Pods are counted in two
steps, so that a server killed in between neither loses nor repeats one: first the pod's uid is noted in
``uncountedTerminatedPods``, then its finalizer is removed, and only then does the number go up.

Not here: ``successPolicy`` and ``backoffLimitPerIndex``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from kt_jupyter.local.controllers import indexes
from kt_jupyter.local.controllers.jobfacts import (
    condition_of,
    count_restarts,
    find,
    is_active,
    is_ready,
    is_tracked,
    new_condition,
    pause,
    terminating,
    uid_of,
)
from kt_jupyter.local.controllers.podfailure import is_counted, job_failure
from kt_jupyter.local.objects import Object, clone, dig, name_of, parse_time, stamp


@dataclass(frozen=True, slots=True)
class Event:
    """An event to write about the job."""

    reason: str
    message: str
    warning: bool = False


@dataclass(slots=True)
class Plan:
    """What to do, in this order: create, write ``status``, delete, release; then look again."""

    status: Object
    create: list[int | None] = field(default_factory=list)  # completion indexes; None where pods have none
    delete: list[str] = field(default_factory=list)  # names of pods that run and should not
    release: list[str] = field(default_factory=list)  # names of pods that are counted: their finalizer goes
    events: list[Event] = field(default_factory=list)
    again: float | None = None  # seconds


def plan(job: Object, pods: list[Object], moment: dt.datetime) -> Plan:
    """Return what to do about a job that has not ended. ``pods`` are all that it owns."""
    return _Planner(job, pods, moment).plan()


class _Planner:
    def __init__(self, job: Object, pods: list[Object], moment: dt.datetime) -> None:
        self.job = job
        self.spec: Object = job["spec"]
        self.pods = pods
        self.now = moment
        self.status: Object = clone(job.get("status") or {})
        self.uncounted: dict[str, list[str]] = self.status.setdefault("uncountedTerminatedPods", {})
        self.result = Plan(self.status)
        self.indexed = self.spec.get("completionMode") == "Indexed"
        self.completions = self.spec.get("completions")
        self.active = [pod for pod in pods if is_active(pod)]
        self.suspended = bool(self.spec.get("suspend"))

    def plan(self) -> Plan:
        self._count_released()
        if not self.status.get("startTime") and not self.suspended:
            self.status["startTime"] = stamp(self.now)
        condition = self._ending()
        if condition is not None:
            self._delete(self.active)
        elif "deletionTimestamp" not in self.job["metadata"]:
            self._manage()
            condition = self._success()
        self._track(condition)
        if condition is not None:
            self._conclude(condition)
        self._numbers()
        return self.result

    # How it stands

    def _count_released(self) -> None:
        """Count the noted pods whose finalizer is gone."""
        held = {uid_of(pod) for pod in self.pods if is_tracked(pod)}
        for outcome in ("succeeded", "failed"):
            noted = self.uncounted.get(outcome) or []
            left = [uid for uid in noted if uid in held]
            if len(noted) > len(left):
                self.status[outcome] = int(self.status.get(outcome) or 0) + len(noted) - len(left)
            if left:
                self.uncounted[outcome] = left
            else:
                self.uncounted.pop(outcome, None)

    def _succeeded_indexes(self) -> set[int]:
        done = indexes.parse(self.status.get("completedIndexes") or "")
        for pod in self.pods:
            index = indexes.of_pod(pod)
            if dig(pod, "status", "phase") == "Succeeded" and index is not None and index < int(self.completions or 0):
                done.add(index)
        return done

    def _succeeded(self) -> int:
        if self.indexed:
            return len(self._succeeded_indexes())
        return self._total("succeeded", [pod for pod in self.pods if dig(pod, "status", "phase") == "Succeeded"])

    def _failed(self) -> int:
        return self._total("failed", [pod for pod in self.pods if self._has_failed(pod) and is_counted(self.job, pod)])

    def _total(self, outcome: str, pods: list[Object]) -> int:
        noted = self.uncounted.get(outcome) or []
        fresh = [pod for pod in pods if is_tracked(pod) and uid_of(pod) not in noted]
        return int(self.status.get(outcome) or 0) + len(noted) + len(fresh)

    def _has_failed(self, pod: Object) -> bool:
        phase = dig(pod, "status", "phase")
        if phase == "Failed":
            return True
        replaces_early = self.spec.get("podReplacementPolicy") != "Failed" and not self.spec.get("podFailurePolicy")
        return replaces_early and "deletionTimestamp" in pod["metadata"] and phase != "Succeeded"

    # How it ends

    def _ending(self) -> Object | None:
        """Return the condition with which the job is ending, if it is: Failed or SuccessCriteriaMet."""
        for kind in ("SuccessCriteriaMet", "FailureTarget"):
            decided = condition_of(self.status, kind)
            if decided is not None:
                return decided
        message = next(
            (text for pod in self.pods if self._has_failed(pod) and (text := job_failure(self.job, pod))), None
        )
        if message is not None:
            return self._new("FailureTarget", "PodFailurePolicy", message)
        if self._failed() > self._backoff_limit() or self._restarted_too_often():
            return self._new("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        left = self._seconds_left()
        if left is not None and left <= 0:
            return self._new("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline")
        if left is not None:
            self._again(left)
        return None

    def _backoff_limit(self) -> int:
        limit = self.spec.get("backoffLimit")
        return 6 if limit is None else int(limit)

    def _restarted_too_often(self) -> bool:
        """With restartPolicy OnFailure it is the containers' restarts that are limited."""
        if dig(self.spec, "template", "spec", "restartPolicy") != "OnFailure":
            return False
        restarts = count_restarts(self.pods)
        return restarts > 0 if self._backoff_limit() == 0 else restarts >= self._backoff_limit()

    def _seconds_left(self) -> float | None:
        deadline, start = self.spec.get("activeDeadlineSeconds"), self.status.get("startTime")
        if deadline is None or start is None or self.suspended:
            return None
        return (parse_time(start) + dt.timedelta(seconds=int(deadline)) - self.now).total_seconds()

    def _success(self) -> Object | None:
        succeeded = self._succeeded()
        running = [pod for pod in self.active if name_of(pod) not in self.result.delete] or self.result.create
        enough = succeeded > 0 if self.completions is None else succeeded >= int(self.completions)
        if not enough or running:
            return None
        return self._new("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")

    # How many pods

    def _manage(self) -> None:
        self._note_suspension()
        if self.suspended:
            self._delete(self.active, release=True)
            return
        wanted = self._wanted()
        if len(self.active) > wanted:
            self._delete(self._least_useful(len(self.active) - wanted), release=True)
            return
        ending = 0 if self._replaces_early() else terminating(self.pods)
        missing = wanted - len(self.active) - ending
        if missing <= 0:
            return
        wait = pause(self.pods, self.now)
        if wait > 0:
            self._again(wait)
        elif self.indexed:
            taken = {indexes.of_pod(pod) for pod in self.active} | self._succeeded_indexes()
            free = (index for index in range(int(self.completions or 0)) if index not in taken)
            self.result.create = [index for index, _ in zip(free, range(missing), strict=False)]
        else:
            self.result.create = [None] * missing

    def _replaces_early(self) -> bool:
        return self.spec.get("podReplacementPolicy") != "Failed" and not self.spec.get("podFailurePolicy")

    def _wanted(self) -> int:
        parallelism = self.spec.get("parallelism")
        parallelism = 1 if parallelism is None else int(parallelism)
        if self.completions is None:
            return len(self.active) if self._succeeded() > 0 else parallelism
        return max(min(int(self.completions) - self._succeeded(), parallelism), 0)

    def _least_useful(self, count: int) -> list[Object]:
        """Of several pods, those that have come the least far."""
        order = sorted(
            self.active,
            key=lambda pod: (
                bool(dig(pod, "spec", "nodeName")),
                dig(pod, "status", "phase") == "Running",
                is_ready(pod),
            ),
        )
        return order[:count]

    def _note_suspension(self) -> None:
        present = find(self.status, "Suspended")
        if self.suspended and (present is None or present["status"] != "True"):
            self._set(self._new("Suspended", "JobSuspended", "Job suspended"))
            self.result.events.append(Event("Suspended", "Job suspended"))
        elif not self.suspended and present is not None and present["status"] == "True":
            self._set({**self._new("Suspended", "JobResumed", "Job resumed"), "status": "False"})
            self.result.events.append(Event("Resumed", "Job resumed"))
            self.status["startTime"] = stamp(self.now)

    # Counting, and the end

    def _track(self, condition: Object | None) -> None:
        """Note the pods that have ended and let them go; when the job ends, all of them."""
        failing = condition is not None and condition["type"] == "FailureTarget"
        going = "deletionTimestamp" in self.job["metadata"] or condition is not None
        for pod in self.pods:
            if not is_tracked(pod) or name_of(pod) in self.result.release:
                continue
            phase = dig(pod, "status", "phase")
            if phase == "Succeeded":
                if not self.indexed:
                    self._note("succeeded", pod)
            elif self._has_failed(pod) or failing:
                if is_counted(self.job, pod):
                    self._note("failed", pod)
            elif not going:
                continue
            self.result.release.append(name_of(pod))
        if self.indexed:
            done = self._succeeded_indexes()
            if done:
                self.status["completedIndexes"] = indexes.write(done)
                self.status["succeeded"] = len(done)

    def _note(self, outcome: str, pod: Object) -> None:
        noted = self.uncounted.setdefault(outcome, [])
        if uid_of(pod) not in noted:
            noted.append(uid_of(pod))

    def _conclude(self, condition: Object) -> None:
        """Write the condition of the end that is coming; that of the end itself once nothing is left to wait for."""
        self._set(condition)
        if self.uncounted or terminating(self.pods) or self.result.delete:
            return
        failed = condition["type"] == "FailureTarget"
        final = self._new("Failed" if failed else "Complete", condition["reason"], condition["message"])
        self._set(final)
        if failed:
            self.result.events.append(Event(condition["reason"], condition["message"], warning=True))
        else:
            self.status["completionTime"] = final["lastTransitionTime"]
            self.result.events.append(Event("Completed", "Job completed"))

    def _delete(self, pods: list[Object], *, release: bool = False) -> None:
        names = [name_of(pod) for pod in pods]
        self.result.delete += names
        if release:
            self.result.release += names

    def _numbers(self) -> None:
        kept = [pod for pod in self.active if name_of(pod) not in self.result.delete]
        active = len(kept) + len(self.result.create)
        if active:
            self.status["active"] = active
        else:
            self.status.pop("active", None)
        self.status["ready"] = sum(1 for pod in kept if is_ready(pod))
        self.status["terminating"] = terminating(self.pods) + len(self.result.delete)

    def _again(self, seconds: float) -> None:
        self.result.again = seconds if self.result.again is None else min(seconds, self.result.again)

    def _new(self, kind: str, reason: str, message: str) -> Object:
        return new_condition(kind, reason, message, self.now)

    def _set(self, condition: Object) -> None:
        present = find(self.status, condition["type"])
        if present is not None and all(present[key] == condition[key] for key in ("status", "reason", "message")):
            return
        others = [one for one in self.status.get("conditions") or [] if one["type"] != condition["type"]]
        self.status["conditions"] = [*others, condition]
