"""Starting a Job, aloud, and all or nothing.

A start is a context. Inside it one waits for as much as one needs (``until``): who attaches can try from the moment
that the pod has a node, which is half a second before the cluster reports it as running, and goes on waiting in the
same line. Whatever ends it other than well (a reason that waiting does not cure, the time, Ctrl-C, an error of the
caller's own) removes what was made.

The name is chosen here and not by the server, so that even a creation whose answer never came can be undone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Final, Literal, Self

from kt_jupyter import reporting
from kt_jupyter.errors import ApiError, Conflict, Forbidden, KtError, NotFound, WaitTimeout
from kt_jupyter.kube import CLAIMS, JOBS, PODS, Cluster, Get
from kt_jupyter.pods import line
from kt_jupyter.pods.claims import is_bound, mounted_by, unusable
from kt_jupyter.pods.following import Following
from kt_jupyter.pods.lease import RENEWED_EVERY, lease_of, renew
from kt_jupyter.pods.line import Passed
from kt_jupyter.pods.stages import Situation, Stage, situation
from kt_jupyter.pods.started import Started
from kt_jupyter.reporting import Say
from kt_jupyter.specs.job import pod_of

Json = dict[str, Any]
Milestone = Literal["scheduled", "image", "running"]

TIMEOUT: Final = 600.0
"""Seconds that a pod may take to run: a cluster may have to add a node and pull a large image."""

_TICK: Final = 0.5  # seconds after which the times in the line are written anew
_NEEDED: Final[dict[str, frozenset[Stage]]] = {
    "scheduled": frozenset({Stage.SCHEDULED, Stage.BOUND}),
    "image": frozenset({Stage.SCHEDULED, Stage.BOUND, Stage.IMAGE}),
    "running": frozenset(Stage),
}


class Start:
    """A Job that is being started; a context manager that removes it unless it is left well.

    Args:
        cluster: Where to start it.
        manifest: As ``specs.job.job`` gives it.
        subject: What is being started, in the words of messages: ``the terminal on my-data``.
        timeout: Seconds for everything; a pod that no node takes waits until then. Time in a queue does not count.
        progress: Gets the line each time it changes; default: the voice in use.
        existing: The Job, where somebody else has made it: it is waited for, and never removed.

    Raises:
        QuotaExceeded, Rejected: The namespace takes no such pod. Found out before anything is made.
        VolumeNotFound, VolumeUnusable: A claim cannot be used.
        Forbidden: A right is missing; the message names it.

    Example:
        >>> with Start(cluster, manifest, subject="the terminal on my-data") as start:
        ...     attach_to(start.until("scheduled").name)
        ...     start.until("running")
    """

    def __init__(
        self,
        cluster: Cluster,
        manifest: Json,
        *,
        subject: str,
        timeout: float = TIMEOUT,
        progress: Say | None = None,
        existing: Json | None = None,
    ) -> None:
        self._cluster = cluster
        self._manifest = manifest
        self._subject = subject
        self._timeout = timeout
        self._progress = progress
        self._existing = existing
        self._namespace: str = manifest["metadata"].get("namespace") or cluster.namespace
        self._name: str = manifest["metadata"]["name"]
        self._exits = contextlib.ExitStack()
        self._told = ""
        self._passed: list[tuple[Stage, Passed]] = []
        self._finished = False

    def __enter__(self) -> Self:
        unbound = self._usable_claims()
        if self._existing is None:
            self._refused_beforehand()
        self._begun = self._stage_begun = self._renewed = time.monotonic()
        self._situation = Situation(frozenset(), doing=Stage.SCHEDULED.doing)
        self._skipped = set() if unbound else {Stage.BOUND}
        try:
            self._job = self._existing or self._cluster.create(JOBS, self._manifest, namespace=self._namespace)
            self._following = self._exits.enter_context(Following(self._cluster, self._job, unbound))
        except ApiError:
            raise  # refused: nothing was made, and a Job of that name would be somebody else's
        except BaseException as error:
            self._undo(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._undo(error)
        else:
            self._exits.close()

    def until(self, milestone: Milestone, *, unless: Future[Any] | None = None) -> Started:
        """Wait, saying for what.

        Args:
            milestone: ``scheduled``: every pod has a node, and attaching can be tried. ``image``: its image is there
                too. ``running``: its command has begun.
            unless: Return as well when this has a result: an answer of the program in the pod comes before the cluster
                reports that it runs. Without one, what the cluster says counts.

        Raises:
            PodNotStarted: It never will; the message says why.
            WaitTimeout: The time is over; the message says what it waited for.
        """
        if unless is not None:
            unless.add_done_callback(lambda _: self._following.wake())
        while True:
            self._look()
            answered = unless is not None and unless.done() and unless.exception() is None
            if answered or _NEEDED[milestone] <= self._situation.reached:
                break
            self._check_time()
            if not self._following.learn(self._patience()):
                self._tick()
        if answered:
            self._pass(frozenset(Stage))
        if answered or Stage.RUNNING in self._situation.reached:
            self._finish()
        return self._started()

    # -- what must be so before it is made --------------------------------------------------------------------------

    def _usable_claims(self) -> dict[str, Json]:
        """Return the claims that are not bound yet; raise for one that nothing can use."""
        names = mounted_by(self._manifest["spec"]["template"])
        found = self._cluster.gather(*(Get(CLAIMS, name, self._namespace) for name in names), return_errors=True)
        unbound = {}
        for name, claim in zip(names, found, strict=True):
            if isinstance(claim, Forbidden):
                continue
            if isinstance(claim, KtError) and not isinstance(claim, NotFound):
                raise claim
            obstacle = unusable(name, None if isinstance(claim, NotFound) else claim)
            if obstacle is not None:
                raise obstacle.raised(self._subject)
            if not is_bound(claim):
                unbound[name] = claim
        return unbound

    def _refused_beforehand(self) -> None:
        """Let the server check the pod, which it does not when it takes the Job; who may not make pods learns later."""
        with contextlib.suppress(Forbidden):
            self._cluster.create(PODS, pod_of(self._manifest), namespace=self._namespace, dry_run=True)

    # -- how it goes on ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._situation = situation(self._following.seen())
        self._pass(self._situation.reached)
        obstacle = self._situation.obstacle
        if obstacle is not None and obstacle.final:
            raise obstacle.raised(self._subject)
        self._say(reporting.progress)

    def _pass(self, reached: frozenset[Stage]) -> None:
        now = time.monotonic()
        known = {stage for stage, _ in self._passed} | self._skipped
        for stage in Stage:
            if stage in reached - known:
                where = _few(self._situation.nodes) if stage is Stage.SCHEDULED else ""
                self._passed.append((stage, Passed(stage.done, now - self._stage_begun, where)))
                self._stage_begun = now

    def _say(self, say: Callable[[str, Say | None], None]) -> None:
        """Say how it stands when that has changed in more than its times."""
        if Stage.RUNNING in self._situation.reached:
            return
        obstacle = self._situation.obstacle
        told = repr((self._passed, self._situation.doing, obstacle and obstacle.fact))
        if told != self._told or say is not reporting.progress:
            self._told = told
            ours = self._existing is None
            told = line.going_on(self._stages, self._situation.doing, self._waited, obstacle, ours=ours)
            say(told, self._progress)

    def _tick(self) -> None:
        self._say(reporting.tick)
        lease = lease_of(self._job)
        if time.monotonic() - self._renewed > lease / RENEWED_EVERY:
            self._renewed = time.monotonic()
            renew(self._cluster, self._name, namespace=self._namespace, uid=self._job["metadata"]["uid"], lease=lease)

    def _check_time(self) -> None:
        if self._situation.queued:
            self._begun = time.monotonic()
        if time.monotonic() - self._begun < self._timeout:
            return
        obstacle = self._situation.obstacle
        why = obstacle.fact if obstacle else f"it was still {self._situation.doing}"
        raise WaitTimeout(
            f"{self._subject} did not start within {self._timeout:g} s: {why}.",
            remedy=obstacle.remedy if obstacle else None,
            server=obstacle.server if obstacle else None,
        )

    def _patience(self) -> float:
        left = self._timeout - (time.monotonic() - self._begun)
        return max(0.0, min(_TICK, left))

    @property
    def _stages(self) -> Sequence[Passed]:
        return [passed for _, passed in self._passed]

    @property
    def _waited(self) -> float:
        return time.monotonic() - self._stage_begun

    def _started(self) -> Started:
        seen = self._following.seen()
        return Started(dict(seen.job or self._job), tuple(dict(pod) for pod in seen.pods), tuple(self._stages))

    def _finish(self) -> None:
        if not self._finished:
            self._finished = True
            reporting.outcome(line.done(self._stages), bare=line.bare(self._stages), to=self._progress)

    # -- how it ends otherwise --------------------------------------------------------------------------------------

    def _undo(self, error: BaseException) -> None:
        self._exits.close()
        why = "stopped" if isinstance(error, KeyboardInterrupt) else "it does not go on"
        if self._existing is not None:
            what = "it is left as it is, for somebody else started it"
        elif (left := self._remove()) is None:
            what = "what was made is removed"
        else:
            what = "what was made is left"
            reporting.notice(self._left(left), self._progress)
        if not self._finished:
            stopped = line.stopped(self._stages, self._situation.doing, self._waited, f"{why}; {what}.")
            reporting.progress(stopped, self._progress)

    def _remove(self) -> KtError | None:
        """Delete the Job, its pods with it; returns why it is left, None when it is not."""
        uid = self._job["metadata"]["uid"] if hasattr(self, "_job") else None
        try:
            self._cluster.delete(JOBS, self._name, namespace=self._namespace, uid=uid)
        except (NotFound, Conflict):
            return None
        except KtError as error:
            return error
        return None

    def _left(self, why: KtError) -> str:
        ends = "activeDeadlineSeconds" in self._manifest["spec"]
        by = "by itself" if ends else f"when somebody deletes it: kubectl delete job {self._name} -n {self._namespace}"
        return f"Job {self._name} in namespace {self._namespace} could not be removed, and ends {by}. {why.fact}"


def start(
    cluster: Cluster,
    manifest: Json,
    *,
    subject: str,
    until: Milestone = "running",
    timeout: float = TIMEOUT,
    progress: Say | None = None,
) -> Started:
    """Start a Job and wait until its pods have come so far; see ``Start``, which documents all of it."""
    with Start(cluster, manifest, subject=subject, timeout=timeout, progress=progress) as starting:
        return starting.until(until)


def _few(nodes: Sequence[str]) -> str:
    return nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
