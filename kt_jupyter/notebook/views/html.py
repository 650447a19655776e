"""A view as HTML for JupyterLab and its kin.

Colours come from the page: JupyterLab's own variables, and where a front end has none, the page's text colour at some
strength. So both themes are right without a line of theme code. Everything that is not markup goes through ``_esc``:
claims, events and annotations are written by others.

The style sheet travels with each output, because a saved notebook must look right where nothing of ours is installed.
A front end that strips it (GitHub does; JupyterLab from notebooks it does not trust, and there our extension has the
same sheet) leaves lines and tables that still read well.
``data-kt-insert`` is what our JupyterLab extension turns into "insert below" on a click.
"""

from __future__ import annotations

from html import escape

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
    Row,
    Span,
    Table,
    View,
    Words,
    spans,
)
from kt_jupyter.notebook.views.style import STYLE
from kt_jupyter.notebook.views.text import plain


def to_html(view: View) -> str:
    """Write a view as one HTML fragment."""
    return f'<div class="kt-view"><style>{STYLE}</style>{"".join(_block(block) for block in view.blocks)}</div>'


def words_html(words: Words) -> str:
    """Write words as HTML."""
    return "".join(_span(span) for span in spans(words))


def _esc(text: str) -> str:
    return escape(plain(text, keep_lines=True))


def _span(span: Span) -> str:
    match span:
        case Exact(short=short, exact=exact):
            return f'<span title="{_esc(exact)}">{_esc(short)}</span>'
        case Paste(code=code):
            return _paste(code)
        case Mark():
            return _mark(span)
        case _:
            return _esc(span)


def _paste(code: str) -> str:
    return f'<code class="kt-insert" data-kt-insert="{_esc(code)}">{_esc(code)}</code>'


def _mark(mark: Mark) -> str:
    # The words beside the shape say the state: a screen reader should not spell "black circle" before them.
    return f'<span class="kt-mark kt-{mark.tone.value}" aria-hidden="true">{mark.shape}</span>'


def _block(block: Block) -> str:
    match block:
        case Heading(kind=kind, name=name, mark=mark, state=state):
            doing = f' <span class="kt-state">{_mark(mark)} {words_html(state)}</span>' if mark else ""
            return f'<div class="kt-heading"><span>{_esc(kind)} <b>{_esc(name)}</b></span>{doing}</div>'
        case Facts(items=items):
            return f'<div class="kt-facts">{" · ".join(map(words_html, items))}</div>' if items else ""
        case Note(words=words, mark=mark):
            return f'<div class="kt-note">{_mark(mark) + " " if mark else ""}{words_html(words)}</div>'
        case Next(commands=commands):
            return f'<div class="kt-next">next: {" ".join(map(_paste, commands))}</div>' if commands else ""
        case Code(text=text):
            return f'<pre class="kt-code">{_esc(text)}</pre>'
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    title = f'<div class="kt-heading"><span>{words_html(table.title)}</span></div>' if table.title else ""
    kinds = [" ".join(_classes(column.right, column.wide)) for column in table.columns]
    names = "".join(
        f'<th scope="col"{_class(kind)}>{_esc(column.name)}</th>'
        for column, kind in zip(table.columns, kinds, strict=True)
    )
    rows = "".join(_row(row, kinds) for row in table.rows)
    return (
        f'{title}<div class="kt-scroll"><table class="kt-table">'
        f'<thead><tr><th aria-label="state"></th>{names}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(row: Row, kinds: list[str]) -> str:
    cells = "".join(f"<td{_class(kind)}>{words_html(cell)}</td>" for cell, kind in zip(row.cells, kinds, strict=True))
    return f"<tr><td>{_mark(row.mark)}</td>{cells}</tr>"


def _classes(right: bool, wide: bool) -> list[str]:  # noqa: FBT001 - a column's two properties, in its order
    return (["kt-right"] if right else []) + (["kt-wide"] if wide else [])


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
