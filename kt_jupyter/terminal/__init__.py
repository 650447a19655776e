"""A terminal on a pod, whatever the pod mounts: a tab in JupyterLab, or the terminal one is in.

Three programs share it. The kernel asks (``front_end``); the Jupyter server starts the program on a pty (``server``),
because only the server can, and only after it has looked at what it was asked for; the program (``attach``) copies
bytes between its terminal and the pod's main process. Each can be absent or restarted: the shell lives in the pod.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kt_jupyter.terminal.target import Target

if TYPE_CHECKING:
    from kt_jupyter.terminal.front_end import open_terminal, opens_in_place

__all__ = ["Target", "open_terminal", "opens_in_place"]


def __getattr__(name: str) -> Any:
    # The program under the pty imports this package too, and must start in a moment: no IPython there.
    if name in ("open_terminal", "opens_in_place"):
        return getattr(import_module(f"{__name__}.front_end"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
