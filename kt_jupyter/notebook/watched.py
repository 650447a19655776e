"""Whether a cell runs in a notebook, and whether somebody looks at it while it runs.

Nobody does where nbval, nbconvert and papermill run cells, which they do with ``allow_stdin`` false, and in a terminal
whose standard error is a file.
"""

from __future__ import annotations

import sys
from typing import Any


def in_notebook(shell: Any) -> bool:
    """Whether the shell is a kernel's."""
    return hasattr(shell, "kernel")


def someone_watches(shell: Any) -> bool:
    """Whether what changes under the cell is seen changing."""
    if not in_notebook(shell):
        return sys.stderr.isatty()
    request = shell.kernel.get_parent("shell")
    return bool(request.get("content", {}).get("allow_stdin", True))
