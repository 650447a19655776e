"""One line that changes in place while something is waited for, and then stays as a record.

A line that moves is for somebody who watches. Where nobody does (nbval, nbconvert, a script: they run cells with
``allow_stdin`` false, or standard error is no terminal) nothing is shown, so that a stored notebook does not depend
on how long the cluster took that day.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

from kt_jupyter.notebook.views.blocks import BUSY, YES, Mark, Note, View
from kt_jupyter.notebook.views.html import to_html
from kt_jupyter.notebook.views.text import to_text

_CLEAR_LINE = "\r\x1b[K"


class WaitingLine:
    """Shows what is being waited for; call it with each new reason, then :meth:`done` with what came of it."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._display_id = ""
        self._shown = ""

    def __call__(self, reason: str) -> None:
        """Show a reason, in place of the one before."""
        self._show(BUSY, reason)

    def done(self, outcome: str) -> None:
        """Leave the outcome where the reasons stood; where none was shown, nothing."""
        if self._shown:
            self._show(YES, outcome)
            if not _is_notebook(self._shell):
                sys.stderr.write("\n")
        self._display_id = self._shown = ""

    def _show(self, mark: Mark, words: str) -> None:
        view = View((Note(words, mark),))
        text = to_text(view)
        if text == self._shown or not someone_watches(self._shell):
            return
        if _is_notebook(self._shell):
            self._publish({"text/plain": text, "text/html": to_html(view)})
        else:
            sys.stderr.write(_CLEAR_LINE + text)
            sys.stderr.flush()
        self._shown = text

    def _publish(self, data: dict[str, str]) -> None:
        update = bool(self._display_id)
        self._display_id = self._display_id or uuid4().hex
        self._shell.display_pub.publish(data, transient={"display_id": self._display_id}, update=update)


def someone_watches(shell: Any) -> bool:
    """Whether a person sees what is shown while it is shown."""
    if not _is_notebook(shell):
        return sys.stderr.isatty()
    request = shell.kernel.get_parent("shell")
    return bool(request.get("content", {}).get("allow_stdin", True))


def _is_notebook(shell: Any) -> bool:
    return hasattr(shell, "kernel")
