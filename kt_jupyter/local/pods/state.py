"""What a pod's status says, from what its containers are doing. Pure.

Source: ``pkg/kubelet/kubelet_pods.go`` (getPhase) and ``pkg/kubelet/status/generate.go`` (1.34); the recorded statuses
of a real 1.34 cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from kt_jupyter.local.objects import Object, clone, dig

NEVER_STARTED: Final = "1970-01-01T00:00:00Z"  # startedAt of a container whose command could not be started
FIRST_BACKOFF: Final = 10.0  # seconds
LONGEST_BACKOFF: Final = 300.0
BACKOFF_FORGOTTEN: Final = 600.0  # a container that ran this long starts afresh


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not started, and why."""

    reason: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """Started at that time."""

    started_at: str


@dataclass(frozen=True, slots=True)
class Terminated:
    """Ended with that code; ``reason`` is Completed, Error, OOMKilled, StartError or ContainerStatusUnknown."""

    exit_code: int
    reason: str
    started_at: str
    finished_at: str
    container_id: str
    message: str | None = None

    def json(self) -> Object:
        """Return it as it stands in a status."""
        body: Object = {"exitCode": self.exit_code, "reason": self.reason}
        if self.message:
            body["message"] = self.message
        return {**body, "startedAt": self.started_at, "finishedAt": self.finished_at, "containerID": self.container_id}


State = Waiting | Running | Terminated


@dataclass(slots=True)
class ContainerState:
    """One container of a pod: what it is doing, what it did before, how often it was restarted."""

    name: str
    image: str
    mounts: list[Object] = field(default_factory=list)
    state: State = field(default_factory=lambda: Waiting("ContainerCreating"))
    last: Terminated | None = None
    restarts: int = 0
    container_id: str = ""
    image_id: str = ""
    is_init: bool = False

    @property
    def ready(self) -> bool:
        """A container is ready while it runs (probes are not run), an init container once it succeeded."""
        if self.is_init:
            return isinstance(self.state, Terminated) and self.state.exit_code == 0
        return isinstance(self.state, Running)

    def json(self) -> Object:
        """Return its entry in the pod's status."""
        body: Object = {
            "name": self.name,
            "state": _state_json(self.state),
            "lastState": {"terminated": self.last.json()} if self.last else {},
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image,
            "imageID": self.image_id,
        }
        if self.container_id:
            body["containerID"] = self.container_id
            body["resources"] = {}
        body["started"] = isinstance(self.state, Running)
        if self.mounts:
            body["volumeMounts"] = self.mounts
        return body


@dataclass(slots=True)
class PodFacts:
    """What the kubelet knows of a pod beside its containers."""

    pod_ip: str = ""
    host_ip: str = ""
    sandbox: bool = False  # whether its containers can be, or are being, started
    start_time: str = ""
    ending: bool = False  # nothing will be started again
    reason: str | None = None  # set when the pod failed as a whole: DeadlineExceeded …
    message: str | None = None


def should_restart(policy: str, exit_code: int) -> bool:
    """Whether a container that ended is to be started again.

    Example:
        >>> should_restart("OnFailure", 1), should_restart("OnFailure", 0), should_restart("Never", 1)
        (True, False, False)
    """
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def backoff(restarts: int) -> float:
    """Return the seconds between a container's end and its start number ``restarts``; the first is at once.

    Example:
        >>> [backoff(restarts) for restarts in (1, 2, 3, 9)]
        [0.0, 10.0, 20.0, 300.0]
    """
    if restarts <= 1:
        return 0.0
    return min(FIRST_BACKOFF * 2.0 ** min(restarts - 2, 10), LONGEST_BACKOFF)


