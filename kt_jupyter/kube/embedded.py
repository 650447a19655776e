"""Find or start the embedded local cluster: a process of its own, reached like any other cluster, over its socket.

The fast path costs one file and one connection attempt. Only when nothing answers is ``python -m kt_jupyter.local
ensure`` run, which starts a server that outlives this process (two kernels share one) and ends itself when idle.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from kt_jupyter.errors import LocalClusterError

_CONNECT = 0.5  # seconds a listening loopback port may take to accept
_START = 60.0  # seconds a start may take: a slow disk, a busy machine


def state_directory() -> Path:
    """Return where the local cluster keeps its state: ``KT_JUPYTER_LOCAL_DIR``, else the system's place for data."""
    chosen = os.environ.get("KT_JUPYTER_LOCAL_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs  # noqa: PLC0415 - a few ms that only the local cluster needs

    return platformdirs.user_data_path("kt_jupyter") / "local"


def kubeconfig() -> Path:
    """Return where the local cluster writes its kubeconfig."""
    return state_directory() / "kubeconfig"


def ensure() -> Path:
    """Return the kubeconfig of the local cluster, which runs: started now if need be.

    Raises:
        LocalClusterError: It cannot start; the message is its own.
    """
    if _answers(state_directory() / "server.json"):
        return kubeconfig()
    command = [sys.executable, "-m", "kt_jupyter.local", "ensure"]
    shown = "python -m kt_jupyter.local run"
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_START, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LocalClusterError(
            f"the local cluster did not start within {_START:.0f} s.", remedy=f"See what it says: {shown}"
        ) from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"the local cluster did not start (exit code {done.returncode})."]
        first = -1 if lines[0].startswith("Traceback") else 0  # a bug of ours: its last line says most
        raise LocalClusterError(lines[first], remedy="\n".join(lines[first:][1:]) or f"See what it says: {shown}")
    return kubeconfig()


def _answers(file: Path) -> bool:
    try:
        port = int(json.loads(file.read_text(encoding="utf-8"))["port"])
        with socket.create_connection(("127.0.0.1", port), timeout=_CONNECT):
            return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
