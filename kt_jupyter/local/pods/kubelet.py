"""The node's half of the cluster: every pod that is assigned to a node of this machine gets a worker.

Event-driven: pods, and what pods wait for (claims, volumes, config maps, secrets), arrive from the registry as they
change. Several nodes may be served by one kubelet: they are names on one machine, there for tests of what a cluster
with more than one node does.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.objects import Object, dig, namespace_of
from kt_jupyter.local.pods.process import isolation_problem
from kt_jupyter.local.pods.restore import HOST_ADDRESS
from kt_jupyter.local.pods.worker import Host, PodWorker

if TYPE_CHECKING:
    from kt_jupyter.local.pods.logs import Logs
    from kt_jupyter.local.pods.running import Running
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

_WAITED_FOR: Final = ("persistentvolumeclaims", "persistentvolumes", "configmaps", "secrets")
_FINISHED: Final = ("Succeeded", "Failed")

log = logging.getLogger(__name__)


class Kubelet:
    """Runs the pods of this machine's nodes."""

    def __init__(
        self,
        registry: Registry,
        logs: Logs,
        running: Running,
        directory: Path,
        capacity: dict[str, str],
        *,
        isolate: bool = True,
    ) -> None:
        self._registry = registry
        self._logs = logs
        self._running = running
        self._directory = directory / "run"
        self._capacity = capacity
        self._isolate = isolate
        self._host: Host
        self._workers: dict[str, PodWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Run pods until cancelled; then end all their processes."""
        problem = await asyncio.to_thread(isolation_problem) if self._isolate else "namespaces are switched off"
        self._host = Host(self._registry, self._logs, self._running, self._directory, self._capacity, problem)
        if problem:
            log.warning("containers share this machine's file system: %s", problem)
        subscription = self._registry.subscribe("pods", *_WAITED_FOR)
        try:
            self._remove_leftovers()
            for pod in self._registry.list("pods"):
                self._see(pod)
            async for event in subscription:
                self._on_event(event)
        finally:
            subscription.close()
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _on_event(self, event: StoreEvent) -> None:
        if event.resource != "pods":
            namespace = namespace_of(event.object)
            for worker in self._workers.values():
                if namespace in (None, namespace_of(worker.pod)):
                    worker.config_changed()
        elif event.type == "DELETED":
            self._forget(event.object)
        else:
            self._see(event.object)

    def _see(self, pod: Object) -> None:
        uid = str(dig(pod, "metadata", "uid"))
        worker = self._workers.get(uid)
        if worker is not None:
            worker.update(pod)
            return
        finished = dig(pod, "status", "phase") in _FINISHED
        if not dig(pod, "spec", "nodeName") or finished:
            return
        worker = self._workers[uid] = PodWorker(self._host, pod, self._address())
        task = self._tasks[uid] = asyncio.create_task(worker.run(), name=f"pod {uid}")
        task.add_done_callback(lambda task: self._ended(uid, task))

    def _ended(self, uid: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(uid, None)
        if not task.cancelled() and task.exception():
            log.error("the worker of pod %s ended unexpectedly", uid, exc_info=task.exception())
        worker = self._workers[uid]
        pod = self._registry.find("pods", namespace_of(worker.pod), worker.pod["metadata"]["name"])
        if pod is None or pod["metadata"]["uid"] != uid:
            self._workers.pop(uid)
            worker.clean()

    def _forget(self, pod: Object) -> None:
        """The pod is gone; what still runs of it, when it was deleted without grace, ends now."""
        uid = str(dig(pod, "metadata", "uid"))
        task = self._tasks.get(uid)
        if task is not None:
            task.cancel()
        elif uid in self._workers:
            self._workers.pop(uid).clean()
        else:
            self._logs.remove(pod)
            shutil.rmtree(self._directory / uid, ignore_errors=True)

    def _remove_leftovers(self) -> None:
        """Remove the files of pods that went while the server did not run, or was killed."""
        uids = {str(dig(pod, "metadata", "uid")) for pod in self._registry.list("pods")}
        self._logs.keep_only(uids)
        if self._directory.is_dir():
            for path in self._directory.iterdir():
                if path.name not in uids:
                    shutil.rmtree(path, ignore_errors=True)

    def _address(self) -> str:
        """Return an address of its own for a pod: Linux answers on all of 127.0.0.0/8, other systems on one."""
        if sys.platform != "linux":
            return HOST_ADDRESS
        used = {dig(pod, "status", "podIP") for pod in self._registry.list("pods")}
        return next(
            address
            for third in range(256)
            for fourth in range(1, 255)
            if (address := f"127.244.{third}.{fourth}") not in used
        )
