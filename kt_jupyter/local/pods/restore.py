"""What a pod's status says its containers were doing: where a worker begins, after a restart of the server too.

When the server ends, so do all containers. A status that says ``running`` is therefore wrong at the next start: such a
container ended with the server, with exit code 137, and its restart policy decides whether it runs again.
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.objects import Object, dig, now
from kt_jupyter.local.pods.state import ContainerState, PodFacts, Running, State, Terminated, Waiting, terminated_from

KILLED: Final = 137
HOST_ADDRESS: Final = "127.0.0.1"
GONE: Final = "The local cluster stopped while this container ran; its processes ended with it."


def containers(pod: Object) -> tuple[list[ContainerState], list[ContainerState]]:
    """Return the pod's init containers and its containers, as its status left them."""
    init = dig(pod, "spec", "initContainers") or []
    main = dig(pod, "spec", "containers") or []
    reason = "PodInitializing" if init else "ContainerCreating"
    return (
        [_container(pod, one, "initContainerStatuses", reason, is_init=True) for one in init],
        [_container(pod, one, "containerStatuses", reason, is_init=False) for one in main],
    )


def facts(pod: Object, address: str) -> PodFacts:
    """Return what is known of a pod beside its containers."""
    return PodFacts(
        pod_ip=dig(pod, "status", "podIP") or address,
        host_ip=HOST_ADDRESS,
        start_time=dig(pod, "status", "startTime") or "",
    )


def _container(pod: Object, described: Object, field: str, reason: str, *, is_init: bool) -> ContainerState:
    container = ContainerState(
        name=described["name"],
        image=described["image"],
        mounts=[_mount_status(mount) for mount in described.get("volumeMounts") or []],
        state=Waiting(reason),
        is_init=is_init,
    )
    recorded = next((one for one in dig(pod, "status", field) or [] if one["name"] == container.name), None)
    if recorded is not None:
        _recall(container, recorded)
    return container


def _recall(container: ContainerState, recorded: Object) -> None:
    container.restarts = int(recorded.get("restartCount") or 0)
    container.container_id = recorded.get("containerID") or ""
    container.image_id = recorded.get("imageID") or ""
    if container.image_id:
        container.image = recorded["image"]
    before = dig(recorded, "lastState", "terminated")
    container.last = terminated_from(before) if before else None
    container.state = _state(container, recorded.get("state") or {})


def _state(container: ContainerState, recorded: Object) -> State:
    if "terminated" in recorded:
        return terminated_from(recorded["terminated"])
    if "running" in recorded:
        started = Running(recorded["running"].get("startedAt") or now()).started_at
        return Terminated(KILLED, "ContainerStatusUnknown", started, now(), container.container_id, GONE)
    if container.last is not None:  # it waited in its back-off: it is as if it had just ended
        last, container.last = container.last, None
        return last
    return container.state


def _mount_status(mount: Object) -> Object:
    status: Object = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        status.update(readOnly=True, recursiveReadOnly="Disabled")
    return status
