"""Shows here what a cell does there, as if it did it here.

Printing goes to this process' standard output and error, displays to the front end; the value of the last expression is
kept, to be this cell's own.

A notebook that is sent a gigabyte of text dies of it, and so does the browser. Of what a cell prints beyond a few
megabytes only the end is shown, and it is said how much there was. The pod's log leaves out what comes too fast for it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any, Final

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
from kt_jupyter.compute.showing import Showing
from kt_jupyter.specs import human

SHOWN: Final = 4 << 20
"""Characters that are shown as they come."""

_TAIL: Final = 64 << 10
_SAID_EVERY: Final = 32 << 20
_STOPPING: Final = {
    "interrupt": "Interrupting… Stop again ends its process, and with it the variables.",
    "terminate": "Ending its process… Stop once more leaves it as it is.",
    "kill": "Its process does not end by itself: killing it.",
}


class Relay:
    """Shows the events of one cell in a shell; pass it as ``on_event``.

    Attributes:
        result: The value of its last expression; None when it had none.
    """

    def __init__(self, shell: Any) -> None:
        self._show = Showing(shell)
        self._count = 0
        self._said = 0
        self._tail: deque[Text] = deque()
        self._tail_size = 0
        self.result: Result | None = None

    def __call__(self, event: Event) -> None:
        """Show an event. ``Started`` needs no words, and ``Error`` stands in ``Done`` as well."""
        match event:
            case Text():
                self._text(event)
            case Display() | ClearOutput() | Skipped():
                self._show(event)
            case Result():
                self.result = event
            case Done():
                self._end()
            case Reconnecting() | Reconnected() | Stopping():
                reporting.progress(_said(event))

    def _text(self, event: Text) -> None:
        self._count += len(event.text)
        if self._count <= SHOWN:
            self._show(event)
            return
        self._tail.append(replace(event, text=event.text[-_TAIL:]))
        self._tail_size += len(self._tail[-1].text)
        while self._tail_size - len(self._tail[0].text) > _TAIL:
            self._tail_size -= len(self._tail.popleft().text)
        if self._count - self._said > _SAID_EVERY:
            self._said = self._count
            reporting.progress(f"◐ it has printed {human.size(self._count)}; only the end of it will be shown here")

    def _end(self) -> None:
        if self._tail:
            hidden = self._count - SHOWN - self._tail_size
            if hidden > 0:
                reporting.notice(
                    f"{human.size(hidden)} of its output are not shown here, and the pod's log may have only a part of "
                    "them. What is to be kept belongs in a file, such as one on a volume."
                )
            for event in self._tail:
                self._show(event)
            self._tail.clear()


def _said(event: Reconnecting | Reconnected | Stopping) -> str:
    match event:
        case Reconnecting():
            return f"◐ connection lost ({event.how}); while its pod lives the cell goes on, and nothing is missed"
        case Reconnected():
            return "✓ connected again; nothing was missed"
        case Stopping():
            return f"◐ {_STOPPING[event.how]}"
