"""Shows here what a cell does there, as if it did it here.

Printing goes to this process' standard output and error, displays to the front end; the value of the last expression is
kept, to be this cell's own. The front end gets both streams through two buffers, so one is emptied before the other is
written: what was printed first stands first.

A notebook that is sent a gigabyte of text dies of it, and so does the browser. Of what a cell prints beyond a few
megabytes only the end is shown, and it is said how much there was; all of it stands in the pod's log.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any, Final, Literal

from kt_jupyter import reporting
from kt_jupyter.compute.session import (
    ClearOutput,
    Display,
    Done,
    Event,
    Reconnected,
    Reconnecting,
    Result,
    Skipped,
    Stopping,
    Text,
)
from kt_jupyter.specs import human

SHOWN: Final = 4 << 20
"""Characters that are shown as they come."""

_TAIL: Final = 64 << 10
_SAID_EVERY: Final = 32 << 20
_WITHOUT: Final = ("application/vnd.jupyter.widget-view+json",)  # a widget's kernel side is there, not here
_STOPPING: Final = {
    "interrupt": "Interrupting… Stop again ends its process, and with it the variables.",
    "terminate": "Ending its process… Stop once more leaves it as it is.",
    "kill": "Its process does not end by itself: killing it.",
}

Stream = Literal["stdout", "stderr"]


class Relay:
    """Shows the events of one cell in a shell; pass it as ``on_event``.

    Attributes:
        result: The value of its last expression; None when it had none.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._last: Stream | None = None
        self._count = 0
        self._said = 0
        self._tail: deque[tuple[Stream, str]] = deque()
        self._tail_size = 0
        self.result: Result | None = None

    def __call__(self, event: Event) -> None:
        """Show an event. ``Started`` needs no words, and ``Error`` stands in ``Done`` as well."""
        match event:
            case Text():
                self._text(event.stream, event.text)
            case Display():
                self._display(event)
            case ClearOutput():
                self._shell.display_pub.clear_output(event.wait)
            case Result():
                self.result = event
            case Skipped():
                reporting.notice(f"{human.size(event.size)} of its output are missing here: {event.why}.")
            case Done():
                self._end()
            case Reconnecting() | Reconnected() | Stopping():
                reporting.progress(_said(event))

    def _text(self, stream: Stream, text: str) -> None:
        self._count += len(text)
        if self._count <= SHOWN:
            self._write(stream, text)
            return
        self._tail.append((stream, text[-_TAIL:]))
        self._tail_size += len(self._tail[-1][1])
        while self._tail_size - len(self._tail[0][1]) > _TAIL:
            self._tail_size -= len(self._tail.popleft()[1])
        if self._count - self._said > _SAID_EVERY:
            self._said = self._count
            reporting.progress(f"◐ it has printed {human.size(self._count)}; only the end of it will be shown here")

    def _write(self, stream: Stream, text: str) -> None:
        if self._last not in (None, stream):
            _file(self._last).flush()
        self._last = stream
        file = _file(stream)
        file.write(text)
        file.flush()

    def _display(self, event: Display) -> None:
        data = {kind: value for kind, value in event.data.items() if kind not in _WITHOUT}
        if data:
            transient = {"display_id": event.display_id} if event.display_id else {}
            self._shell.display_pub.publish(data, dict(event.metadata), transient=transient, update=event.update)

    def _end(self) -> None:
        if self._tail:
            hidden = self._count - SHOWN - self._tail_size
            if hidden > 0:
                reporting.notice(f"{human.size(hidden)} of its output are not shown here; the pod's log has them.")
            for stream, text in self._tail:
                self._write(stream, text)
            self._tail.clear()


def _said(event: Reconnecting | Reconnected | Stopping) -> str:
    match event:
        case Reconnecting():
            return f"◐ connection lost ({event.how}); the cell goes on in its pod, and nothing is missed"
        case Reconnected():
            return "✓ connected again; nothing was missed"
        case Stopping():
            return f"◐ {_STOPPING[event.how]}"


def _file(stream: Stream | None) -> Any:
    return sys.stderr if stream == "stderr" else sys.stdout
