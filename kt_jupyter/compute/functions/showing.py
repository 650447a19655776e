"""What a call prints and displays in its pod, shown here as it comes."""

from __future__ import annotations

import sys
from collections import deque
from typing import Any, Final

from kt_jupyter import reporting
from kt_jupyter.compute.session import ClearOutput, Display, Event, Reconnected, Reconnecting, Skipped, Stopping, Text
from kt_jupyter.specs import human

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

    def show(self) -> None:
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
        self.stopped = False

    def __call__(self, event: Event) -> None:
        """Show an event."""
        self._log.add(event)
        match event:
            case Stopping(how=how):
                self.stopped = True
                reporting.progress(f"◐ {_STOPPING[how]}")
            case Reconnecting(how=how):
                reporting.progress(f"◐ connection lost ({how}); {self._function} goes on in its pod, nothing is missed")
            case Reconnected(seconds=seconds):
                reporting.progress(f"✓ connected again after {seconds:.1f} s; nothing was missed")
            case Text() | Display() | ClearOutput() | Skipped() if not self._quiet:
                show(event)


def show(event: Event) -> None:
    """Show one thing that a call printed or displayed."""
    match event:
        case Text(stream=stream, text=text):
            out = sys.stdout if stream == "stdout" else sys.stderr
            out.write(text)
            out.flush()
        case Skipped(size=size, why=why):
            reporting.notice(f"{human.size(size)} of its output are missing here: {why}.")
        case Display(data=data, metadata=metadata, display_id=display_id, update=update):
            _display(data, metadata, display_id, update=update)
        case ClearOutput(wait=wait):
            shell = _shell()
            if shell is not None:
                shell.display_pub.clear_output(wait)


def _display(data: dict[str, Any], metadata: dict[str, Any], display_id: str | None, *, update: bool) -> None:
    shell = _shell()
    if shell is None:
        print(data.get("text/plain", ""), flush=True)  # noqa: T201 - as IPython does in a terminal
        return
    transient = {"display_id": display_id} if display_id else {}
    shell.display_pub.publish(data, metadata, transient=transient, update=update)


def _shell() -> Any:
    # Not an import: where nobody has imported IPython there is no notebook, and this layer must not know it.
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
