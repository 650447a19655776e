"""``%kt_volume``: make, list, look at and delete volumes; terminals on them are in ``terminals``."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from kt_jupyter.notebook.completion.sources import names
from kt_jupyter.notebook.document import Document, as_json, as_yaml
from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.command import Command
from kt_jupyter.notebook.magics.options import ALL_NAMESPACES, DRY_RUN, JSON, NAMESPACE, YAML, refuse_both
from kt_jupyter.notebook.magics.terminals import GC, SSH
from kt_jupyter.notebook.outcomes import PlannedDeletion, WouldBeMade, refuse_to_destroy
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.volumes import Deletion, Volume, VolumeList, volumes

NAME = Argument("name", "the volume", required=True, example="my-data", completes="volume")


def create(args: Namespace) -> Volume | WouldBeMade | Document:
    """Make a volume, or use the one that is there."""
    refuse_both(args, YAML, DRY_RUN)
    refuse_both(args, YAML, JSON)
    volume = Volume(args.name, args.size, args.mount, args.storage_class, args.mode, args.namespace)
    if args.yaml:
        return as_yaml(volume.manifest())
    if args.dry_run:
        stored = volume.ensure(dry_run=True)
        return as_json(stored) if args.json else WouldBeMade(volume.name, stored)
    volume.ensure()
    names.forget()
    status = volume.wait()
    return as_json(status.to_dict()) if args.json else volume


def show_all(args: Namespace) -> VolumeList | Document:
    """List the volumes."""
    refuse_both(args, NAMESPACE, ALL_NAMESPACES)
    listed = volumes(args.namespace, all_namespaces=args.all_namespaces)
    return as_json([status.to_dict() for status in listed]) if args.json else listed


def show(args: Namespace) -> Volume | Document:
    """Read one volume."""
    refuse_both(args, YAML, JSON)
    volume = Volume.from_name(args.name, args.namespace)
    status = volume.status()
    if args.yaml:
        return as_yaml(dict(status.claim))
    return as_json(status.to_dict()) if args.json else volume


def delete(args: Namespace) -> Deletion | PlannedDeletion | Document:
    """Delete a volume; one that holds data only with ``--yes``."""
    volume = Volume.from_name(args.name, args.namespace)
    plan = volume.delete(dry_run=True)
    if args.dry_run:
        return as_json(plan.to_dict()) if args.json else PlannedDeletion(plan)
    if not plan.existed:
        return as_json(plan.to_dict()) if args.json else plan
    if not args.yes:
        refuse_to_destroy(plan)
    done = volume.delete(force=args.force)
    names.forget()
    return as_json(done.to_dict()) if args.json else done


VOLUME = Command(
    "kt_volume",
    "Volumes: storage in the cluster that outlives notebooks and pods.",
    (
        Verb(
            "create",
            "make a volume, or use the one of that name if it can serve",
            create,
            (
                Argument("name", "its name", required=True, example="my-data"),
                Argument(
                    "--size",
                    "how big: 10Gi, 500Mi, 1Ti",
                    value="SIZE",
                    required=True,
                    example="--size 10Gi",
                    suggests=("1Gi", "10Gi", "50Gi", "100Gi", "500Gi", "1Ti"),
                ),
                Argument(
                    "--mount",
                    "where programs find it: an absolute path",
                    value="PATH",
                    required=True,
                    example="--mount /data",
                    suggests=("/data", "/models", "/checkpoints", "/cache"),
                ),
                Argument(
                    "--mode",
                    "RWO one node at a time, RWX many, ROX many read-only, RWOP one pod; default: RWX if possible",
                    value="MODE",
                    suggests=tuple(mode.short for mode in AccessMode),
                ),
                Argument(
                    "--class",
                    "the storage class; default: one that fits the mode",
                    value="CLASS",
                    completes="class",
                    attribute="storage_class",
                ),
                NAMESPACE,
                DRY_RUN,
                YAML,
                JSON,
            ),
            (
                "%kt_volume create my-data --size 10Gi --mount /data",
                "vol = %kt_volume create models --size 1Ti --mount /models --mode RWX",
            ),
        ),
        Verb(
            "list",
            "the volumes of a namespace, problems first",
            show_all,
            (NAMESPACE, ALL_NAMESPACES, JSON),
            ("%kt_volume", "%kt_volume list -A"),
        ),
        Verb(
            "show",
            "one volume: its state in words, and who uses it",
            show,
            (NAME, NAMESPACE, JSON, YAML),
            ("%kt_volume show my-data",),
        ),
        SSH,
        Verb(
            "delete",
            "delete a volume; refused while pods use it",
            delete,
            (
                NAME,
                Argument("--yes", "also when its data is destroyed", short="-y"),
                Argument(
                    "--force", "also while pods use it: finished ones are removed, and it goes when running ones end"
                ),
                NAMESPACE,
                DRY_RUN,
                JSON,
            ),
            ("%kt_volume delete my-data --dry-run", "%kt_volume delete my-data --yes"),
        ),
        GC,
    ),
    default="list",
)


@magics_class
class VolumeMagics(Magics):
    """Registers ``%kt_volume``."""

    @line_magic
    def kt_volume(self, line: str) -> Any:  # noqa: D102 - its help is written from the table, below
        return VOLUME.run(line)

    kt_volume.__doc__ = VOLUME.help()
