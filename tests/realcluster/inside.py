"""The cluster's first process: everything else in its namespaces descends from it and ends with it.

``python -m tests.realcluster.inside BASE CONTROL_GROUP FD``, started by ``cluster.start`` in new namespaces. FD is a
socket to whoever started it: reports go out on it, one JSON object a line. Until "detach" comes in on it, its closing
means that the starter is dead, by ``kill -9`` perhaps, and the cluster ends at once. Nobody has to clean up after that.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from . import namespace
from .boot import Boot
from .errors import FAILED, StepFailedError
from .layout import INSIDE, Layout
from .restarting import Restarter

DETACH = b"detach\n"


class Control:
    """The socket to the starter."""

    def __init__(self, fd: int) -> None:
        self.socket = socket.socket(fileno=fd)
        threading.Thread(target=self._follow, daemon=True).start()

    def send(self, **report: object) -> None:
        """Report something; nobody listens any more after a detach."""
        try:
            self.socket.sendall(json.dumps(report).encode() + b"\n")
        except OSError:
            return

    def _follow(self) -> None:
        """End everything when the starter is gone."""
        try:
            if self.socket.recv(len(DETACH)) == DETACH:
                return
        except OSError:  # reset instead of closed: gone as well
            pass
        os._exit(FAILED)


def main() -> int:
    """Become the cluster."""
    base, control_group, fd = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # outlives the terminal it was started from
    control = Control(fd)
    layout = Layout(INSIDE)
    try:
        namespace.enter(base, control_group)
        boot = Boot(layout, lambda what, took: control.send(step=what, took=took))
        boot.all()
        Restarter(layout.run, boot.restart)
        control.send(ready=True)
        while True:
            boot.buried(*os.wait())
    except StepFailedError as why:
        log = why.log and str(Layout(base).last_run / Path(why.log).relative_to(layout.run))
        control.send(failed=why.step, reason=why.reason, log=log)
        print(f"{why.step}: {why.reason}", file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
