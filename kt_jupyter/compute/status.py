"""How a compute is doing: one word, one clause, and what it is made of, from the server's own objects.

A verdict needs the Job and its pod; why it does not start yet, their events as well. Whether a cell runs there only its
agent knows, and asking it costs an exec: that is ``Compute.session``'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kt_jupyter.compute.ending import Ending, ending, ending_of_job
from kt_jupyter.pods.containers import has_run
from kt_jupyter.pods.stages import Seen, situation
from kt_jupyter.specs import human
from kt_jupyter.specs.compute import made_by, name_of, options_of
from kt_jupyter.specs.job import rank_of
from kt_jupyter.specs.options import Options
from kt_jupyter.specs.pod import Mount
from kt_jupyter.specs.state import PersonsState

Json = Mapping[str, Any]


class State(PersonsState):
    """What a compute is, for a person."""

    PROBLEM = ("Problem", "▲", 0)
    STARTING = ("Starting", "◐", 1)
    RUNNING = ("Running", "●", 1)
    ENDING = ("Ending", "⊘", 2)
    ENDED = ("Ended", "✕", 3)
    ABSENT = ("Not started", "○", 3)

    @property
    def lives(self) -> bool:
        """Whether it is there to be used, now or soon."""
        return self in {State.PROBLEM, State.STARTING, State.RUNNING}


class Verdict(NamedTuple):
    """A state, and the clause that explains it."""

    state: State
    reason: str = ""


def judge(job: Json, pods: Sequence[Json], events: Iterable[Json] = ()) -> Verdict:
    """Say how a compute is doing.

    Args:
        job: Its Job.
        pods: The Job's pods.
        events: Events about any of them; without them there is less to explain.
    """
    how = _how(job, pods)
    if over(job):
        return Verdict(State.ENDED, how.why if how else "")
    if job["metadata"].get("deletionTimestamp"):
        return Verdict(State.ENDING)
    if how is not None:
        return Verdict(State.ENDED if how.over else State.ENDING, how.why)
    seen = Seen(job, pods, events=list(events))
    if len(pods) >= seen.wanted and all(map(has_run, pods)):
        return Verdict(State.RUNNING)
    now = situation(seen)
    if now.obstacle is None:
        return Verdict(State.STARTING, now.doing)
    return Verdict(State.PROBLEM if now.obstacle.final else State.STARTING, now.obstacle.fact)


def over(job: Json) -> bool:
    """Whether a Job has ended, well or not."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def _how(job: Json, pods: Sequence[Json]) -> Ending | None:
    """Say how it ended: as the first of its pods that did, for the others are ended with it."""
    if not pods:
        return ending_of_job(job) if over(job) else None
    ended = [(_ended_at(pod), how) for pod in pods if (how := ending(pod)) is not None]
    return min(ended, key=lambda each: each[0], default=(None, None))[1]


def _ended_at(pod: Json) -> str:
    """When it ended, or is known to be about to."""
    states = (each.get("state") or {} for each in (pod.get("status") or {}).get("containerStatuses") or ())
    times = [str(state["terminated"].get("finishedAt") or "") for state in states if "terminated" in state]
    times.append(str(pod["metadata"].get("deletionTimestamp") or ""))
    return min(filter(None, times), default="~")  # after every time


