"""The commands: ``python -m tests.realcluster build|up|down|status|kubeconfig|exec|run``.

Exit codes: that of the command for ``run`` and ``exec``; 1 when something went wrong; 69 when this machine cannot run
the cluster at all (no root, no Go, not Linux); 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable

from . import cluster, golang, images, layout, machine, tools
from .errors import CANNOT_RUN, FAILED, CannotRunError, StepFailedError
from .layout import Layout
from .progress import say

_INTERRUPTED = 130
_USAGE_ERROR = 2


def main(arguments: list[str]) -> int:
    """Do one command and return its exit code."""
    options = _parser().parse_args(arguments)
    here = layout.host()
    # Ended by "kill" or a closed terminal we still clean up, as after Ctrl-C.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    try:
        machine.require_platform()
        command: Callable[[Layout, argparse.Namespace], int] = options.command
        return command(here, options)
    except CannotRunError as why:
        say(str(why))
        return CANNOT_RUN
    except StepFailedError as why:
        say(f"  ✕ {why}")
        return FAILED
    except KeyboardInterrupt:
        say("  ✕ interrupted; nothing is left running")
        return _INTERRUPTED


def build(here: Layout, options: argparse.Namespace) -> int:
    """Make everything the cluster is started from."""
    with cluster.locked(here):
        if cluster.find(here) is not None:
            raise StepFailedError(
                "building", "the test cluster is up and uses what would change; first: make cluster-down"
            )
        _build(here, torch=options.torch)
    return 0


def up(here: Layout, _: argparse.Namespace) -> int:
    """Start the cluster and leave it running."""
    with cluster.locked(here):
        if cluster.find(here) is None:
            _build(here)
            starter = cluster.Starter(here)
            try:
                starter.follow()
                starter.detach()
            except BaseException:
                starter.stop()
                raise
    return status(here, _)


def down(here: Layout, _: argparse.Namespace) -> int:
    """End the cluster and remove what it, or one that died, has left."""
    with cluster.locked(here):
        was_alive = cluster.end(here)
    say("The test cluster is down." if was_alive else "The test cluster was not up; nothing is left of it.")
    return 0


def status(here: Layout, _: argparse.Namespace) -> int:
    """Say whether the cluster is up and how to use it."""
    first = cluster.find(here)
    if first is None:
        say("The test cluster is down. To start it: make cluster-up")
        return FAILED
    say(f"The test cluster is up: Kubernetes {layout.KUBERNETES}, two nodes, in a network of its own.")
    say("    in it:      python -m tests.realcluster exec -- kubectl get nodes   (or bash)")
    say("    to end it:  make cluster-down")
    return 0


def kubeconfig(here: Layout, _: argparse.Namespace) -> int:
    """Print the path of the living cluster's kubeconfig."""
    if cluster.find(here) is None:
        say("The test cluster is down, so it has no kubeconfig. To start it: make cluster-up")
        return FAILED
    print(here.kubeconfig)
    return 0


def exec_(here: Layout, options: argparse.Namespace) -> int:
    """Run a command in the network of the living cluster."""
    first = cluster.find(here)
    if first is None:
        say("The test cluster is down. To start it: make cluster-up; to start it for one command: … run -- COMMAND")
        return FAILED
    return _in_cluster(here, first, options)


def run(here: Layout, options: argparse.Namespace) -> int:
    """Start the cluster, run a command in its network, end the cluster; one that was up before is used and stays up."""
    with cluster.locked(here):
        first = cluster.find(here)
        if first is not None:
            say("The test cluster is up already: using it, and leaving it up.")
            return _in_cluster(here, first, options)
        _build(here)
        starter = cluster.Starter(here)
        try:
            code = _in_cluster(here, starter.follow(), options)
            starter.require_alive()
        finally:
            starter.stop()
    return code


def _build(here: Layout, *, torch: bool = False) -> None:
    machine.require_runnable(here.base)
    say(f"Test cluster in {here.base}")
    tools.build(here)
    golang.build(here)
    images.build(here, torch=torch)


def _in_cluster(here: Layout, first: cluster.FirstProcess, options: argparse.Namespace) -> int:
    """Run the command that was asked for; Ctrl-C is the command's to handle, we wait for it."""
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        say("There is no command to run: … -- COMMAND")
        return _USAGE_ERROR
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(cluster.command_inside(first, argv), env=cluster.environment(here)) as process:
            try:
                return process.wait()
            except BaseException:
                process.terminate()
                raise
    finally:
        signal.signal(signal.SIGINT, previous)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.realcluster", description="A real two-node Kubernetes for the tests."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in (("build", build), ("up", up), ("down", down), ("status", status), ("kubeconfig", kubeconfig)):
        sub = commands.add_parser(name, help=command.__doc__)
        sub.set_defaults(command=command)
        if command is build:
            sub.add_argument("--torch", action="store_true", help="also make the image with torch")
    for name, command in (("exec", exec_), ("run", run)):
        sub = commands.add_parser(name, help=command.__doc__)
        sub.set_defaults(command=command)
        sub.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
