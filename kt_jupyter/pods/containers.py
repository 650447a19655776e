"""Why a pod that has a node does not run: its image, its volumes, its own command, or its node.

The container's status is late by up to a second; the node's events say the same at once. Both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kt_jupyter.errors import ImageNotAvailable
from kt_jupyter.pods.images import REASONS, unavailable
from kt_jupyter.pods.obstacle import Obstacle, last_seen, message, newest

Json = Mapping[str, Any]

_NO_PROGRAM: Final = re.compile(
    r'exec: "([^"]+)":? (?:executable file not found|stat .*: no such file|permission denied)'
)
_PULL_FAILED: Final = re.compile(r'Failed to pull image "[^"]*": ')
_HELD_ELSEWHERE: Final = re.compile(r"Multi-Attach error for volume \"[^\"]*\" ?(?P<who>.*)")
_MOUNTED: Final = ("Pulling", "Pulled", "Created")  # what comes after the volumes
_START_ERRORS: Final = ("StartError", "ContainerCannotRun", "RunContainerError", "CreateContainerError")


def main_container(pod: Json) -> Json:
    """Return the first container's specification: ours has one, and meshes add theirs behind it."""
    container: Json = pod["spec"]["containers"][0]
    return container


def main_state(pod: Json) -> Json:
    """Return the first container's state: ``{"running": …}``, ``{"waiting": …}``, ``{"terminated": …}`` or nothing."""
    name = main_container(pod)["name"]
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((each.get("state") or {} for each in statuses if each["name"] == name), {})


def has_run(pod: Json) -> bool:
    """Whether the container's command has begun: it runs, or has run and ended."""
    state = main_state(pod)
    ended = state.get("terminated")
    return "running" in state or (ended is not None and ended.get("reason") not in _START_ERRORS)


def not_started(pod: Json, events: Iterable[Json]) -> Obstacle | None:
    """Return what keeps a pod on a node from running.

    Args:
        pod: The pod.
        events: The events about it.
    """
    told = list(events)
    return _pod_ended(pod) or _container(pod, told) or _volumes(told)


def _pod_ended(pod: Json) -> Obstacle | None:
    status = pod.get("status") or {}
    reason, said = status.get("reason"), str(status.get("message") or "").rstrip(".")
    if status.get("phase") == "Failed" and reason:
        return Obstacle(f"its node ended it ({reason}): {said}", final=True)
    if pod["metadata"].get("deletionTimestamp"):
        return Obstacle("its pod was deleted", final=True)
    return None


def _container(pod: Json, events: Iterable[Json]) -> Obstacle | None:
    image, state = main_container(pod)["image"], main_state(pod)
    for each in (state.get("waiting") or {}, state.get("terminated") or {}):
        reason, said = each.get("reason"), str(each.get("message") or "")
        if reason in REASONS:
            return unavailable(image, reason, said)
        if reason in _START_ERRORS:
            return _command(image, said)
        if reason == "CreateContainerConfigError":
            return _configuration(said, image)
    return _image(image, list(events))


def _image(image: str, events: list[Json]) -> Obstacle | None:
    """Return what the events say of the image before the status does."""
    failed, pulled = newest(events, "Failed", "InspectFailed"), newest(events, "Pulled")
    if failed is None or (pulled and last_seen(pulled) > last_seen(failed)):
        return None
    if failed["reason"] == "InspectFailed":
        return unavailable(image, "InvalidImageName", message(failed))
    return unavailable(image, "ErrImagePull", message(failed)) if _PULL_FAILED.match(message(failed)) else None


def _command(image: str, said: str) -> Obstacle:
    missing = _NO_PROGRAM.search(said)
    if missing:
        fact = f'image "{image}" has no program "{missing[1]}" that could be started'
        return Obstacle(fact, "Name an image that has it.", final=True, error=ImageNotAvailable)
    return Obstacle(f"its command could not be started: {said.rstrip('.')}", final=True)


def _configuration(said: str, image: str) -> Obstacle:
    if "runAsNonRoot" in said or "non-root" in said:
        fact = f'image "{image}" names no user by number other than root, and root is not allowed here'
        return Obstacle(fact, "Name a user: run_as=1000", final=True)
    return Obstacle(f"it lacks something that it refers to: {said.rstrip('.')}", final=True)


def _volumes(events: Iterable[Json]) -> Obstacle | None:
    told = list(events)
    failed, attached = newest(told, "FailedAttachVolume", "FailedMount"), newest(told, "SuccessfulAttachVolume")
    if failed is None or newest(told, *_MOUNTED) or (failed["reason"] == "FailedAttachVolume" and attached):
        return None
    said = message(failed).rstrip(".")
    elsewhere = _HELD_ELSEWHERE.search(said)
    if elsewhere:
        fact = "its disk is attached to another node, which must let it go first"
        return Obstacle(f"{fact} ({elsewhere['who'][:1].lower()}{elsewhere['who'][1:]})" if elsewhere["who"] else fact)
    return Obstacle(f"its volumes cannot be mounted yet: {said}")
