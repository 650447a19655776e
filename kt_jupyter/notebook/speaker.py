"""What the core says while it works, shown where the person looks: under the cell.

A notice stays: a line of its own. Progress is one line that changes in place, and stays as it last was when its outcome
is known or the cell ends. JupyterLab would show either in a red box if it went to standard error, as it does in plain
Python.

A line that moves is for somebody who watches. Where nobody does (``watched``) no progress is shown, and of an outcome
what is the same at every run, so that a stored notebook does not depend on how long the cluster took that day.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

from kt_jupyter.notebook.views.blocks import Note, Paste, Span, View
from kt_jupyter.notebook.views.html import to_html
from kt_jupyter.notebook.views.text import plain, to_text
from kt_jupyter.notebook.watched import in_notebook, someone_watches

_CLEAR_LINE = "\r\x1b[K"


class Speaker:
    """Shows notices and progress in one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._line: str | None = None
        """The display to change in place, or "" in a terminal; None before the first progress of a cell."""

    def notice(self, line: str) -> None:
        """Show a line that stays."""
        if in_notebook(self._shell):
            self._publish(line)
        else:
            print(plain(line), file=sys.stderr, flush=True)  # noqa: T201 - a terminal's notices go there

    def progress(self, line: str) -> None:
        """Show a line in place of the one before."""
        if not someone_watches(self._shell):
            return
        if in_notebook(self._shell):
            first = self._line is None
            self._line = self._line or uuid4().hex
            self._publish(line, transient={"display_id": self._line}, update=not first)
        else:
            self._line = ""
            sys.stderr.write(_CLEAR_LINE + plain(line))
            sys.stderr.flush()

    tick = progress

    def outcome(self, line: str, *, bare: str) -> None:
        """Let the line stay, and the next one begin anew."""
        if someone_watches(self._shell):
            self.progress(line)
            self.end_of_cell()
        else:
            self.notice(bare)

    def end_of_cell(self, *_: Any) -> None:
        """Leave the line as it is; the next cell begins its own."""
        if self._line == "":
            sys.stderr.write("\n")
        self._line = None

    def _publish(self, line: str, **how: Any) -> None:
        view = View((Note(_with_code(line)),))
        self._shell.display_pub.publish({"text/plain": to_text(view), "text/html": to_html(view)}, **how)


def _with_code(line: str) -> list[Span]:
    """Make what stands in backquotes code to paste."""
    parts = line.split("`")
    return [Paste(part) if place % 2 and place < len(parts) - 1 else part for place, part in enumerate(parts) if part]
