"""Everything in the embedded cluster that happens without a request.

Each controller is one file: a pure function that decides, where there is something to decide, and a reconciler that
carries it out on the registry. ``run_controllers`` runs them all, and the kubelet beside them.

``KT_JUPYTER_LOCAL_NODES`` and ``KT_JUPYTER_LOCAL_GPUS`` say what the machine plays (``nodes.py``);
``KT_JUPYTER_LOCAL_ISOLATION=off`` runs pods without namespaces of their own, as where the system has none.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from kt_jupyter.local.controllers import nodes
from kt_jupyter.local.controllers.accounts import Accounts
from kt_jupyter.local.controllers.binding import Binder
from kt_jupyter.local.controllers.garbage import GarbageCollector
from kt_jupyter.local.controllers.jobs import Jobs
from kt_jupyter.local.controllers.namespaces import Namespaces
from kt_jupyter.local.controllers.protection import Protection
from kt_jupyter.local.controllers.provisioner import Provisioner
from kt_jupyter.local.controllers.quotas import Quotas
from kt_jupyter.local.controllers.scheduler import Scheduler
from kt_jupyter.local.pods import Kubelet, Logs, Running

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry

_RESTART: Final = 1.0  # seconds before a part that broke is started again

log = logging.getLogger(__name__)


class HasPaths(Protocol):
    """Where the controllers keep what is theirs."""

    @property
    def pods(self) -> Path:
        """Logs and scratch space of pods."""

    @property
    def volumes(self) -> Path:
        """The data of claims."""

    @property
    def ca(self) -> Path:
        """The certificate that clients trust."""


async def run_controllers(
    registry: Registry,
    *,
    paths: HasPaths,
    logs: Logs | None = None,
    running: Running | None = None,
    node_count: int | None = None,
) -> None:
    """Run every controller and the kubelet until cancelled; on return no process of a pod is left.

    Args:
        registry: the cluster's objects.
        paths: where volumes and pods have their directories.
        logs: the pods' logs, when the caller reads them too.
        running: the running containers, when the caller wants to reach them.
        node_count: how many nodes this machine plays; None: what KT_JUPYTER_LOCAL_NODES says, else 1.
    """
    machine = nodes.Machine.measure(paths.volumes)
    nodes.register(registry, machine, node_count or nodes.node_count())
    isolate = os.environ.get("KT_JUPYTER_LOCAL_ISOLATION") != "off"
    kubelet = Kubelet(
        registry,
        logs or Logs(paths.pods),
        running or Running(),
        paths.pods,
        machine.capacity(),
        isolate=isolate,
    )
    provisioner = Provisioner(registry, paths.volumes)
    parts: dict[str, Callable[[], Awaitable[None]]] = {
        "binder": Binder(registry).loop().run,
        "provisioner": provisioner.loop().run,
        "trash": provisioner.empty_trash,
        "protection": Protection(registry).loop().run,
        "namespaces": Namespaces(registry).loop().run,
        "quotas": Quotas(registry).loop().run,
        "accounts": Accounts(registry, _certificate(paths)).loop().run,
        "scheduler": Scheduler(registry).loop().run,
        "jobs": Jobs(registry).loop().run,
        "garbage": GarbageCollector(registry).loop().run,
        "kubelet": kubelet.run,
    }
    tasks = [asyncio.create_task(_keep_up(name, part), name=name) for name, part in parts.items()]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _certificate(paths: HasPaths) -> str:
    return paths.ca.read_text() if paths.ca.exists() else ""


async def _keep_up(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part; should it break, say so and start it again: each finds its way from what is stored."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s broke and is started again", name)
            await asyncio.sleep(_RESTART)
        else:
            return
