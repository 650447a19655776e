"""The commands: ``python -m tests.realcluster build|up|down|status|kubeconfig|restart|exec|run``.

Exit codes: that of the command for ``run`` and ``exec``; 1 when something went wrong; 69 when this machine cannot run
the cluster at all (no root, no Go, not Linux); 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable

from . import cluster, golang, images, layout, machine, process, restarting, tools
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
    if options.with_parent:
        process.end_with_parent()
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
        if cluster.find_kept(here) is not None:
            raise StepFailedError(
                "building", "the test cluster is up and uses what would change; first: make cluster-down"
            )
        _build(here, torch=options.torch)
    return 0


def up(here: Layout, _: argparse.Namespace) -> int:
    """Start the cluster and leave it running."""
    with cluster.locked(here):
        if cluster.find_kept(here) is None:
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
    if argv := _command(options):
        # Instead of us: a shell wants the terminal, and there is nothing to clean up.
        inside = cluster.command_inside(first, argv)
        os.execvpe(inside[0], inside, cluster.environment(here))
    return _USAGE_ERROR


def run(here: Layout, options: argparse.Namespace) -> int:
    """Start the cluster, run a command in its network, end the cluster; one that was up before is used and stays up."""
    argv = _command(options)
    if not argv:
        return _USAGE_ERROR
    with cluster.locked(here):
        first = cluster.find_kept(here)
        if first is not None:
            say("The test cluster is up already: using it, and leaving it up.")
            return _run_inside(here, first, argv)
        _build(here)
        starter = cluster.Starter(here)
        try:
            return _run_inside(here, starter.follow(), argv, starter.watch)
        finally:
            starter.stop()


def restart(here: Layout, options: argparse.Namespace) -> int:
    """Kill a program of the living cluster and start it again, such as apiserver."""
    if cluster.find(here) is None:
        say("The test cluster is down. To start it: make cluster-up")
        return FAILED
    restarting.ask(here.run, options.program)
    say(f"{options.program} was killed and runs again.")
    return 0


def _build(here: Layout, *, torch: bool = False) -> None:
    machine.require_runnable(here.base)
    say(f"Test cluster in {here.base}")
    tools.build(here)
    golang.build(here)
    images.build(here, torch=torch)


def _command(options: argparse.Namespace) -> list[str]:
    """The command that was asked for; empty, and said so, when there is none."""
    argv: list[str] = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        say("There is no command to run: … -- COMMAND")
    return argv


def _run_inside(
    here: Layout, first: cluster.FirstProcess, argv: list[str], watch: Callable[[int], None] | None = None
) -> int:
    """Run a command that ends with us, and with all that it has started; Ctrl-C is its to handle, we wait for it."""
    # A shell as their first process: it collects the orphans among them, which pytest would not.
    argv = ["sh", "-c", '"$@"; exit $?', "sh", *argv]
    inside = process.ending_with_us(cluster.command_inside(first, process.in_own_processes(argv)))
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(inside, env=cluster.environment(here)) as running:
            try:
                if watch is not None:
                    watch(running.pid)
                return running.wait()
            except BaseException:
                running.kill()
                raise
    finally:
        signal.signal(signal.SIGINT, previous)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.realcluster", description="A real two-node Kubernetes for the tests."
    )
    parser.add_argument("--with-parent", action="store_true", help="end, in order, when the process that ran this does")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in (("build", build), ("up", up), ("down", down), ("status", status), ("kubeconfig", kubeconfig)):
        sub = commands.add_parser(name, help=command.__doc__)
        sub.set_defaults(command=command)
        if command is build:
            sub.add_argument("--torch", action="store_true", help="also make the image with torch")
    sub = commands.add_parser("restart", help=restart.__doc__)
    sub.set_defaults(command=restart)
    sub.add_argument("program", nargs="?", default="apiserver")
    for name, command in (("exec", exec_), ("run", run)):
        sub = commands.add_parser(name, help=command.__doc__)
        sub.set_defaults(command=command)
        sub.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
