"""A view as plain text: for terminals, nbval, screen readers and everything that shows no HTML.

What the cluster says (event messages, annotations, names) is written by others and may hold control characters; a
terminal would obey them (move the cursor, set its title, paste). They are replaced here, once, for every view.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kt_jupyter.notebook.views.blocks import (
    Block,
    Code,
    Exact,
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
    spans,
)

# C0 and C1 controls, and the marks that turn the direction of writing (they can make a name look like another one).
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WIDEST_CELL = 72
_HEADING_GAP = " " * 4
_COLUMN_GAP = "  "


def to_text(view: View) -> str:
    """Write a view as text, without a line break at the end."""
    return "\n".join(line for block in view.blocks for line in _lines(block))


def plain(text: str, *, keep_lines: bool = False) -> str:
    """Make text of unknown origin safe to print, on one line unless told otherwise."""
    if not keep_lines:
        text = re.sub(r"\s+", " ", text)  # spaces at the ends stay: they separate a span from its neighbour
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def words_text(words: Words) -> str:
    """Write words as text."""
    return "".join(_span(span) for span in spans(words))


def _span(span: Span) -> str:
    match span:
        case Exact(short=text) | Paste(code=text) | Mark(shape=text):
            return plain(text)
        case _:
            return plain(span)


def _lines(block: Block) -> list[str]:
    match block:
        case Heading(kind=kind, name=name, mark=mark, state=state):
            head = plain(f"{kind} {name}")
            return [f"{head}{_HEADING_GAP}{_marked(mark, state)}" if mark else head]
        case Facts(items=items):
            return [" · ".join(words_text(item) for item in items)] if items else []
        case Note(words=words, mark=mark):
            return [_marked(mark, words) if mark else words_text(words)]
        case Next(commands=commands):
            return ["next: " + "   ·   ".join(plain(command) for command in commands)] if commands else []
        case Code(text=text):
            return plain(text, keep_lines=True).rstrip("\n").split("\n")
        case Table():
            return _table(block)


def _marked(mark: Mark, words: Words) -> str:
    return f"{mark.shape} {words_text(words)}".rstrip()


def _table(table: Table) -> list[str]:
    title = words_text(table.title)
    names = [plain(column.name) for column in table.columns]
    # The last column has no neighbour to push away: it is never cut.
    cells = [[*map(_cut, texts[:-1]), *texts[-1:]] for row in table.rows if (texts := [*map(words_text, row.cells)])]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [column.right for column in table.columns]
    return [
        *([title] if title else []),
        "  " + _aligned(names, widths, right),
        *(f"{row.mark.shape} {_aligned(line, widths, right)}" for row, line in zip(table.rows, cells, strict=True)),
    ]


def _aligned(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (f"{cell:>{w}}" if r else f"{cell:<{w}}" for cell, w, r in zip(cells, widths, right, strict=True))
    return _COLUMN_GAP.join(padded).rstrip()


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST_CELL else cell[: _WIDEST_CELL - 1].rstrip() + "…"
