"""How a compute looks, alone and among others, and what became of one."""

from __future__ import annotations

from kt_jupyter.compute import Compute, ComputeList, ComputeStatus, State, Stopped
from kt_jupyter.errors import KtError
from kt_jupyter.notebook.document import as_yaml
from kt_jupyter.notebook.outcomes import Detached, PlannedStop, WouldStart
from kt_jupyter.notebook.views.blocks import (
    ABSENT,
    BUSY,
    ENDING,
    GOOD,
    PROBLEM,
    YES,
    Code,
    Column,
    Facts,
    Heading,
    Mark,
    Next,
    Note,
    Span,
    Tone,
    View,
    Words,
)
from kt_jupyter.notebook.views.places import called, place, table
from kt_jupyter.notebook.views.units import NOTHING, age, made, size
from kt_jupyter.specs import human
from kt_jupyter.specs.durations import written
from kt_jupyter.specs.options import Options

MARKS: dict[State, Mark] = {
    State.RUNNING: GOOD,
    State.STARTING: BUSY,
    State.PROBLEM: PROBLEM,
    State.ENDING: ENDING,
    State.ENDED: Mark("✕", Tone.OFF),
    State.ABSENT: ABSENT,
}
_WORKERS = Column("WORKERS", right=True)
_COLUMNS = (
    Column("NAME"),
    Column("STATUS", wide=True),
    Column("CPUS", right=True),
    Column("MEMORY", right=True),
    Column("GPUS", right=True),
    Column("VOLUMES"),
    Column("NODE"),
    Column("BY"),
    Column("AGE"),
)


def compute_view(compute: Compute) -> View:
    """Show a compute as it is now. When the cluster does not say, show the handle and why."""
    try:
        return status_view(compute.status())
    except KtError as error:
        return View((Heading("Compute", compute.name), Note(error.fact, PROBLEM)))


def status_view(status: ComputeStatus, *, here: str | None = None) -> View:
    """Show one compute: how it is, what it is, what one could do.

    ``here`` is the current namespace: commands for a compute of another one say so.
    """
    name = called(status.name, status.namespace, here)
    return View(
        (
            Heading("Compute", status.name, MARKS[status.state], status.words),
            Facts(_facts(status)),
            Next(_possible(status.state, name)),
        )
    )


def list_view(listed: ComputeList) -> View:
    """Show the computes of a namespace; an empty list says how to start the first one."""
    where = place(listed.namespace, listed.context)
    if not listed:
        return View((Note(f"No computes {where}."), Next(("%%kt_compute --cpus 1",))))
    title = f"{human.count(len(listed), 'compute')} {where}"
    with_workers = any(each.options.workers is not None for each in listed)
    columns = (*_COLUMNS[:2], _WORKERS, *_COLUMNS[2:]) if with_workers else _COLUMNS
    rows = [_row(each, with_workers=with_workers) for each in listed]
    return View((table(title, columns, rows, with_namespace=listed.namespace is None),))


def stopped_view(stopped: Stopped) -> View:
    """Show what stopping a compute did."""
    if not stopped.existed:
        state = f"there is none in {stopped.namespace}, nothing to do"
        return View((Heading("Compute", stopped.name, ABSENT, state),))
    volumes = [Facts([f"namespace {stopped.namespace}", _kept(stopped.volumes)])]
    return View((Heading("Compute", stopped.name, YES, "stopped"), *volumes))


def planned_stop_view(planned: PlannedStop, *, here: str | None = None) -> View:
    """Show what stopping a compute would do."""
    status = planned.status
    if status.job is None:
        return stopped_view(Stopped(status.name, status.namespace, existed=False))
    kept = _kept(tuple(dict.fromkeys(each.claim for each in status.volumes)))
    state = "would be stopped, and its variables lost (dry run: nothing was changed)"
    stop = f"%kt_compute stop {called(status.name, status.namespace, here)}"
    facts = Facts([f"namespace {status.namespace}", f"now: {status.words}", kept])
    return View((Heading("Compute", status.name, ABSENT, state), facts, Next((stop,))))


