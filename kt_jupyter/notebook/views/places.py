"""Where things are: what lists of a namespace or of all of them have in common, and commands for another namespace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kt_jupyter.kube import current
from kt_jupyter.notebook.views.blocks import Column, Mark, Row, Span, Table, Words


def place(namespace: str | None, context: str | None = None) -> str:
    """Say where a list is from: ``in team-a (kind-dev)``, ``in all namespaces``."""
    where = f"in {namespace}" if namespace else "in all namespaces"
    return f"{where} ({context})" if context else where


def called(name: str, namespace: str, here: str | None = None) -> str:
    """Return how a command names a thing, its namespace included where it is not ``here``, by default the current."""
    return name if namespace == (here or current().namespace) else f"{name} -n {namespace}"


def table(
    title: Words,
    columns: Sequence[Column],
    rows: Iterable[tuple[Mark, str, Sequence[Span]]],
    *,
    with_namespace: bool,
) -> Table:
    """Return a table of things, each given as its mark, its namespace and its cells."""
    if not with_namespace:
        return Table(title, columns, [Row(mark, cells) for mark, _, cells in rows])
    wider = [Row(mark, [namespace, *cells]) for mark, namespace, cells in rows]
    return Table(title, (Column("NAMESPACE"), *columns), wider)
