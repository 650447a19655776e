"""How far a Job's pods have come, and what stands in their way: one pure function of what is known of them.

Five things tell: the Job, its pods, its claims, and the events about each. Which of them says it first depends on the
cluster's mood; so everything known is looked at anew at each change, and nothing is remembered between two looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kt_jupyter.pods import claims, refused, scheduling
from kt_jupyter.pods.containers import has_run, main_container, not_started
from kt_jupyter.pods.obstacle import Obstacle, about, newest
from kt_jupyter.specs.job import suspended

Json = Mapping[str, Any]


class Stage(Enum):
    """What a pod goes through, in this order; the values say that it is done, and that it is being done."""

    SCHEDULED = ("scheduled", "waiting for a node")
    BOUND = ("volume bound", "making the disk")
    IMAGE = ("image ready", "preparing")
    RUNNING = ("running", "starting")

    def __init__(self, done: str, doing: str) -> None:
        self.done = done
        self.doing = doing


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a Job that is starting.

    Attributes:
        job: The Job; None when it is gone.
        pods: Its pods, by rank where they have one.
        claims: The claims it mounts that were not bound when it began, by name; None for one that is gone.
        events: The events about any of them.
    """

    job: Json | None
    pods: Sequence[Json] = ()
    claims: Mapping[str, Json | None] | None = None
    events: Sequence[Json] = ()

    @property
    def wanted(self) -> int:
        """How many pods it takes."""
        return int((self.job or {"spec": {}})["spec"].get("parallelism") or 1)

    @property
    def queued(self) -> bool:
        """Whether it waits for its queue, which lets it have no pods yet."""
        return self.job is not None and suspended(self.job)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a Job stands.

    Attributes:
        reached: The stages that all of its pods are through.
        nodes: The nodes they run on, or will.
        obstacle: What stands in the way, if anything is known to.
        doing: What is being waited for, in words.
        queued: Whether that is a queue, so that its start has not begun.
    """

    reached: frozenset[Stage]
    nodes: tuple[str, ...] = ()
    obstacle: Obstacle | None = None
    doing: str = ""
    queued: bool = False


def situation(seen: Seen) -> Situation:
    """Say how far it has come and why it does not go on."""
    reached = _reached(seen)
    nodes = tuple(dict.fromkeys(node for pod in seen.pods if (node := pod["spec"].get("nodeName")))) or _chosen(seen)
    if Stage.RUNNING in reached:
        return Situation(reached, nodes)
    return Situation(reached, nodes, _obstacle(seen), _doing(seen, reached), seen.queued)


def _reached(seen: Seen) -> frozenset[Stage]:
    complete = len(seen.pods) >= seen.wanted
    assigned = complete and all(pod["spec"].get("nodeName") for pod in seen.pods)
    reached = set()
    if assigned or _chosen(seen):
        reached.add(Stage.SCHEDULED)
    if assigned:  # a pod gets its node only when its claims are bound
        reached.add(Stage.BOUND)
    if assigned and all(_image_ready(pod, seen.events) for pod in seen.pods):
        reached.add(Stage.IMAGE)
    if assigned and all(has_run(pod) for pod in seen.pods):
        reached |= {Stage.IMAGE, Stage.RUNNING}
    return frozenset(reached)


def _chosen(seen: Seen) -> tuple[str, ...]:
    """Return the node that was chosen for a pod whose claims are still to be made: the claims say it, not the pod."""
    made_for_it = [each for each in (seen.claims or {}).values() if each is not None]
    nodes = {(each["metadata"].get("annotations") or {}).get(claims.SELECTED_NODE) for each in made_for_it}
    return () if None in nodes else tuple(sorted(str(node) for node in nodes))


def _image_ready(pod: Json, events: Sequence[Json]) -> bool:
    return has_run(pod) or newest(about(events, pod), "Pulled", "Created", "Started") is not None


def _obstacle(seen: Seen) -> Obstacle | None:
    if seen.job is None:
        return Obstacle("somebody deleted it", final=True)
    found = [_of_pod(pod, seen.events) for pod in seen.pods]
    found += [claims.unusable(name, claim, seen.events) for name, claim in (seen.claims or {}).items()]
    found.append(refused.ended(seen.job))
    if len(seen.pods) < seen.wanted:
        found.append(refused.without_pod(seen.job, about(seen.events, seen.job)))
    known = [each for each in found if each is not None]
    return min(known, key=lambda each: not each.final, default=None)


def _of_pod(pod: Json, events: Sequence[Json]) -> Obstacle | None:
    told = about(events, pod)
    return not_started(pod, told) if pod["spec"].get("nodeName") else scheduling.unscheduled(pod, told)


def _doing(seen: Seen, reached: frozenset[Stage]) -> str:
    if seen.queued:
        return "queued"
    stage = next(each for each in Stage if each not in reached)
    if stage is Stage.BOUND:
        unbound = [name for name, each in (seen.claims or {}).items() if each is not None and not claims.is_bound(each)]
        return f"{stage.doing} of {', '.join(unbound)}" if unbound else stage.doing
    if stage is Stage.IMAGE:
        pulled = [pod for pod in seen.pods if newest(about(seen.events, pod), "Pulling")]
        return f"pulling {main_container(pulled[0])['image']}" if pulled else stage.doing
    return stage.doing