def would_start_view(would: WouldStart) -> View:
    """Show the Job of a compute that would be started."""
    dry = "(dry run: the server checked it and kept nothing)"
    state = f"would be started {dry}"
    if would.runs:
        state = f"runs already, and the cell would run there; started anew with --fresh it would be this {dry}"
    return View((Heading("Compute", would.name, ABSENT, state), Code(as_yaml(_settled(would.job)))))


def detached_view(detached: Detached, *, here: str | None = None) -> View:
    """Show a cell that was left to itself."""
    name = called(detached.compute, detached.namespace, here)
    when = "runs by itself as soon as its pod starts" if detached.starting else "runs by itself"
    look = f"%kt_compute show {name}" if detached.starting else f"%kt_compute logs {name}"
    return View(
        (
            Heading("Cell", f"on {detached.compute}", BUSY, f"{when}, whatever becomes of this notebook"),
            Next((f"%kt_compute attach {name}", look, f"%kt_compute stop {name}")),
        )
    )


def _possible(state: State, name: str) -> tuple[str, ...]:
    if state in {State.ABSENT, State.ENDED}:
        return (f"%%kt_compute {name}", "%kt_compute")
    return (f"%%kt_compute {name}", f"%kt_compute logs {name}", f"%kt_compute stop {name}")


def _facts(status: ComputeStatus) -> list[Words]:
    facts = _described(status.options)
    facts.append(f"namespace {status.namespace}")
    if status.pod_name:
        pods = f"pods {status.pod_name} …" if len(status.pods) > 1 else f"pod {status.pod_name}"
        facts.append(f"{pods}{f' on {status.node}' if status.node else ''}")
    if status.created:
        by = f" by {status.made_by}" if status.made_by else ""
        facts.append([made(status.created), by])
    return facts


def _described(options: Options) -> list[Words]:
    facts: list[Words] = []
    each = ""
    if options.workers is not None:
        facts.append(human.count(options.workers, "worker"))
        each = " each"
    if options.cpus:
        facts.append(f"{human.count(options.cpus, 'CPU')}{each}")
    if options.memory:
        facts.append([size(options.memory), each])
    if options.gpus:
        facts.append(f"{human.count(options.gpus, 'GPU')}{each}")
    if options.image:
        facts.append(options.image)
    facts += [f"{each.claim} at {each.path}{' (read-only)' if each.read_only else ''}" for each in options.mounts or ()]
    if options.idle is not None:
        facts.append(f"ends after {written(options.idle)} without use" if options.idle else "stays until it is stopped")
    if options.queue:
        facts.append(f"queue {options.queue}")
    return facts


def _kept(volumes: tuple[str, ...]) -> str:
    if not volumes:
        return "it had no volumes"
    return f"{'volume' if len(volumes) == 1 else 'volumes'} {', '.join(volumes)} kept"


def _row(status: ComputeStatus, *, with_workers: bool) -> tuple[Mark, str, list[Span]]:
    options = status.options
    workers = [str(options.workers or NOTHING)] if with_workers else []
    cells: list[Span] = [
        status.name,
        status.words,
        *workers,
        f"{float(options.cpus.value):g}" if options.cpus else NOTHING,
        size(options.memory),
        str(options.gpus) if options.gpus else NOTHING,
        ", ".join(each.claim for each in status.volumes) or NOTHING,
        status.node or NOTHING,
        status.made_by.partition(",")[0] or NOTHING,
        age(status.created),
    ]
    return MARKS[status.state], status.namespace, cells


def _settled(job: dict[str, object]) -> dict[str, object]:
    """Return a Job without what only a real one has, and without the agent, which nobody reads."""
    shown = {key: value for key, value in job.items() if key != "status"}
    metadata = dict(shown["metadata"])  # type: ignore[call-overload]
    for key in ("creationTimestamp", "managedFields", "resourceVersion", "uid", "generation"):
        metadata.pop(key, None)
    return {**shown, "metadata": metadata}
