"""Runs a cell on a pod, and follows one that runs there: what ``%%kt_compute`` and ``%kt_compute attach`` do.

What can be known beforehand is: that the cell can be read, that its variables can be sent. Then the compute is started,
or found; the cell is sent; what it does is shown as it comes. At last its variables are set here, one line says where
it ran and how long, and if it failed, that is what this cell ends with.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kt_jupyter import reporting
from kt_jupyter.compute import Compute
from kt_jupyter.compute.functions.capture import Packed
from kt_jupyter.compute.functions.checks import check_packages, check_python
from kt_jupyter.compute.session import Done, Result
from kt_jupyter.compute.session.on_ranks import AnyWork
from kt_jupyter.errors import CellFailed, KtError, SessionEnded
from kt_jupyter.notebook.compute import variables
from kt_jupyter.notebook.compute.relay import Relay
from kt_jupyter.notebook.compute.values import RemoteValue


def start(
    compute: Compute,
    source: str,
    *,
    inputs: Mapping[str, Packed],
    outputs: tuple[str, ...] = (),
    fresh: bool = False,
    timeout: float | None = None,
    count: int | None = None,
) -> AnyWork:
    """Start a cell on a compute."""
    compute.ready_for_cells(fresh=fresh)
    if inputs or outputs:
        session = compute.session()
        check_python((session.hello or session.connect()).interpreter, session.pod, "variables")
        for name, each in inputs.items():
            check_packages(session, each.packages, name, session.pod)
    work = compute.start_cell(
        source,
        inputs={name: each.payload for name, each in inputs.items()},
        outputs=outputs,
        limit=variables.LIMIT,
        timeout=timeout,
        count=count,
    )
    variables.say_sizes("sent", variables.sizes_of(inputs))
    return work


def follow(shell: Any, compute: Compute, work: AnyWork) -> RemoteValue | None:
    """Show what a cell does until it ends.

    Returns:
        The value of its last expression, if it has one.

    Raises:
        CellFailed: It ended other than well.
        SessionEnded: The pod has ended; says why.
        KtError: A variable could not be set there, or brought back.
        KeyboardInterrupt: After the third Stop; the cell goes on there.
    """
    relay = Relay(shell)
    begun = time.monotonic()
    try:
        done = work.follow(relay)
    except KeyboardInterrupt:
        reporting.notice(f"It goes on there: `%kt_compute attach {compute.name}` shows it again.")
        raise
    except SessionEnded as ended:
        ended.remedy = ended.remedy or f"To start it anew: %%kt_compute {compute.name} --fresh"
        raise
    _say_where(compute, done, time.monotonic() - begun)
    if done.status != "ok":
        if done.status != "error" and not done.variables_kept:
            compute.refuse_ended()
        raise _failed(compute, done)
    variables.assign(done, shell.user_ns)
    return _value(relay.result)


def _say_where(compute: Compute, done: Done, seconds: float) -> None:
    if done.started is not None and done.ended is not None:
        seconds = done.ended - done.started
    reporting.outcome(f"{compute.place} · {_duration(seconds)}", bare=f"ran on compute {compute.name}")


def _duration(seconds: float) -> str:
    if seconds < 10:  # noqa: PLR2004 - below, a tenth is what one feels
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _failed(compute: Compute, done: Done) -> KtError:
    error = done.error
    if done.phase == "inputs":
        return variables.not_taken(done)
    if done.status == "error" and error is not None:
        # Shown with the exception's own name, for that is what a front end prints and what one looks for.
        kind = type(error.ename, (CellFailed,), {"__module__": CellFailed.__module__})
        failed: CellFailed = kind(error.evalue or error.ename, traceback=error.traceback)
        return failed
    kept = "Its variables are kept. " if done.variables_kept else "The variables of its cells are gone with it. "
    if done.status == "not started":  # it had none, and what ended before has been told
        kept = ""
    remedy = f"{kept}The compute goes on: the next cell runs on {compute.name}."
    traceback = error.traceback if error is not None else ()
    return CellFailed(done.sentence or done.status, status=done.status, remedy=remedy, traceback=traceback)


def _value(result: Result | None) -> RemoteValue | None:
    return None if result is None else RemoteValue(result.data, result.metadata)
