"""Running the small programs that change the namespaces, with their complaint as the error."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .errors import StepFailedError


def mount(*arguments: str | Path) -> None:
    """Mount something; never noted in a table of the host's."""
    do("mount", "--no-mtab", *arguments)


def do(*argv: str | Path) -> None:
    """Run a program that takes no time.

    Raises:
        StepFailedError: It did not work; carries what the program said.
    """
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip() or f"ended with code {done.returncode}"
        raise StepFailedError(" ".join(map(str, argv)), reason)
