"""Shows here what was printed and displayed in a pod, as if it had been here.

A front end gets standard output and standard error through two buffers, so one is emptied before the other is written:
what was printed first stands first.
"""

from __future__ import annotations

import sys
from typing import Any, Final, TextIO

from kt_jupyter import reporting
from kt_jupyter.compute.session import ClearOutput, Display, Event, Skipped, Text
from kt_jupyter.specs import human

_WITHOUT: Final = ("application/vnd.jupyter.widget-view+json",)  # a widget's kernel side is there, not here


class Showing:
    """Shows one event after the other.

    Args:
        shell: The IPython shell that displays; default: the one of this process, where there is one.
    """

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell or _this_shell()
        self._last = ""

    def __call__(self, event: Event) -> None:
        """Show what was printed or displayed; other events have nothing to show."""
        match event:
            case Text(stream=stream, text=text):
                self._write(stream, text)
            case Display():
                self._display(event)
            case ClearOutput(wait=wait) if self._shell is not None:
                self._shell.display_pub.clear_output(wait)
            case Skipped(size=size, why=why):
                reporting.notice(f"{human.size(size)} of its output are missing here: {why}.")

    def _write(self, stream: str, text: str) -> None:
        if self._last not in {"", stream}:
            _file(self._last).flush()
        self._last = stream
        file = _file(stream)
        file.write(text)
        file.flush()

    def _display(self, event: Display) -> None:
        data = {kind: value for kind, value in event.data.items() if kind not in _WITHOUT}
        if self._shell is None:
            print(data.get("text/plain", ""), flush=True)  # noqa: T201 - as IPython does in a terminal
        elif data:
            transient = {"display_id": event.display_id} if event.display_id else {}
            self._shell.display_pub.publish(data, dict(event.metadata), transient=transient, update=event.update)


def _this_shell() -> Any:
    # Not an import: where nobody has imported IPython there is no notebook, and this layer must not know it.
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _file(stream: str) -> TextIO:
    return sys.stderr if stream == "stderr" else sys.stdout
