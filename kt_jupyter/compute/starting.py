"""Starting a compute, or finding that it runs: aloud, once, and all or nothing.

In this order, so that nothing is made in vain: is one of that name there, and is it what was asked for; are its volumes
usable, and where does that put the pod; would the server take the pod. Then the volumes that are missing are made, and
the Job; and the agent is spoken to as soon as a node has the pod, for it answers before the cluster reports that it
runs. Whatever ends that other than well removes what was made, a volume included that nobody else uses by then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from typing import Any, Final

from kt_jupyter import reporting
from kt_jupyter.compute import agent, gpus
from kt_jupyter.compute.arguments import IMAGE
from kt_jupyter.compute.naming import made_by
from kt_jupyter.compute.preparing import Prepared, prepare
from kt_jupyter.compute.session import Session
from kt_jupyter.compute.status import ComputeStatus, State
from kt_jupyter.compute.volumes import Wanted
from kt_jupyter.errors import ComputeDiffers, Forbidden, ImageNotAvailable, KtError, NotFound, SessionEnded
from kt_jupyter.kube import CLAIMS, JOBS, PODS, Cluster, Get
from kt_jupyter.pods import Start
from kt_jupyter.reporting import Say
from kt_jupyter.specs import compute as specs
from kt_jupyter.specs.job import pod_of
from kt_jupyter.specs.options import Options, defaults, differences, taken_over
from kt_jupyter.specs.pod import CONTAINER, ORDINARY
from kt_jupyter.volumes import Volume

Json = dict[str, Any]

_WORDS: Final = {"mounts": "volumes"}
GONE_WITHIN: Final = 60.0  # seconds that a pod may take to be gone


@dataclass(frozen=True, slots=True)
class Request:
    """A compute as it was asked for.

    Attributes:
        cluster: Where.
        namespace: Its namespace.
        name: Its name.
        options: What was said about it.
        volumes: Its volumes.
    """

    cluster: Cluster
    namespace: str
    name: str
    options: Options
    volumes: Sequence[Wanted]

    def manifest(self, prepared: Prepared, *, first: Json | None = None) -> Json:
        """Return the Job, with what was left open filled in; ``first`` is a cell that comes with it."""
        options = replace(self.options, mounts=prepared.mounts, run_as=prepared.run_as).over(defaults(IMAGE))
        if options.working_dir is None and options.image == IMAGE:
            options = replace(options, working_dir=specs.HOME)  # the image's own, /, takes no files of a user's
        launch = agent.command(idle=options.idle or None, first=first)
        return specs.manifest(
            self.name,
            options,
            command=launch.command,
            args=launch.args,
            namespace=self.namespace,
            node=prepared.node,
            together=prepared.together,
            tolerations=prepared.tolerations,
            made_by=made_by(),
        )


@dataclass(frozen=True, slots=True)
class Running:
    """A compute that runs, what it is, and the conversations with it: one for each of its pods, by rank."""

    sessions: tuple[Session, ...]
    options: Options
    nodes: tuple[str, ...]

    @property
    def session(self) -> Session:
        """The only one, or that of rank 0."""
        return self.sessions[0]

    @property
    def ended(self) -> bool:
        """Whether one of its pods is known to have ended: then all of it has."""
        return any(session.ended for session in self.sessions)

    def close(self) -> None:
        """End the conversations; what runs there goes on."""
        for session in self.sessions:
            session.close()


def prepared(request: Request) -> Prepared:
    """Check what the compute needs; makes nothing. See ``preparing``."""
    options = request.options
    return prepare(request.cluster, request.namespace, request.volumes, run_as=options.run_as, workers=options.workers)


def start(request: Request, *, timeout: float, progress: Say | None) -> Running:
    """Make a compute that is not there, and connect to it.

    Raises:
        AlreadyExists: Somebody made it in this moment.
        KtError: Whatever keeps it from starting; nothing of it is left.
    """
    with _ready(request, progress) as manifest:
        return _connected(request, manifest, timeout=timeout, progress=progress)


def leave(request: Request, first: Json, *, progress: Say | None) -> None:
    """Make a compute that is not there with a cell that it begins with, and wait for nothing.

    Raises:
        AlreadyExists: Somebody made it in this moment.
        KtError: It can't be made; nothing of it is left.
    """
    with _ready(request, progress, first=first) as manifest:
        request.cluster.create(JOBS, manifest, namespace=request.namespace)


def as_before(request: Request, before: Options, progress: Say | None) -> Request:
    """Return a request to start a compute anew: what nobody says stays as it was, and that is said."""
    asked = replace(request.options, mounts=() if request.volumes else None)
    kept = taken_over(asked, before, defaults(IMAGE))
    if kept:
        told = ", ".join(f"{_WORDS.get(what, what.replace('_', ' '))} {value}" for what, value in kept.items())
        reporting.notice(f"Compute {request.name} is as it was: {told}.", progress)
    before = replace(
        before,
        run_as=None if before.run_as == ORDINARY else before.run_as,
        working_dir=None if before.working_dir == specs.HOME else before.working_dir,
        tolerations=tuple(each for each in before.tolerations or () if each != specs.GPU_TAINT),
    )
    volumes = request.volumes or [Wanted(each.claim, each.path, each.read_only) for each in before.mounts or ()]
    return replace(request, options=request.options.over(before), volumes=volumes)


def join(request: Request, found: ComputeStatus, *, timeout: float, progress: Say | None) -> Running:
    """Connect to a compute that is there, waiting for it where it is still starting.

    Raises:
        ComputeDiffers: It is another one than is asked for.
    """
    refuse_other(request, found)
    assert found.job is not None
    if found.state is State.RUNNING:
        with _conversing(request, found.pods, CONTAINER) as sessions:
            answers = [session.connecting() for session in sessions]
            for session, _ in zip(sessions, answers, strict=True):
                session.connect(timeout)
        return Running(sessions, found.options, _nodes(found.pods))
    return _connected(request, dict(found.job), timeout=timeout, progress=progress, existing=dict(found.job))


def refuse_other(request: Request, found: ComputeStatus) -> None:
    """Refuse a compute that is there when it is another one than is asked for.

    Raises:
        ComputeDiffers: With every difference.
    """
    asked = request.options
    if request.volumes:
        asked = replace(asked, mounts=prepared(request).mounts)
    different = differences(asked, found.options)
    if not different:
        return
    told = [f"{what.replace('_', ' ')}: {has}, asked was {wants}" for what, (has, wants) in different.items()]
    raise ComputeDiffers(
        f'compute "{request.name}" runs with other settings: {"; ".join(told)}.',
        remedy="To use it as it is, leave that out. To start it anew, and lose its variables: fresh=True, or --fresh "
        "in a cell. Or give this one another name.",
        differences=different,
    )


def remove(request: Request, found: ComputeStatus, *, wait: bool = True) -> None:
    """Delete a compute's Job, and its pod with it; returns when they are gone."""
    assert found.job is not None
    with contextlib.suppress(NotFound):
        request.cluster.delete(
            JOBS, found.job["metadata"]["name"], namespace=request.namespace, uid=found.job["metadata"]["uid"]
        )
    for pod in found.pods if wait else ():
        request.cluster.wait_for(
            PODS,
            pod["metadata"]["name"],
            lambda pod: pod is None or None,
            namespace=request.namespace,
            timeout=GONE_WITHIN,
            uid=pod["metadata"]["uid"],
        )


