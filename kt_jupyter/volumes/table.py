"""Volumes as a table of plain text: what a terminal, a log and a screen reader get."""

from __future__ import annotations

from collections.abc import Sequence

from kt_jupyter.specs import human
from kt_jupyter.volumes.status import VolumeStatus

_COLUMNS = ("NAME", "NAMESPACE", "STATUS", "SIZE", "MODE", "CLASS", "USED BY", "AGE")


def table(listed: Sequence[VolumeStatus], *, with_namespace: bool) -> list[str]:
    """Return the lines of the table, headers first; the shape of each state stands before its row."""
    columns = [each for each in _COLUMNS if with_namespace or each != "NAMESPACE"]
    cells = [dict(zip(_COLUMNS, _cells(row), strict=True)) for row in listed]
    widths = {each: max(len(each), *(len(row[each]) for row in cells)) for each in columns}
    lines = [_line(" ", {each: each for each in columns}, widths)]
    lines += [_line(row.state.shape, texts, widths) for row, texts in zip(listed, cells, strict=True)]
    return lines


def _cells(row: VolumeStatus) -> tuple[str, ...]:
    used_by = "unknown" if row.used_by is None else few(row.used_by)
    size = human.size(row.size) if row.size else "–"
    return (
        row.name, row.namespace, row.words, size, row.access_modes, row.storage_class or "–", used_by, row.age
    )  # fmt: skip


def few(names: Sequence[str]) -> str:
    """Write pod names for a narrow column: ``nobody``, ``train-0``, ``train-0, +3``."""
    if not names:
        return "nobody"
    return f"{names[0]}, +{len(names) - 1}" if len(names) > 1 else names[0]


def _line(shape: str, texts: dict[str, str], widths: dict[str, int]) -> str:
    aligned = [
        texts[column].rjust(width) if column == "SIZE" else texts[column].ljust(width)
        for column, width in widths.items()
    ]
    return f"{shape} {'  '.join(aligned)}".rstrip()