def phase(policy: str, init: list[ContainerState], main: list[ContainerState], *, ending: bool = False) -> str:
    """Return the pod's phase; ``ending`` says that nothing of it will be started again."""
    if ending and not any(isinstance(container.state, Running) for container in main):
        return "Succeeded" if main and all(_succeeded(container) for container in main) else "Failed"
    for container in init:
        if not container.ready:
            failed = isinstance(container.state, Terminated)
            return "Failed" if failed and policy == "Never" else "Pending"
    waiting = [c for c in main if isinstance(c.state, Waiting) and c.last is None]
    running = [c for c in main if isinstance(c.state, Running)]
    if waiting:
        return "Pending"
    if running or policy == "Always":
        return "Running"
    if all(_succeeded(container) for container in main):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def pod_status(
    pod: Object, init: list[ContainerState], main: list[ContainerState], facts: PodFacts, now: str
) -> Object:
    """Return the pod's whole status; what others wrote there (PodScheduled, qosClass …) stays."""
    status: Object = clone(pod.get("status") or {})
    policy = dig(pod, "spec", "restartPolicy") or "Always"
    status["phase"] = phase(policy, init, main, ending=facts.ending)
    over = status["phase"] in ("Succeeded", "Failed")
    if over:
        facts.sandbox = False
        status["phase"] = "Failed" if facts.reason else status["phase"]
    for key, value in (("reason", facts.reason), ("message", facts.message)):
        if value and over:
            status[key] = value
        else:
            status.pop(key, None)
    if facts.host_ip:
        status["hostIP"], status["hostIPs"] = facts.host_ip, [{"ip": facts.host_ip}]
    if facts.pod_ip:
        status["podIP"], status["podIPs"] = facts.pod_ip, [{"ip": facts.pod_ip}]
    if facts.start_time:
        status["startTime"] = facts.start_time
    if init:
        status["initContainerStatuses"] = [container.json() for container in init]
    status["containerStatuses"] = [container.json() for container in main]
    generation = dig(pod, "metadata", "generation")
    if generation:
        status["observedGeneration"] = generation
    wanted = _conditions(status["phase"], init, main, facts)
    status["conditions"] = _merge(status.get("conditions") or [], wanted, generation, now)
    return status


def set_condition(conditions: list[Object], condition: Object, now: str) -> list[Object]:
    """Return the conditions with one replaced or added; its transition time moves only when its status does."""
    return _merge(conditions, [condition], None, now, append=True)


def terminated_from(body: Object) -> Terminated:
    """Read a terminated state back from a status."""
    return Terminated(
        exit_code=int(body.get("exitCode") or 0),
        reason=str(body.get("reason") or ""),
        started_at=str(body.get("startedAt") or NEVER_STARTED),
        finished_at=str(body.get("finishedAt") or NEVER_STARTED),
        container_id=str(body.get("containerID") or ""),
        message=body.get("message"),
    )


def _succeeded(container: ContainerState) -> bool:
    end = container.state if isinstance(container.state, Terminated) else container.last
    return end is not None and end.exit_code == 0


def _state_json(state: State) -> Object:
    if isinstance(state, Running):
        return {"running": {"startedAt": state.started_at}}
    if isinstance(state, Terminated):
        return {"terminated": state.json()}
    body: Object = {"reason": state.reason}
    if state.message:
        body["message"] = state.message
    return {"waiting": body}


def _conditions(phase: str, init: list[ContainerState], main: list[ContainerState], facts: PodFacts) -> list[Object]:
    ended = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase)
    unready = [container.name for container in main if not container.ready]
    if ended:
        ready: Object = {"status": "False", "reason": ended}
    elif unready:
        ready = {"status": "False", "reason": "ContainersNotReady", "message": _list("unready", unready)}
    else:
        ready = {"status": "True"}
    return [
        {"type": "PodReadyToStartContainers", "status": "True" if facts.sandbox else "False"},
        {"type": "Initialized", **_initialized(phase, init, main)},
        {"type": "Ready", **ready},
        {"type": "ContainersReady", **ready},
    ]


def _initialized(phase: str, init: list[ContainerState], main: list[ContainerState]) -> Object:
    if phase == "Succeeded":
        return {"status": "True", "reason": "PodCompleted"}
    incomplete = [container.name for container in init if not container.ready]
    if incomplete and all(isinstance(container.state, Waiting) for container in main):
        return {"status": "False", "reason": "ContainersNotInitialized", "message": _list("incomplete", incomplete)}
    return {"status": "True"}


def _list(adjective: str, names: list[str]) -> str:
    return f"containers with {adjective} status: [{' '.join(names)}]"


def _merge(
    present: list[Object], wanted: list[Object], generation: Any, now: str, *, append: bool = False
) -> list[Object]:
    known = {condition["type"]: condition for condition in present}
    merged = []
    for condition in wanted:
        old = known.get(condition["type"])
        since = old["lastTransitionTime"] if old and old["status"] == condition["status"] else now
        numbered = {"observedGeneration": generation} if generation else {}
        merged.append({**condition, **numbered, "lastProbeTime": None, "lastTransitionTime": since})
    types = {condition["type"] for condition in wanted}
    others = [condition for condition in present if condition["type"] not in types]
    return others + merged if append else merged + others
