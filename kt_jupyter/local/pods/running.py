"""Which containers run at this moment: what ``pods/exec`` and ``pods/attach`` ask the kubelet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kt_jupyter.local.objects import Object, dig

if TYPE_CHECKING:
    from kt_jupyter.local.pods.process import Process


class Running:
    """The running containers of one cluster."""

    def __init__(self) -> None:
        self._processes: dict[tuple[str, str], Process] = {}

    def add(self, pod: Object, container: str, process: Process) -> None:
        """Note that a container has started."""
        self._processes[_key(pod, container)] = process

    def remove(self, pod: Object, container: str) -> None:
        """Note that it has ended."""
        self._processes.pop(_key(pod, container), None)

    def find(self, pod: Object, container: str) -> Process | None:
        """Return a container's process, None when it doesn't run."""
        return self._processes.get(_key(pod, container))


def _key(pod: Object, container: str) -> tuple[str, str]:
    return str(dig(pod, "metadata", "uid")), container