def check_with_server(request: Request, manifest: Json) -> None:
    """Let the server check the pod before anything is made, volumes included; who may not make pods learns later."""
    with contextlib.suppress(Forbidden):
        request.cluster.create(PODS, pod_of(manifest), namespace=request.namespace, dry_run=True)


@contextlib.contextmanager
def _ready(request: Request, progress: Say | None, *, first: Json | None = None) -> Iterator[Json]:
    """Check, tell and make all that comes before the Job, whose manifest this gives."""
    ready = prepared(request)
    for line in ready.notices:
        reporting.notice(line, progress)
    manifest = request.manifest(ready, first=first)
    check_with_server(request, manifest)
    _tell_of_gpus(request, progress)
    if ready.missing:  # who may not list pods can't start it, nor know then that nobody uses what was made for it
        request.cluster.list(PODS, namespace=request.namespace, label_selector=specs.selector(request.name))
    with _volumes(request, ready.missing, progress):
        yield manifest


def _tell_of_gpus(request: Request, progress: Say | None) -> None:
    wanted = request.options.gpus
    said = gpus.shortage(request.cluster, wanted, request.options.workers or 1) if wanted else None
    if said:
        reporting.notice(said, progress)


@contextlib.contextmanager
def _volumes(request: Request, missing: Sequence[Volume], progress: Say | None) -> Iterator[None]:
    """Make the volumes that are missing; unmake them when the block fails, or say that they are left."""
    made: dict[str, str] = {}
    try:
        for volume in missing:
            claim = volume.ensure(notify=progress)
            made[volume.name] = claim["metadata"]["uid"]
        yield
    except BaseException:
        removed = {name: _unmade(request, name, uid) for name, uid in made.items()}
        if names := ", ".join(name for name, gone in removed.items() if gone):
            reporting.notice(f"Removed again: volume {names}, made for {request.name} and never used.", progress)
        if names := ", ".join(name for name, gone in removed.items() if not gone):
            reporting.notice(f"Not removed again: volume {names}, made for {request.name}.", progress)
        raise


