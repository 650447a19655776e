"""Cells that run on every rank of a compute, started and found again: the same id on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kt_jupyter.compute.session.ranked import RankedWork, environment
from kt_jupyter.compute.session.session import Session, new_id
from kt_jupyter.compute.session.work import Work

AnyWork = Work | RankedWork


def environments(sessions: Sequence[Session]) -> list[Mapping[str, str]]:
    """Ask rank 0 where the others find it, and return what each rank has to know."""
    meeting = sessions[0].meeting()
    return [environment(rank, len(sessions), meeting) for rank in range(len(sessions))]


def start_cell(sessions: Sequence[Session], source: str, *, outputs: Sequence[str] = (), **how: Any) -> RankedWork:
    """Start a cell on every rank; arguments as for ``Session.start_cell``. Variables come back from rank 0."""
    id_ = new_id()
    works = [
        session.start_cell(source, outputs=() if rank else outputs, env=env, id_=id_, **how)
        for rank, (session, env) in enumerate(zip(sessions, environments(sessions), strict=True))
    ]
    return RankedWork(works)


def attach(sessions: Sequence[Session], work: str, *, ranked: bool) -> AnyWork:
    """Return a cell that was started earlier, by whomever.

    Raises:
        WorkNotFound: An agent knows none of that id (any more).
    """
    works = [session.attach(work) for session in sessions]
    return RankedWork(works) if ranked else works[0]
