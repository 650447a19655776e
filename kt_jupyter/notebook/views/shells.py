"""How terminals on volumes look: one that was opened, one that would be, and those that were cleared away."""

from __future__ import annotations

from datetime import datetime

from kt_jupyter.kube import current
from kt_jupyter.notebook.document import as_yaml
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
    Row,
    Span,
    Table,
    Tone,
    View,
)
from kt_jupyter.notebook.views.units import NOTHING, age
from kt_jupyter.volumes.collecting import Collection, Helper, Use
from kt_jupyter.volumes.shell import Shell, ShellPlan

_MARKS = {Use.OPEN: GOOD, Use.IDLE: WAITING, Use.ENDED: Mark("○", Tone.OFF)}


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
    here = "" if plan.namespace == current().namespace else f" -n {plan.namespace}"
    blocks: list[Block] = [Note(plan.sentence), *(Note(line) for line in plan.notices)]
    if plan.checked and plan.manifest is not None:
        state = "would be opened (dry run: the server checked its pod and kept nothing)"
        return View((Heading("Terminal", plan.volume, ABSENT, state), *blocks, Code(as_yaml(plan.manifest))))
    return View((*blocks, Next((f"%kt_volume ssh {plan.volume}{here}",))))


def collection_view(collection: Collection) -> View:
    """Show what was cleared away, and what was not and why."""
    place = f"in {collection.namespace}" if collection.namespace else "in all namespaces"
    if not collection:
        return View((Note(f"No terminals on volumes {place}: there is nothing to remove."),))
    many = collection.namespace is None
    columns = [Column("TERMINAL"), Column("VOLUME"), Column("NODE"), Column("WHAT", wide=True), Column("AGE")]
    rows = [_row(collection, each, many=many) for each in collection]
    title = f"Terminals on volumes {place}"
    return View((Table(title, [Column("NAMESPACE"), *columns] if many else columns, rows),))


def _row(collection: Collection, helper: Helper, *, many: bool) -> Row:
    cells: list[Span] = [
        helper.name,
        helper.volume or NOTHING,
        helper.node or NOTHING,
        collection.fate(helper),
        age(datetime.fromisoformat(helper.created)),
    ]
    return Row(_MARKS[helper.use], [helper.namespace, *cells] if many else cells)
