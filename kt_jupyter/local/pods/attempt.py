"""One start of one container, from its image to its exit code, and the pause before the next.

Every way a start can go wrong is a state that people and programs know from real clusters: ``InvalidImageName``,
``ErrImagePull`` and ``ImagePullBackOff``, ``CreateContainerConfigError``, ``StartError``, ``CrashLoopBackOff``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import uuid
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.objects import Object, dig, now, parse_time
from kt_jupyter.local.pods import memory
from kt_jupyter.local.pods.container import Surroundings, agent_directory, full_name, process_spec, termination_file
from kt_jupyter.local.pods.environment import ConfigProblem
from kt_jupyter.local.pods.images import IMAGE_ID, Image, ImageProblem, find_image
from kt_jupyter.local.pods.process import CannotStart, Process, ProcessSpec
from kt_jupyter.local.pods.restore import KILLED
from kt_jupyter.local.pods.state import (
    BACKOFF_FORGOTTEN,
    FIRST_BACKOFF,
    NEVER_STARTED,
    ContainerState,
    Running,
    Terminated,
    Waiting,
    backoff,
)
from kt_jupyter.local.pods.volumes import MountProblem, PodVolumes, object_lookup
from kt_jupyter.specs import quantity

if TYPE_CHECKING:
    from pathlib import Path

    from kt_jupyter.local.pods.logs import LogWriter
    from kt_jupyter.local.pods.worker import PodWorker

_START_ERROR: Final = 128
_MESSAGE_LIMIT: Final = 4096  # bytes of a termination message, as the kubelet cuts it
_RUNC: Final = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: {}: unknown"
)
_FALLBACK: Final = (
    "volumes are not at their mountPath, because {problem}; the variables KT_MOUNT_<VOLUME> say where each one is"
)


class Attempts:
    """Starts the containers of one pod."""

    def __init__(self, worker: PodWorker, volumes: PodVolumes) -> None:
        self._worker = worker
        self._host = worker.host
        self._volumes = volumes
        self._streak: dict[str, int] = {}  # restarts since the container last ran for long

    async def run_once(self, container: ContainerState) -> None:
        """Start a container and wait for its end; return early when the pod is to end before it could be started."""
        image = await self._image(container)
        spec = await self._spec(container, image) if image else None
        if image is None or spec is None:
            return
        if isinstance(container.state, Terminated) or container.last:
            container.restarts += 1
        if isinstance(container.state, Terminated):
            container.last = container.state
        self._say(container, "Created", f"Created container: {container.name}")
        container.image, container.image_id = image.name, IMAGE_ID
        container.container_id = f"local://{uuid.uuid4().hex}{uuid.uuid4().hex}"
        log = self._host.logs.open(self._worker.pod, container.name, container.restarts)
        try:
            await self._run(container, spec, log)
        finally:
            log.close()
        self._worker.report()

    async def back_off(self, container: ContainerState) -> None:
        """Wait before a restart as long as the kubelet would: not at all, then 10 s, 20 s … 5 minutes."""
        ended = container.state
        assert isinstance(ended, Terminated)
        streak = self._streak[container.name] = self._next_streak(container, ended)
        seconds = backoff(streak) - (dt.datetime.now(dt.UTC) - parse_time(ended.finished_at)).total_seconds()
        if seconds <= 0:
            return
        pod = full_name(self._worker.pod)
        container.last = ended
        container.state = Waiting(
            "CrashLoopBackOff",
            f"back-off {_duration(backoff(streak))} restarting failed container={container.name} pod={pod}",
        )
        message = f"Back-off restarting failed container {container.name} in pod {pod}"
        self._say(container, "BackOff", message, warning=True)
        self._worker.report()
        await self._wait(seconds)

    def _next_streak(self, container: ContainerState, ended: Terminated) -> int:
        ran = (parse_time(ended.finished_at) - parse_time(ended.started_at)).total_seconds()
        if ended.started_at != NEVER_STARTED and ran > BACKOFF_FORGOTTEN:
            return 1
        return self._streak.get(container.name, container.restarts) + 1

    async def _wait(self, seconds: float) -> None:
        end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
        while not self._worker.ending:
            left = (end - dt.datetime.now(dt.UTC)).total_seconds()
            if left <= 0:
                return
            await self._worker.something_changes(left)

    # What it needs

    async def _image(self, container: ContainerState) -> Image | None:
        """Return the stand-in for the container's image; wait for another image as long as there is none."""
        tried = None
        while not self._worker.ending:
            described = self._specification(container)
            reference = described["image"]
            try:
                image = find_image(reference)
            except ImageProblem as problem:
                if reference != tried:
                    tried = reference
                    await self._no_image(container, described, problem)
                else:
                    await self._worker.something_changes()
            else:
                self._say(container, "Pulled", f'Container image "{reference}" already present on machine')
                return image
        return None

    async def _no_image(self, container: ContainerState, described: Object, problem: ImageProblem) -> None:
        reference = described["image"]
        if problem.reason == "InvalidImageName":
            self._say(container, "InspectFailed", problem.message, warning=True)
            self._refuse(container, problem.reason, problem.message)
        elif described.get("imagePullPolicy") == "Never":
            message = f'Container image "{reference}" is not present with pull policy of Never'
            self._say(container, "ErrImageNeverPull", message, warning=True)
            self._refuse(container, "ErrImageNeverPull", message)
        else:
            self._say(container, "Pulling", f'Pulling image "{reference}"')
            self._say(container, "Failed", f'Failed to pull image "{reference}": {problem.message}', warning=True)
            self._refuse(container, problem.reason, problem.message)
            await self._wait_for_image(container, reference)
            back_off = f'Back-off pulling image "{reference}"'
            if not self._worker.ending and self._specification(container)["image"] == reference:
                self._say(container, "BackOff", back_off)
                self._refuse(container, "ImagePullBackOff", f"{back_off}: {problem.reason}: {problem.message}")

    async def _wait_for_image(self, container: ContainerState, refused: str) -> None:
        end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=FIRST_BACKOFF)
        while not self._worker.ending and self._specification(container)["image"] == refused:
            left = (end - dt.datetime.now(dt.UTC)).total_seconds()
            if left <= 0:
                return
            await self._worker.something_changes(left)

    async def _spec(self, container: ContainerState, image: Image) -> ProcessSpec | None:
        """Return the process to run; wait for what its configuration lacks."""
        said = None
        while not self._worker.ending:
            described = self._specification(container)
            try:
                return process_spec(self._worker.pod, described, image, self._surroundings(described))
            except (ConfigProblem, MountProblem) as problem:
                if str(problem) != said:
                    said = str(problem)
                    self._refuse(container, "CreateContainerConfigError", said, error=said)
                await self._worker.something_changes()
        return None

    def _surroundings(self, described: Object) -> Surroundings:
        return Surroundings(
            scratch=self._scratch(described["name"]),
            mounts=self._volumes.mounts(described),
            lookup=object_lookup(self._host.registry, self._worker.pod),
            capacity=self._host.capacity,
            isolate=self._host.problem is None,
        )

    def _scratch(self, name: str) -> Path:
        return self._worker.directory / "containers" / name

    def _specification(self, container: ContainerState) -> Object:
        field = "initContainers" if container.is_init else "containers"
        described: Object = next(one for one in dig(self._worker.pod, "spec", field) if one["name"] == container.name)
        return described

    # Running

    async def _run(self, container: ContainerState, spec: ProcessSpec, log: LogWriter) -> None:
        if self._host.problem is not None and spec.mounts:
            self._say_fallback(container, log)
        try:
            process = await Process.start(spec, log.write)
        except CannotStart as problem:
            self._could_not_start(container, _RUNC.format(problem))
            return
        self._worker.processes[container.name] = process
        self._host.running.add(self._worker.pod, container.name, process)
        if self._worker.out_of_grace:
            process.kill()
        elif self._worker.ending:
            process.terminate()
        started = now()
        container.state = Running(started)
        self._say(container, "Started", f"Started container {container.name}")
        self._worker.report()
        limit = dig(self._specification(container), "resources", "limits", "memory")
        watch = asyncio.ensure_future(memory.enforce(int(quantity.parse(limit)), process)) if limit else None
        try:
            code = await process.wait()
        finally:
            if watch is not None:
                watch.cancel()
            if not spec.isolate:
                shutil.rmtree(agent_directory(self._worker.pod, self._specification(container)), ignore_errors=True)
            del self._worker.processes[container.name]
            self._host.running.remove(self._worker.pod, container.name)
        container.state = Terminated(
            exit_code=code,
            reason=_reason(code, process),
            started_at=started,
            finished_at=now(),
            container_id=container.container_id,
            message=self._last_words(container),
        )

    def _could_not_start(self, container: ContainerState, message: str) -> None:
        self._say(container, "Failed", f"Error: {message}", warning=True)
        container.state = Terminated(
            exit_code=_START_ERROR,
            reason="StartError",
            started_at=NEVER_STARTED,
            finished_at=now(),
            container_id=container.container_id,
            message=message,
        )

    def _last_words(self, container: ContainerState) -> str | None:
        try:
            words = termination_file(self._scratch(container.name)).read_bytes()[-_MESSAGE_LIMIT:]
        except OSError:
            return None
        return words.decode(errors="replace") or None

    def _say_fallback(self, container: ContainerState, log: LogWriter) -> None:
        message = _FALLBACK.format(problem=self._host.problem)
        self._say(container, "MountedElsewhere", message, warning=True)
        log.write("stderr", f"kt-local: {message}\n".encode())

    def _refuse(self, container: ContainerState, reason: str, message: str, *, error: str = "") -> None:
        self._say(container, "Failed", f"Error: {error or reason}", warning=True)
        container.state = Waiting(reason, message)
        self._worker.report()

    def _say(self, container: ContainerState, reason: str, message: str, *, warning: bool = False) -> None:
        field = "initContainers" if container.is_init else "containers"
        path = f"spec.{field}{{{container.name}}}"
        self._host.event(self._worker.pod, reason, message, warning=warning, container=path)


def _reason(code: int, process: Process) -> str:
    if process.out_of_memory and code == KILLED:
        return "OOMKilled"
    return "Completed" if code == 0 else "Error"


def _duration(seconds: float) -> str:
    """Write seconds as Go does: ``10s``, ``1m20s``, ``5m0s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
