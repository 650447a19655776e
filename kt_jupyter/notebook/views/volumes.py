"""How a volume looks, alone and among others."""

from __future__ import annotations

from collections.abc import Sequence

from kt_jupyter.errors import KtError
from kt_jupyter.notebook.views import places
from kt_jupyter.notebook.views.blocks import (
    ABSENT,
    BUSY,
    ENDING,
    GOOD,
    LIMITED,
    LOST,
    PROBLEM,
    WAITING,
    Block,
    Column,
    Facts,
    Heading,
    Mark,
    Next,
    Note,
    Paste,
    Span,
    Table,
    View,
    Words,
)
from kt_jupyter.notebook.views.units import NOTHING, age, made, size
from kt_jupyter.specs import human
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.volumes.listing import VolumeList
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.verdict import State
from kt_jupyter.volumes.volume import Volume

MARKS: dict[State, Mark] = {
    State.BOUND: GOOD,
    State.WAITING: WAITING,
    State.PENDING: BUSY,
    State.RESIZING: BUSY,
    State.PROBLEM: PROBLEM,
    State.LOST: LOST,
    State.TERMINATING: ENDING,
    State.ABSENT: ABSENT,
}
_USABLE = (State.BOUND, State.WAITING, State.PENDING, State.RESIZING)
_COLUMNS = (
    Column("NAME"),
    Column("STATUS", wide=True),
    Column("SIZE", right=True),
    Column("MODE"),
    Column("CLASS"),
    Column("USED BY"),
    Column("AGE"),
)
_MEANINGS = {mode.short: mode.meaning for mode in AccessMode}
_MANY_USERS = 2


def volume_view(volume: Volume) -> View:
    """Show a volume as it is now. When the cluster does not say, show the handle and why."""
    try:
        return status_view(volume.status())
    except KtError as error:
        return View((Heading("Volume", volume.name), Note(error.fact, PROBLEM)))


def status_view(status: VolumeStatus, *, here: str | None = None) -> View:
    """Show one volume: how it is, what it is, what one could do.

    ``here`` is the current namespace: commands for a volume of another one say so.
    """
    name = places.called(status.name, status.namespace, here)
    opening = (f"%kt_volume ssh {name}",) if status.state in _USABLE else ()
    return View(
        (
            Heading("Volume", status.name, MARKS[status.state], status.words),
            Facts(_facts(status)),
            *_remedy(status),
            Next((*opening, f"%kt_volume show {name}", f"%kt_volume delete {name}", "%kt_volume")),
        )
    )


def _facts(status: VolumeStatus) -> list[Words]:
    modes = status.access_modes
    facts: list[Words] = [
        ("size ", size(status.size)),
        f"{modes} ({_MEANINGS[modes]})" if modes in _MEANINGS else modes,
        f"class {status.storage_class}" if status.storage_class else "no class",
        f"namespace {status.namespace}",
    ]
    if status.mount_path:
        facts.append(f"mounted at {status.mount_path}")
    if status.used_by:
        facts.append(f"used by {_users(status.used_by)}")
    if status.created:
        facts.append(made(status.created))
    return facts


def _remedy(status: VolumeStatus) -> Sequence[Block]:
    return (Note(("Remedy: ", Paste(status.remedy))),) if status.remedy else ()


def _users(names: Sequence[str] | None) -> str:
    if names is None:
        return "may not be seen"
    if not names:
        return "nobody"
    shown, rest = names[:_MANY_USERS], len(names) - _MANY_USERS
    return ", ".join(shown) + (f", +{rest}" if rest > 0 else "")


def table(title: str, statuses: Sequence[VolumeStatus], *, with_namespace: bool) -> Table:
    """Show volumes, one a row, problems with their reason in the row."""
    return places.table(title, _COLUMNS, map(_row, statuses), with_namespace=with_namespace)


def _row(status: VolumeStatus) -> tuple[Mark, str, list[Span]]:
    # Waiting for first use is normal, so its word is enough in a row; the card explains it.
    words = status.state.word if status.state is State.WAITING else status.words
    cells: list[Span] = [
        status.name,
        words,
        size(status.size),
        status.access_modes or NOTHING,
        status.storage_class or NOTHING,
        _users(status.used_by),
        age(status.created),
    ]
    return MARKS[status.state], status.namespace, cells


def list_view(listed: VolumeList) -> View:
    """Show the volumes of a namespace, problems first; an empty list says how to make the first one."""
    where = places.place(listed.namespace, listed.context)
    limits = [Note(f"Without the right to {right}, some of it is unknown.", LIMITED) for right in listed.without]
    if not listed:
        first = "%kt_volume create my-data --size 10Gi --mount /data"
        return View((Note(f"No volumes {where} yet."), *limits, Next((first,))))
    title = f"{human.count(len(listed), 'volume')} {where}"
    return View((table(title, listed, with_namespace=listed.namespace is None), *limits))
