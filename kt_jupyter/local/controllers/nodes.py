"""The cluster's nodes: this machine, and when asked for, more names for it.

The node has the machine's real processors, memory and disk, so that a request larger than the machine stays Pending as
it would anywhere. ``KT_JUPYTER_LOCAL_NODES`` gives the machine several names (``kt-local``, ``kt-local-2`` …): pods on
them share the machine, but volumes tied to a node are tied to its name, so what more than one node means for storage
can be tried. ``KT_JUPYTER_LOCAL_GPUS`` says how many GPUs pods may ask for; none by default, since none are handed out.
"""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.objects import Object, now
from kt_jupyter.local.pods.restore import HOST_ADDRESS

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry

NAME: Final = "kt-local"
VERSION: Final = "v1.34.0+kt-local"
_MAX_PODS: Final = "110"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_CONDITIONS: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine has, as Kubernetes quantities."""

    cpu: str
    memory: str
    disk: str
    gpus: str = "0"

    @classmethod
    def measure(cls, directory: Path) -> Machine:
        """Measure this machine; ``directory`` lies on the disk that volumes use."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        disk = shutil.disk_usage(directory).total
        gpus = os.environ.get("KT_JUPYTER_LOCAL_GPUS", "0")
        return cls(_processors(), f"{memory // 1024}Ki", f"{disk // 1024}Ki", gpus)

    def capacity(self) -> dict[str, str]:
        """Return what stands in a node's ``capacity``."""
        amounts = {"cpu": self.cpu, "ephemeral-storage": self.disk, "memory": self.memory, "pods": _MAX_PODS}
        return {**amounts, "nvidia.com/gpu": self.gpus} if self.gpus != "0" else amounts


def names(count: int) -> list[str]:
    """Return the names of so many nodes.

    Example:
        >>> names(2)
        ['kt-local', 'kt-local-2']
    """
    return [NAME, *(f"{NAME}-{number}" for number in range(2, count + 1))]


def node_manifest(name: str, machine: Machine) -> Object:
    """Return a node that has everything the machine has. Pure but for the machine's own name and kernel."""
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    system = platform.system().lower()
    labels = {"kubernetes.io/hostname": name}
    for prefix in ("beta.kubernetes.io", "kubernetes.io"):
        labels.update({f"{prefix}/arch": architecture, f"{prefix}/os": system})
    moment = now()
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": dict(sorted(labels.items()))},
        "spec": {},
        "status": {
            "capacity": machine.capacity(),
            "allocatable": machine.capacity(),
            "conditions": [
                {
                    "type": kind,
                    "status": status,
                    "reason": reason,
                    "message": message,
                    "lastHeartbeatTime": moment,
                    "lastTransitionTime": moment,
                }
                for kind, status, reason, message in _CONDITIONS
            ],
            "addresses": [
                {"type": "InternalIP", "address": HOST_ADDRESS},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": _node_info(architecture, system),
        },
    }


def register(registry: Registry, machine: Machine, count: int) -> None:
    """Make the nodes there should be, refresh those there are, and remove those there should not be."""
    wanted = names(count)
    for name in wanted:
        fresh = node_manifest(name, machine)
        if registry.find("nodes", None, name) is None:
            registry.create("nodes", fresh, admission=False)
        registry.modify("nodes", None, name, lambda node, fresh=fresh: node.update(status=fresh["status"]))  # type: ignore[misc]
    for node in registry.list("nodes"):
        if node["metadata"]["name"] not in wanted:
            registry.delete("nodes", None, node["metadata"]["name"])


def node_count() -> int:
    """Return how many nodes are asked for: ``KT_JUPYTER_LOCAL_NODES``, 1 when it is not set or no number."""
    text = os.environ.get("KT_JUPYTER_LOCAL_NODES", "1")
    return max(int(text), 1) if text.isdigit() else 1


def _processors() -> str:
    if hasattr(os, "sched_getaffinity"):
        return str(len(os.sched_getaffinity(0)))
    return str(os.cpu_count() or 1)


def _node_info(architecture: str, system: str) -> dict[str, str]:
    return {
        "architecture": architecture,
        "bootID": "",
        "containerRuntimeVersion": "local://processes",
        "kernelVersion": platform.release(),
        "kubeProxyVersion": "",
        "kubeletVersion": VERSION,
        "machineID": "",
        "operatingSystem": system,
        "osImage": platform.platform(terse=True),
        "systemUUID": "",
    }