class ComputeStatus:
    """One compute as it was when it was read.

    Attributes:
        name: Its name.
        namespace: Its namespace.
        state: ``State.RUNNING``, ``State.STARTING`` …: word, shape and rank.
        reason: One clause that explains the state; empty when there is nothing to explain.
        options: What it is: CPUs, memory, image, volumes …
        job: Its Job; None when it is not started.
        pods: Its pods, by rank: one, unless it has workers; none before it is started.
    """

    __slots__ = ("job", "name", "namespace", "options", "pods", "reason", "state")

    def __init__(
        self,
        name: str,
        namespace: str,
        verdict: Verdict,
        options: Options,
        *,
        job: Json | None = None,
        pods: Sequence[Json] = (),
    ) -> None:
        self.name = name
        self.namespace = namespace
        self.state, self.reason = verdict
        self.options = options
        self.job = job
        self.pods = tuple(pods)

    @classmethod
    def of(cls, job: Json, pods: Sequence[Json], events: Iterable[Json] = ()) -> ComputeStatus:
        """Judge a Job with its pods, and the events about them where they were read."""
        pods = sorted(pods, key=rank_of)
        verdict = judge(job, pods, events)
        namespace = str(job["metadata"]["namespace"])
        return cls(name_of(job), namespace, verdict, options_of(job), job=job, pods=pods)

    @property
    def pod(self) -> Json | None:
        """Its only pod, or that of rank 0; None while it has none."""
        return self.pods[0] if self.pods else None

    @property
    def pod_name(self) -> str | None:
        """The pod's name."""
        return str(self.pod["metadata"]["name"]) if self.pod else None

    @property
    def node(self) -> str | None:
        """The node that it is on; of several workers, all nodes."""
        nodes = dict.fromkeys(node for pod in self.pods if (node := pod["spec"].get("nodeName")))
        return ", ".join(nodes) or None

    @property
    def volumes(self) -> tuple[Mount, ...]:
        """What it mounts, and where."""
        return self.options.mounts or ()

    @property
    def made_by(self) -> str:
        """Who started it, in words; empty where nothing says so."""
        return made_by(self.job) if self.job else ""

    @property
    def created(self) -> datetime | None:
        """When it was started."""
        text = self.job["metadata"].get("creationTimestamp") if self.job else None
        return datetime.fromisoformat(text) if text else None

    @property
    def age(self) -> str:
        """How long ago that was, in words."""
        return human.age(self.created)

    @property
    def ended_by(self) -> str:
        """How it ended, in one word of ``SessionEnded.reason``; empty while it goes on."""
        how = self._ending
        return how.reason if how else ""

    @property
    def kept_nothing(self) -> bool:
        """Whether it is known that no variables of cells went with it."""
        how = self._ending
        return how is None or how.kept is False

    @property
    def _ending(self) -> Ending | None:
        return _how(self.job, self.pods) if self.job else None

    @property
    def words(self) -> str:
        """The state in words: ``Running``, ``Starting: pulling python:3.12``."""
        return f"{self.state.word}: {self.reason}" if self.reason else self.state.word

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain data, for ``--json``."""
        options = self.options
        return {
            "name": self.name,
            "namespace": self.namespace,
            "status": self.state.word,
            "reason": self.reason,
            "cpus": str(options.cpus) if options.cpus else None,
            "memory": str(options.memory) if options.memory else None,
            "gpus": options.gpus or 0,
            "image": options.image,
            "volumes": [
                {"name": each.claim, "path": each.path, "readOnly": each.read_only} for each in options.mounts or ()
            ],
            "idleSeconds": options.idle or None,
            "queue": options.queue,
            "workers": options.workers,
            "pod": self.pod_name,
            "node": self.node,
            "madeBy": self.made_by or None,
            "created": self.job["metadata"].get("creationTimestamp") if self.job else None,
        }

    def __repr__(self) -> str:
        return "  ".join([f"Compute {self.name}", *(part for part in (described(self.options), self.words) if part)])


def described(options: Options) -> str:
    """Say what a compute is in a few words: ``2 CPUs  8 Gi  1 GPU  python:3.12-slim  data at /data``."""
    parts = [
        human.count(options.workers, "worker") if options.workers else "",
        human.count(options.cpus, "CPU") if options.cpus else "",
        human.size(options.memory) if options.memory else "",
        human.count(options.gpus, "GPU") if options.gpus else "",
        options.image or "",
        *(f"{each.claim} at {each.path}" for each in options.mounts or ()),
    ]
    return "  ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What stopping a compute did.

    Attributes:
        name: The compute.
        namespace: Its namespace.
        existed: Whether there was one.
        volumes: The volumes it mounted, which are still there.
    """

    name: str
    namespace: str
    existed: bool
    volumes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        if not self.existed:
            return f"Compute {self.name}: there is none in {self.namespace}, nothing to do"
        kept = f"; kept: volume {', '.join(self.volumes)}" if self.volumes else ""
        return f"Compute {self.name}: stopped{kept}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, for ``--json``."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "existed": self.existed,
            "volumes": list(self.volumes),
        }
