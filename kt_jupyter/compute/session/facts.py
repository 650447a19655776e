"""What an agent says of itself and of its works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python in the pod.

    Attributes:
        version: Such as ``(3, 11, 7)``.
        implementation: ``cpython`` …
        executable: Where it is.
        ipython: Version of the image's IPython; None when it has none: the agent then does without.
        cloudpickle: Version of the cloudpickle that reads what is sent: the one that came with the agent, else the
            image's; None when there is neither.
    """

    version: tuple[int, int, int]
    implementation: str
    executable: str
    ipython: str | None
    cloudpickle: str | None


@dataclass(frozen=True, slots=True)
class WorkInfo:
    """One work, as the agent lists it.

    Attributes:
        id: By which ``Session.attach`` finds it.
        kind: ``cell`` or ``call``.
        label: As the starter named it.
        state: ``queued`` (cells wait for their turn), ``running`` or ``done``.
        status: As in ``Done``; empty while it is not done.
        started: Seconds since the epoch by the pod's clock; None while queued.
        ended: The same; None while not done.
        printed: Bytes of output so far.
        count: The cell's number.
    """

    id: str
    kind: Literal["cell", "call"]
    label: str
    state: Literal["queued", "running", "done"]
    status: str
    started: float | None
    ended: float | None
    printed: int
    count: int


@dataclass(frozen=True, slots=True)
class Hello:
    """What the agent says when a connection stands.

    Attributes:
        boot: Changes when the agent is another one: nothing of what was known of it holds then.
        pid: Of the agent; 1 in a container.
        started: Seconds since the epoch by the pod's clock.
        now: That clock, now.
        idle_limit: Seconds without work after which it ends itself; None: never.
        idle: Seconds without work so far; 0 while something runs.
        generation: Of the cells' namespace, as in ``Started``; 0 before the first cell.
        interpreter: The Python there.
        works: Those it remembers, oldest first.
    """

    boot: str
    pid: int
    started: float
    now: float
    idle_limit: float | None
    idle: float
    generation: int
    interpreter: Interpreter
    works: tuple[WorkInfo, ...] = ()

    @property
    def running(self) -> tuple[WorkInfo, ...]:
        """The works that are not done."""
        return tuple(work for work in self.works if work.state != "done")
