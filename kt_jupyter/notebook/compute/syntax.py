"""Whether a cell can be read at all: one with a mistake in its syntax is never sent."""

from __future__ import annotations

import ast
import traceback

from IPython.core.inputtransformer2 import TransformerManager

from kt_jupyter.errors import InvalidInput


def refuse_unreadable(source: str) -> None:
    """Refuse a cell that Python, with IPython's additions, can't read.

    Raises:
        InvalidInput: It can't be read, and Python says where; or there is nothing to run.
    """
    if not source.strip():
        raise InvalidInput("the cell is empty: there is nothing to run.", remedy="Write it below %%kt_compute.")
    transformed = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
    try:
        compile(transformed, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        where = "".join(traceback.format_exception_only(error)).rstrip("\n")
        raise InvalidInput("the cell was not sent: Python can't read it.", remedy=where) from error
