"""``pods/log``: which container's log is meant, and whether there is one yet.

Source: ``pkg/registry/core/pod/strategy.go`` (LogLocation) and ``pkg/kubelet/kubelet_pods.go``
(validateContainerLogStatus), 1.34.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, dig, name_of
from kt_jupyter.local.pods.logs import LogOptions, Logs

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry

_FIELDS = {"initContainers": "initContainerStatuses", "containers": "containerStatuses"}


def open_log(registry: Registry, logs: Logs, namespace: str, name: str, options: LogOptions) -> AsyncIterator[bytes]:
    """Return the text of a container's log, in pieces.

    Args:
        registry: where the pod is.
        logs: where the logs are.
        namespace: the pod's namespace.
        name: the pod's name.
        options: what of the log is asked for.

    Raises:
        ApiStatus: 404 without such a pod; 400 without such a container, with several and none named, or as long as
            the container has not started.
    """
    pod = registry.get("pods", namespace, name)
    container = choose_container(pod, options.container)
    if not dig(pod, "spec", "nodeName"):
        return _nothing()
    recorded = _recorded(pod, container)
    start = _start(pod, container, recorded, previous=options.previous)
    if options.since_seconds is not None:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=options.since_seconds)
        options = dataclasses.replace(options, since_time=since)
    return logs.read(pod, container, start, options)


async def _nothing() -> AsyncIterator[bytes]:
    """A pod on no node has an empty log: so says the real server."""
    no_chunks: tuple[bytes, ...] = ()
    for chunk in no_chunks:
        yield chunk


def choose_container(pod: Object, asked: str | None) -> str:
    """Return the container that is meant; raises BadRequest (400): there is no such one, or several and none named."""
    names = [one["name"] for field in _FIELDS for one in dig(pod, "spec", field) or []]
    main = [one["name"] for one in dig(pod, "spec", "containers") or []]
    if asked:
        if asked not in names:
            raise status.bad_request(f"container {asked} is not valid for pod {name_of(pod)}")
        return asked
    if len(main) == 1:
        return str(main[0])
    choices = " ".join(names)
    raise status.bad_request(f"a container name must be specified for pod {name_of(pod)}, choose one of: [{choices}]")


def _recorded(pod: Object, container: str) -> dict[str, Any]:
    for field in _FIELDS.values():
        for one in dig(pod, "status", field) or []:
            if one["name"] == container:
                return dict(one)
    return {}


def _start(pod: Object, container: str, recorded: dict[str, Any], *, previous: bool) -> int:
    """Return which start of the container is meant."""
    restarts = int(recorded.get("restartCount") or 0)
    last = dig(recorded, "lastState", "terminated")
    waiting = dig(recorded, "state", "waiting")
    if previous:
        if not last:
            raise status.bad_request(f'previous terminated container "{container}" in pod "{name_of(pod)}" not found')
        return restarts if waiting else restarts - 1
    if (waiting or not recorded) and not last:
        reason = (waiting or {}).get("reason") or "ContainerCreating"
        raise status.bad_request(f'container "{container}" in pod "{name_of(pod)}" is waiting to start: {reason}')
    return restarts
