"""Running other programs so that they end when we end, and saying why they failed.

A build that is killed with ``kill -9`` must not go on in the background, nor leave the mounts that debootstrap and apt
make. So each program runs as the first process of namespaces of its own: it is killed when we die (``setpriv
--pdeathsig``), the kernel kills its children with it, and its mounts go with its mount namespace.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .errors import StepFailedError

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_TROUBLE = re.compile(
    r"^[EF]\d{4} "  # klog
    r"|\blevel=(error|fatal)"  # containerd
    r'|"level":"(error|fatal|panic)"'  # etcd
    r"|^E: "  # apt, debootstrap
    r"|\b(error|fatal|panic|cannot|denied|failed)\b",
    re.IGNORECASE,
)


def enclosed(argv: Sequence[str]) -> list[str]:
    """The command that runs ``argv`` in process and mount namespaces which end with it, and with us."""
    return ending_with_us(in_own_processes(argv))


def ending_with_us(argv: Sequence[str]) -> list[str]:
    """The command that runs ``argv`` and is killed when we die."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *argv]


def in_own_processes(argv: Sequence[str]) -> list[str]:
    """The command that runs ``argv`` in process and mount namespaces which end with it."""
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--", *argv]


def end_with_parent() -> None:
    """Be asked to end, as by ``kill``, when our parent dies: a ``make`` that is killed takes no recipe with it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def run(
    argv: Sequence[str],
    *,
    log: Path,
    what: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    watch: Callable[[str], None] | None = None,
) -> None:
    """Run a program of the build, its output in ``log``.

    Args:
        argv: The program and its arguments.
        log: File for everything it prints; overwritten.
        what: What it does, for the error.
        env: Variables to set beside those of this process.
        cwd: Folder to run it in.
        watch: Called with each line it prints.

    Raises:
        StepFailedError: It ended with another code than 0; carries the line of its output that explains it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            enclosed(argv),
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                kept.write(line)
                kept.flush()
                if watch:
                    watch(line)
        except BaseException:  # Ctrl-C: do not wait for it to end by itself
            process.kill()
            raise
    if process.returncode != 0:
        raise StepFailedError(what, explanation(log) or f"{argv[0]} ended with code {process.returncode}", str(log))


def explanation(log: Path) -> str | None:
    """The line of a log that says why its program ended: the last that speaks of trouble, else the last."""
    try:
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return None
    trouble = [line for line in lines[-200:] if _TROUBLE.search(line)]
    return next(reversed(trouble or lines), None)
