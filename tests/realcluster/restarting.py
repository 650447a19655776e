"""Killing a program of the living cluster and starting it again: what befalls an API server that crashes.

The first process listens on a socket in the run folder, which can be reached from any network namespace. A request is a
program's name; the answer comes when that has been killed and started again, and the API server is ready.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from .errors import StepFailedError

NAME = "restart"  # of the socket, in the run folder
_DONE = "done"
_WITHIN = 120.0  # seconds


class Restarter:
    """Answers requests, on a thread of its own.

    Args:
        folder: The run folder.
        restart: Does it and returns; raises ``LookupError`` when there is no program of that name.
    """

    def __init__(self, folder: Path, restart: Callable[[str], None]) -> None:
        self._restart = restart
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / NAME))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                asking = self._socket.accept()[0]
            except OSError:
                self._socket.close()
                return
            with asking, asking.makefile("rw") as lines:
                try:
                    self._restart(lines.readline().strip())
                    lines.write(_DONE)
                except (LookupError, TimeoutError) as error:
                    lines.write(str(error))


def ask(folder: Path, program: str) -> None:
    """Have a program of the living cluster killed and started again.

    Args:
        folder: The cluster's run folder.
        program: Such as ``apiserver``.

    Raises:
        StepFailedError: It was not.
    """
    here = os.open(folder, os.O_PATH)  # a socket's path may have 108 bytes, the folder's any number
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(_WITHIN)
            asking.connect(f"/proc/self/fd/{here}/{NAME}")
            asking.sendall(program.encode() + b"\n")
            with asking.makefile("r") as answer:
                said = answer.read()
    except OSError as error:
        said = str(error)
    finally:
        os.close(here)
    if said != _DONE:
        raise StepFailedError(f"starting {program} again", said or "the cluster ended")
