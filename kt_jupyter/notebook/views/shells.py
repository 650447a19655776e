"""How terminals on volumes look: one that was opened, one that would be, and those that were cleared away."""

from __future__ import annotations

from datetime import datetime

from kt_jupyter.notebook.document import as_yaml
from kt_jupyter.notebook.outcomes import WouldOpen
from kt_jupyter.notebook.views.blocks import (
    ABSENT,
    GOOD,
    WAITING,
    Block,
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
)
from kt_jupyter.notebook.views.places import place, table
from kt_jupyter.notebook.views.units import NOTHING, age
from kt_jupyter.volumes.collecting import Collection, Helper, Use
from kt_jupyter.volumes.shell import Shell, ShellPlan

_MARKS = {Use.OPEN: GOOD, Use.IDLE: WAITING, Use.ENDED: Mark("○", Tone.OFF)}
_COLUMNS = (Column("TERMINAL"), Column("VOLUME"), Column("NODE"), Column("WHAT", wide=True), Column("AGE"))


def shell_view(shell: Shell) -> View:
    """Show a terminal that was opened, or offered again."""
    facts = [
        f"pod {shell.pod}{f' on {shell.node}' if shell.node else ''}",
        f"{shell.mount_path}, {'read-only' if shell.read_only else 'read-write'}",
        f"image {shell.image}",
    ]
    state = "it was open: the same shell" if shell.reused else "open"
    return View((Heading("Terminal", shell.volume, GOOD, state), Facts(facts)))


def shell_plan_view(plan: ShellPlan) -> View:
    """Show what opening a terminal would do, and where the server checked it, the Job that it would be."""
    blocks: list[Block] = [Note(plan.sentence), *(Note(line) for line in plan.notices)]
    if plan.checked and plan.manifest is not None:
        state = "would be opened (dry run: the server checked its pod and kept nothing)"
        return View((Heading("Terminal", plan.volume, ABSENT, state), *blocks, Code(as_yaml(plan.manifest))))
    return View(tuple(blocks))


def would_open_view(would: WouldOpen) -> View:
    """Show the same, and the line that opens it."""
    return View((*shell_plan_view(would.plan).blocks, Next((would.line,))))


def collection_view(collection: Collection) -> View:
    """Show what was cleared away, and what was not and why."""
    where = place(collection.namespace)
    if not collection:
        return View((Note(f"No terminals on volumes {where}: there is nothing to remove."),))
    rows = [_row(collection, each) for each in collection]
    title = f"Terminals on volumes {where}"
    return View((table(title, _COLUMNS, rows, with_namespace=collection.namespace is None),))


def _row(collection: Collection, helper: Helper) -> tuple[Mark, str, list[Span]]:
    cells: list[Span] = [
        helper.name,
        helper.volume or NOTHING,
        helper.node or NOTHING,
        collection.fate(helper),
        age(datetime.fromisoformat(helper.created)),
    ]
    return _MARKS[helper.use], helper.namespace, cells
