"""Commands in pods: exec and attach over a websocket, bytes as they are, and an end that says what happened.

``Cluster.exec``, ``attach`` and ``run`` are the ways in for code that blocks; ``open_exec`` and ``open_attach`` for a
program with a loop of its own. Names are loaded when first used: importing kt_jupyter loads no HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kt_jupyter.kube.streams.core import STDERR, STDOUT, V4, V5, AsyncStream
    from kt_jupyter.kube.streams.endings import ClusterFailure, ConnectionLost, End, Exited
    from kt_jupyter.kube.streams.framed import Completed, Framed, run_framed
    from kt_jupyter.kube.streams.opening import open_attach, open_exec
    from kt_jupyter.kube.streams.stream import Stream

_HOMES = {
    "core": ("STDERR", "STDOUT", "V4", "V5", "AsyncStream"),
    "endings": ("ClusterFailure", "ConnectionLost", "End", "Exited"),
    "framed": ("Completed", "Framed", "run_framed"),
    "opening": ("open_attach", "open_exec"),
    "stream": ("Stream",),
}

__all__ = [
    "STDERR",
    "STDOUT",
    "V4",
    "V5",
    "AsyncStream",
    "ClusterFailure",
    "Completed",
    "ConnectionLost",
    "End",
    "Exited",
    "Framed",
    "Stream",
    "open_attach",
    "open_exec",
    "run_framed",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
