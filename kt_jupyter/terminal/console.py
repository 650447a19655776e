"""The terminal in which `jupyter console` shows a kernel.

The kernel is a process of its own without a terminal, but it knows who started it. While a cell runs the console only
waits, so its terminal is free to be used. Elsewhere it is a Jupyter server that started it, and that has its own.
"""

from __future__ import annotations

import os
from typing import Final

_PARENT: Final = "JPY_PARENT_PID"  # Jupyter sets it for kernels
_PROGRAMS: Final = ("jupyter-console", "jupyter_console")


def console_terminal() -> str | None:
    """Return its path; None where the kernel was not started by a console in a terminal."""
    parent = os.environ.get(_PARENT, "")
    if not parent.isdecimal():
        return None
    import psutil  # noqa: PLC0415 - ipykernel brings it along, and only kernels come here

    try:
        process = psutil.Process(int(parent))
        words = process.cmdline()
        path: str | None = process.terminal()
    except psutil.Error:
        return None
    return path if any(program in word for program in _PROGRAMS for word in words) else None
