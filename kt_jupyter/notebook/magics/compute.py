"""``%kt_compute``: the computes there are, and what one does with them; ``%%kt_compute`` is in ``cell``."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class

from kt_jupyter.compute import Compute, ComputeList, ComputeStatus, Stopped, computes
from kt_jupyter.compute.finding import absence
from kt_jupyter.compute.naming import default_name
from kt_jupyter.errors import InvalidInput
from kt_jupyter.kube import current
from kt_jupyter.notebook.completion.sources import names
from kt_jupyter.notebook.compute import running
from kt_jupyter.notebook.compute.choosing import chosen
from kt_jupyter.notebook.compute.known import known
from kt_jupyter.notebook.document import Document, as_json, as_yaml
from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.cell import CELL
from kt_jupyter.notebook.magics.command import Command
from kt_jupyter.notebook.magics.options import ALL_NAMESPACES, DRY_RUN, JSON, NAMESPACE, YAML, refuse_both
from kt_jupyter.notebook.outcomes import PlannedStop

NAME = Argument("name", "the compute; default: the notebook's own", completes="compute")


def show_all(args: Namespace) -> ComputeList | Document:
    """List the computes."""
    refuse_both(args, NAMESPACE, ALL_NAMESPACES)
    listed = computes(args.namespace, all_namespaces=args.all_namespaces)
    return as_json([status.to_dict() for status in listed]) if args.json else listed


def show(args: Namespace) -> Compute | Document:
    """Read one compute."""
    refuse_both(args, YAML, JSON)
    compute, status = _found(args)
    if args.yaml:
        return as_yaml(dict(status.job or {}))
    return as_json(status.to_dict()) if args.json else compute


def logs(args: Namespace) -> Document:
    """Return what was printed there."""
    if args.tail is not None and not args.tail.isdecimal():
        raise InvalidInput(f"--tail {args.tail} is not a number of lines.", remedy="For example: --tail 100")
    if args.rank is not None and not args.rank.isdecimal():
        raise InvalidInput(f"--rank {args.rank} is no rank.", remedy="The first is 0: --rank 0")
    compute, _ = _found(args)
    printed = compute.logs(tail=int(args.tail) if args.tail else None, rank=int(args.rank or 0))
    return Document(printed.rstrip("\n"))


def attach(args: Namespace) -> object:
    """Show again what a cell printed, and follow it until it ends."""
    compute, status = _found(args)
    if not status.state.lives:
        raise absence(current(), compute.namespace, compute.name)
    known.of(compute)
    session = compute.session()
    cells = [work for work in session.works() if work.kind == "cell"]
    work = chosen(compute.name, cells, args.work)
    return running.follow(args.shell, compute, compute.attach(work.id))


def stop(args: Namespace) -> Stopped | PlannedStop | Document:
    """End a compute."""
    compute = _named(args)
    if args.dry_run:
        planned = PlannedStop(compute.status())
        return as_json(planned.status.to_dict()) if args.json else planned
    known.of(compute)
    stopped = compute.stop()
    names.forget()
    return as_json(stopped.to_dict()) if args.json else stopped


def _named(args: Namespace) -> Compute:
    return Compute(name=args.name or default_name(), namespace=args.namespace)


def _found(args: Namespace) -> tuple[Compute, ComputeStatus]:
    """Return a compute that is there, or was."""
    compute = _named(args)
    status = compute.status()
    if status.job is None:
        raise absence(current(), compute.namespace, compute.name)
    return compute, status


COMPUTE = Command(
    "kt_compute",
    "Computes: pods that run cells and functions, with volumes. Above a cell, %%kt_compute runs it there.",
    (
        Verb(
            "list",
            "the computes of a namespace, whoever started them; problems first",
            show_all,
            (NAMESPACE, ALL_NAMESPACES, JSON),
            ("%kt_compute", "%kt_compute list -A"),
        ),
        Verb(
            "show",
            "one compute: its state in words, what it is, what it mounts",
            show,
            (NAME, NAMESPACE, JSON, YAML),
            ("%kt_compute show train",),
        ),
        Verb(
            "logs",
            "what its cells and functions have printed",
            logs,
            (
                NAME,
                Argument("--tail", "only so many of the last lines", value="LINES", suggests=("100",)),
                Argument("--rank", "of several workers, which; default: 0", value="RANK", suggests=("0", "1")),
                NAMESPACE,
            ),
            ("%kt_compute logs train --tail 100",),
        ),
        Verb(
            "attach",
            "show again what its cell printed, and follow it; from this kernel or another",
            attach,
            (
                NAME,
                Argument("work", "which cell, by its number or id; default: the one that runs, else the last"),
                NAMESPACE,
            ),
            ("%kt_compute attach train", "%kt_compute attach train 12"),
        ),
        Verb(
            "stop",
            "end it: its pod and its variables go, its volumes stay",
            stop,
            (NAME, NAMESPACE, DRY_RUN, JSON),
            ("%kt_compute stop train",),
        ),
    ),
    default="list",
    cell=CELL,
)


@magics_class
class ComputeMagics(Magics):
    """Registers ``%kt_compute`` and ``%%kt_compute``."""

    @line_cell_magic
    def kt_compute(self, line: str, cell: str | None = None) -> Any:  # noqa: D102 - its help is written from the table
        if cell is None:
            return COMPUTE.run(line, shell=self.shell)
        return COMPUTE.run_cell(line, cell, shell=self.shell)

    kt_compute.__doc__ = COMPUTE.help()
