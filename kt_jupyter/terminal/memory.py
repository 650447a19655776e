"""What outlives a Jupyter server: the terminals that lived when it ended, so that its successor starts them again.

The successor is a server on the same root directory. Several servers of one person share the runtime directory, and
must not take over each other's terminals: so there is a file for each root directory, and it is locked by the server
that lives. A second server on the same root finds it locked and remembers nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from kt_jupyter.errors import InvalidInput
from kt_jupyter.terminal.target import Target


class Memory:
    """A file for one root directory, locked until this process ends.

    Args:
        directory: Where the file goes; made if need be.
        root: The server's root directory.
    """

    def __init__(self, directory: Path, root: str) -> None:
        name = hashlib.sha256(os.path.realpath(root).encode()).hexdigest()[:12]
        self._fd = _locked(directory / f"kt_jupyter-terminals-{name}.json")

    def read(self) -> list[Target]:
        """Return what the predecessor left."""
        if self._fd is None:
            return []
        try:
            return [Target.read(message) for message in json.loads(os.pread(self._fd, 1 << 20, 0))]
        except (OSError, ValueError, TypeError, InvalidInput):  # nothing yet, or another version's
            return []

    def write(self, targets: Iterable[Target]) -> None:
        """Leave this to the successor."""
        if self._fd is not None:
            text = json.dumps([target.message() for target in targets]).encode()
            os.pwrite(self._fd, text, 0)
            os.ftruncate(self._fd, len(text))

    def close(self) -> None:
        """Let the next server have it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _locked(path: Path) -> int | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # a read-only home: terminals work, and end with the server
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd
