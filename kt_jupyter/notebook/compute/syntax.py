"""Whether a cell can be read at all: one with a mistake in its syntax is never sent."""

from __future__ import annotations

import ast

from IPython.core.inputtransformer2 import TransformerManager

from kt_jupyter.errors import InvalidInput


def refuse_unreadable(source: str) -> None:
    """Refuse a cell that Python, with IPython's additions, can't read.

    Raises:
        SyntaxError: As Python tells it, with the line in the cell.
        InvalidInput: There is nothing to run.
    """
    if not source.strip():
        raise InvalidInput("the cell is empty: there is nothing to run.", remedy="Write it below %%kt_compute.")
    transformed = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
    compile(transformed, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
