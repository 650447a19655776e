"""What a start gives back: the Job and its pods as they were when the wait ended, and how long each stage took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kt_jupyter.pods.containers import main_container, main_state
from kt_jupyter.pods.line import Passed

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """A Job that has been started, as it was when the wait ended.

    Attributes:
        job: The Job.
        pods: Its pods, by rank.
        stages: What they went through, with the time each took.
    """

    job: Json
    pods: tuple[Json, ...]
    stages: tuple[Passed, ...] = ()

    @property
    def pod(self) -> Json:
        """The only pod, or that of rank 0."""
        return self.pods[0]

    @property
    def name(self) -> str:
        """That pod's name."""
        return str(self.pod["metadata"]["name"])

    @property
    def node(self) -> str:
        """The node that it is on."""
        return str(self.pod["spec"]["nodeName"])

    @property
    def container(self) -> str:
        """The container to attach to: named always, for a mesh may add one of its own."""
        return str(main_container(self.pod)["name"])

    @property
    def exit_code(self) -> int | None:
        """What its container ended with, if it has ended already."""
        ended = main_state(self.pod).get("terminated")
        return None if ended is None else int(ended.get("exitCode", 0))
