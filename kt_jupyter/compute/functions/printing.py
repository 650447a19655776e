"""What a call prints and displays in its pod, shown here as it comes."""

from __future__ import annotations

from collections import deque
from typing import Final

from kt_jupyter import reporting
from kt_jupyter.compute.session import Event, Reconnected, Reconnecting, Stopping, Text
from kt_jupyter.compute.showing import Showing

_KEPT: Final = 8 << 20  # characters of a call's output
_STOPPING: Final = {
    "interrupt": "interrupting; Stop again ends its process",
    "terminate": "ending its process; Stop once more leaves it running",
    "kill": "its process does not end by itself: killing it",
}


class Log:
    """What a call has printed; of very much, the end."""

    def __init__(self) -> None:
        self._parts: deque[Text] = deque()
        self._size = 0

    def add(self, event: Event) -> None:
        """Keep it, if it is text."""
        if isinstance(event, Text):
            self._parts.append(event)
            self._size += len(event.text)
            while self._size - len(self._parts[0].text) > _KEPT:
                self._size -= len(self._parts.popleft().text)

    @property
    def text(self) -> str:
        """Both streams, in order."""
        return "".join(part.text for part in self._parts)

    def show(self, show: Showing) -> None:
        """Print it."""
        for part in self._parts:
            show(part)


class Printer:
    """Writes to standard output and standard error, and displays what is rich where there is a notebook.

    Attributes:
        stopped: Whether a Ctrl-C was passed on.
    """

    def __init__(self, function: str, log: Log, *, quiet: bool = False) -> None:
        self._function = function
        self._log = log
        self._quiet = quiet
        self._show = Showing()
        self.stopped = False

    def __call__(self, event: Event) -> None:
        """Show an event."""
        self._log.add(event)
        match event:
            case Stopping(how=how):
                self.stopped = True
                reporting.progress(f"◐ {_STOPPING[how]}")
            case Reconnecting(how=how):
                goes_on = f"while its pod lives {self._function} goes on, and nothing is missed"
                reporting.progress(f"◐ connection lost ({how}); {goes_on}")
            case Reconnected(seconds=seconds):
                reporting.progress(f"✓ connected again after {seconds:.1f} s; nothing was missed")
            case _ if not self._quiet:
                self._show(event)