def _unmade(request: Request, name: str, uid: str) -> bool:
    """Delete a volume that was made a moment ago, unless somebody uses it by now or the compute is still there."""
    job = specs.job_of(request.name)
    try:
        (found,) = request.cluster.gather(Get(JOBS, job, request.namespace), return_errors=True)
        stays = not isinstance(found, KtError) and not found["metadata"].get("deletionTimestamp")
        users = Volume.from_name(name, request.namespace).users()
        if stays or any(use.owner != f"Job {job}" for use in users):
            return False
        request.cluster.delete(CLAIMS, name, namespace=request.namespace, uid=uid)
    except KtError:
        return False
    return True


def _connected(
    request: Request, manifest: Json, *, timeout: float, progress: Say | None, existing: Json | None = None
) -> Running:
    """Start the Job, or follow the one that is there, and speak to its agent as soon as a node has the pod."""
    subject = f'compute "{request.name}"'
    with Start(
        request.cluster, manifest, subject=subject, timeout=timeout, progress=progress, existing=existing
    ) as starting:
        started = starting.until("scheduled")
        with _conversing(request, started.pods, started.container) as sessions:
            answer = _all([session.connecting() for session in sessions])
            starting.until("running", unless=answer)
            with _without_python(subject):
                answer.result()
    return Running(sessions, specs.options_of(started.job), _nodes(started.pods))


@contextlib.contextmanager
def _without_python(subject: str) -> Iterator[None]:
    """Say of an image whose Python does not do what is said of one that has none."""
    try:
        yield
    except SessionEnded as ended:
        if ended.reason != "not started":
            raise
        fact = f"{subject} did not start: {ended.why}."
        raise ImageNotAvailable(fact, remedy=ended.remedy, server=ended.server) from ended


@contextlib.contextmanager
def _conversing(request: Request, pods: Sequence[Mapping[str, Any]], container: str) -> Iterator[tuple[Session, ...]]:
    """Give the conversations with all pods, by rank; end them when the block fails."""
    names = [str(pod["metadata"]["name"]) for pod in pods]
    sessions = tuple(Session(request.cluster, name, namespace=request.namespace, container=container) for name in names)
    try:
        yield sessions
    except BaseException:
        for session in sessions:
            session.close()
        raise


def _all(answers: Sequence[Future[Any]]) -> Future[None]:
    """Return what is done when all are, and failed when one is."""
    together: Future[None] = Future()

    def note(answer: Future[Any]) -> None:
        with contextlib.suppress(InvalidStateError):  # two at once, or one after a failed one
            if (error := answer.exception()) is not None:
                together.set_exception(error)
            elif all(each.done() for each in answers):
                together.set_result(None)

    for answer in answers:
        answer.add_done_callback(note)
    return together


def _nodes(pods: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(pod["spec"]["nodeName"]) for pod in pods)
