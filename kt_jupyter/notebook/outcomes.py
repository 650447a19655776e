"""What a magic gives back when it changed nothing: what would be made, what would be deleted, why it was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kt_jupyter.compute import ComputeStatus
from kt_jupyter.errors import DataWouldBeLost
from kt_jupyter.volumes.deletion import Deletion
from kt_jupyter.volumes.shell import ShellPlan


@dataclass(frozen=True)
class WouldBeMade:
    """The claim as the server would store it, after its defaults and checks (a server-side dry run)."""

    name: str
    claim: dict[str, Any]


@dataclass(frozen=True)
class WouldOpen:
    """What opening a terminal would do, and the line that does it."""

    plan: ShellPlan
    line: str


@dataclass(frozen=True)
class PlannedDeletion:
    """What a deletion would do."""

    deletion: Deletion


@dataclass(frozen=True)
class WouldStart:
    """The Job of a compute as the server would store it, after its defaults and checks.

    Attributes:
        name: The compute.
        job: The Job.
        runs: Whether there is one that the cell would run on.
    """

    name: str
    job: dict[str, Any]
    runs: bool = False


@dataclass(frozen=True)
class PlannedStop:
    """What stopping a compute would do."""

    status: ComputeStatus


@dataclass(frozen=True)
class Detached:
    """A cell that was sent and is left to itself.

    Attributes:
        compute: Where it runs.
        namespace: The compute's.
        work: By which its agent knows it.
        starting: Whether it waits for the compute to start.
    """

    compute: str
    namespace: str
    work: str
    starting: bool = False


def refuse_to_destroy(plan: Deletion) -> None:
    """Refuse a deletion that would lose data.

    A notebook has no prompt that also works when it is run from top to bottom, so the confirmation is an option.

    Raises:
        DataWouldBeLost: The volume has a disk whose data is not kept.
    """
    if not plan.existed or plan.data in {"none", "kept"}:
        return
    raise DataWouldBeLost(
        f'volume "{plan.name}" in {plan.namespace} is still there: {plan.would}.',
        remedy=f"If that is meant: %kt_volume delete {plan.name} --yes",
    )
