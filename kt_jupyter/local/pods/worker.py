"""One pod's life on the node: its volumes, its containers in order, its end.

A worker is one task. It ends when every container has ended for good, when the pod is deleted, or when its
``activeDeadlineSeconds`` are over; whatever ends it, no process of the pod is left. Everything it learns it writes to
the pod's status at once, so what ``state.pod_status`` says of its fields is all that others see.

Source of the sequence, reasons and messages: ``pkg/kubelet/kuberuntime/kuberuntime_manager.go`` (1.34) and the recorded
events of a real 1.34 cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of, now, parse_time
from kt_jupyter.local.pods import restore
from kt_jupyter.local.pods.attempt import Attempts
from kt_jupyter.local.pods.process import Process
from kt_jupyter.local.pods.state import ContainerState, PodFacts, Terminated, pod_status, should_restart
from kt_jupyter.local.pods.volumes import MountProblem, PodVolumes

if TYPE_CHECKING:
    from kt_jupyter.local.pods.logs import Logs
    from kt_jupyter.local.pods.running import Running
    from kt_jupyter.local.registry import Registry

COMPONENT: Final = "kubelet"
MOUNTS: Final = "local.kt-jupyter.dev/mounts"  # annotation: "environment" where volumes are named by variables only
_DEADLINE: Final = "Pod was active on the node longer than the specified deadline"


@dataclass(slots=True)
class Host:
    """What all pods of this machine share."""

    registry: Registry
    logs: Logs
    running: Running
    directory: Path  # where pods' own files go
    capacity: dict[str, str]
    problem: str | None  # why containers cannot have namespaces here; None: they can

    def event(self, pod: Object, reason: str, message: str, *, warning: bool = False, container: str = "") -> None:
        """Write an event about a pod, or about one of its containers."""
        self.registry.record_event(
            pod,
            type="Warning" if warning else "Normal",
            reason=reason,
            message=message,
            component=COMPONENT,
            field_path=container or None,
        )


class PodWorker:
    """Runs one pod. ``update`` tells it of changes; ``run`` returns when the pod is over."""

    def __init__(self, host: Host, pod: Object, address: str) -> None:
        self.pod = pod
        self.host = host
        self.directory = host.directory / str(dig(pod, "metadata", "uid"))
        self.ending = False
        self.out_of_grace = False
        self.processes: dict[str, Process] = {}
        self._init, self._main = restore.containers(pod)
        self._facts = restore.facts(pod, address)
        self._volumes = PodVolumes(host.registry, pod, self.directory)
        self._attempts = Attempts(self, self._volumes)
        self._poked = asyncio.Event()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Live the pod's life; cancel it to end every process at once without another word."""
        life = asyncio.ensure_future(self._live())
        try:
            reason = await self._reason_to_end(life)
            if reason:
                await self._end(life, deadline=reason == "DeadlineExceeded")
            await life
            if "deletionTimestamp" in self.pod["metadata"]:
                self._remove()
        finally:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            for process in self.processes.values():
                process.close()

    def update(self, pod: Object) -> None:
        """The pod has changed: deleted, its deadline moved, its image replaced."""
        self.pod = pod
        self._poked.set()
        self.config_changed()

    def config_changed(self) -> None:
        """Something that the pod may be waiting for (a claim, a config map) has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def something_changes(self, seconds: float | None = None) -> None:
        """Wait until the pod or what it refers to changes, it is to end, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def report(self) -> None:
        """Write the pod's status as it is now."""
        uid = dig(self.pod, "metadata", "uid")

        def change(pod: Object) -> None:
            if pod["metadata"]["uid"] == uid:
                pod["status"] = pod_status(pod, self._init, self._main, self._facts, now())

        changed = self.host.registry.modify(
            "pods", namespace_of(self.pod), name_of(self.pod), change, subresource="status"
        )
        if changed is not None and changed["metadata"]["uid"] == uid:
            self.pod = changed

    # The life

    async def _live(self) -> None:
        self._facts.start_time = self._facts.start_time or now()
        self._note_fallback()
        self.report()
        await self._mount()
        if self.ending:
            return
        self._facts.sandbox = True
        self.report()
        if all(container.state.__class__.__name__ == "Waiting" for container in self._main):
            for container in self._init:
                await self._keep_running(container)
                if not container.ready:
                    return
        await asyncio.gather(*(self._keep_running(container) for container in self._main))
        self.report()  # after a restart nothing may have been started, and that is the news

    def _note_fallback(self) -> None:
        """Leave on the pod itself that its volumes are not at their mountPath; the event and the log say it too."""
        if self.host.problem is None or not dig(self.pod, "spec", "volumes"):
            return

        def note(pod: Object) -> None:
            pod["metadata"].setdefault("annotations", {})[MOUNTS] = "environment"

        self.host.registry.modify("pods", namespace_of(self.pod), name_of(self.pod), note)

    async def _mount(self) -> None:
        """Wait for the volumes, saying once what is missing each time that it changes."""
        said = None
        while not self.ending:
            try:
                self._volumes.prepare()
            except (MountProblem, OSError) as problem:
                if str(problem) != said:
                    said = str(problem)
                    self.host.event(self.pod, "FailedMount", said, warning=True)
                await self.something_changes()
            else:
                return

    async def _keep_running(self, container: ContainerState) -> None:
        """Run a container until it has ended and will not be started again."""
        policy = dig(self.pod, "spec", "restartPolicy") or "Always"
        if container.is_init and policy == "Always":
            policy = "OnFailure"  # an init container that succeeded is done
        while not self.ending:
            if isinstance(container.state, Terminated):
                if not should_restart(policy, container.state.exit_code):
                    return
                await self._attempts.back_off(container)
            await self._attempts.run_once(container)

    # The end

    async def _reason_to_end(self, life: asyncio.Future[None]) -> str | None:
        while not life.done():
            if "deletionTimestamp" in self.pod["metadata"]:
                return "Deleted"
            left = self._seconds_left()
            if left is not None and left <= 0:
                return "DeadlineExceeded"
            await self._poked_or_over(life, left)
        return None

    def _seconds_left(self) -> float | None:
        deadline = dig(self.pod, "spec", "activeDeadlineSeconds")
        if deadline is None or not self._facts.start_time:
            return None
        end = parse_time(self._facts.start_time) + dt.timedelta(seconds=int(deadline))
        return (end - dt.datetime.now(dt.UTC)).total_seconds()

    async def _end(self, life: asyncio.Future[None], *, deadline: bool) -> None:
        self.ending = self._facts.ending = True
        self.config_changed()
        if deadline:
            self._facts.reason, self._facts.message = "DeadlineExceeded", _DEADLINE
            self.host.event(self.pod, "DeadlineExceeded", _DEADLINE)
        for name, process in self.processes.items():
            message = f"Stopping container {name}"
            self.host.event(self.pod, "Killing", message, container=f"spec.containers{{{name}}}")
            process.terminate()
        await self._wait_for_grace(life, deadline=deadline)
        self.out_of_grace = True  # what is only being started now is killed as soon as it has
        for process in self.processes.values():
            process.kill()
        await asyncio.wait({life})
        self.report()

    async def _wait_for_grace(self, life: asyncio.Future[None], *, deadline: bool) -> None:
        """Give the processes their time to end; a second deletion may shorten it."""
        begun = asyncio.get_running_loop().time()
        while not life.done():
            deleted = "deletionTimestamp" in self.pod["metadata"]
            grace = (
                dig(self.pod, "metadata", "deletionGracePeriodSeconds")
                if deleted or not deadline
                else dig(self.pod, "spec", "terminationGracePeriodSeconds")
            )
            left = begun + float(grace or 0) - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await self._poked_or_over(life, left)

    async def _poked_or_over(self, life: asyncio.Future[None], seconds: float | None) -> None:
        self._poked.clear()
        poked: asyncio.Future[Any] = asyncio.ensure_future(self._poked.wait())
        try:
            await asyncio.wait([life, poked], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            poked.cancel()

    def _remove(self) -> None:
        """Confirm the deletion: nothing of the pod runs any more."""
        registry, uid = self.host.registry, dig(self.pod, "metadata", "uid")
        held = registry.find("pods", namespace_of(self.pod), name_of(self.pod))
        if held is not None and held["metadata"]["uid"] == uid:
            registry.delete("pods", namespace_of(self.pod), name_of(self.pod), uid=uid, grace_seconds=0)

    def clean(self) -> None:
        """Remove the pod's files and logs, once the pod itself is gone."""
        self._volumes.remove()
        self.host.logs.remove(self.pod)


__all__ = ["COMPONENT", "Host", "PodFacts", "PodWorker"]
