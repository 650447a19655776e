"""``%kt_volume ssh`` and ``%kt_volume gc``: terminals on volumes, opened and cleared away."""

from __future__ import annotations

from argparse import Namespace

from kt_jupyter import kube
from kt_jupyter.notebook.document import Document, as_json, as_yaml
from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.options import ALL_NAMESPACES, DRY_RUN, JSON, NAMESPACE, YAML, refuse_both
from kt_jupyter.notebook.magics.parsing import written
from kt_jupyter.notebook.outcomes import WouldOpen
from kt_jupyter.specs.names import namespace_name
from kt_jupyter.volumes import Volume
from kt_jupyter.volumes.collecting import Collection, collect
from kt_jupyter.volumes.shell import Shell, ShellPlan
from kt_jupyter.volumes.ssh import IMAGE

_EXPLAIN = Argument("--explain", "say in a sentence where it would run and why, and do nothing")


def ssh(args: Namespace) -> Shell | ShellPlan | WouldOpen | Document:
    """Open a terminal on a volume, or say what that would do."""
    refuse_both(args, YAML, DRY_RUN)
    refuse_both(args, YAML, JSON)
    volume = Volume.from_name(args.name, args.namespace, args.mount)
    # The manifest of a new one: that of a terminal which is open is in the cluster.
    found: Shell | ShellPlan = volume.ssh(
        args.image or IMAGE,
        read_only=args.read_only,
        run_as=args.run_as,
        new=args.new or args.yaml,
        **({"idle": args.idle} if args.idle else {}),
        explain=args.explain or args.yaml,
        dry_run=args.dry_run,
    )
    if args.yaml and isinstance(found, ShellPlan):
        return as_yaml(found.manifest or {})
    if args.json:
        return as_json(found.to_dict())
    if args.explain and isinstance(found, ShellPlan):
        return WouldOpen(found, written("kt_volume", SSH, args, without=_EXPLAIN))
    return found


def gc(args: Namespace) -> Collection | Document:
    """Remove the terminals that nobody needs any more."""
    refuse_both(args, NAMESPACE, ALL_NAMESPACES)
    cluster = kube.current()
    namespace = namespace_name(args.namespace) if args.namespace else cluster.namespace
    scope = None if args.all_namespaces else namespace
    collection = collect(cluster, scope, force=args.force, dry_run=args.dry_run)
    return (
        as_json([{**each.to_dict(), "fate": collection.fate(each)} for each in collection]) if args.json else collection
    )


SSH = Verb(
    "ssh",
    "a terminal in the volume's directory, inside a pod that mounts it",
    ssh,
    (
        Argument("name", "the volume", required=True, example="my-data", completes="volume"),
        Argument(
            "--image",
            f"any image that has a shell; default: {IMAGE}",
            value="IMAGE",
            suggests=(IMAGE, "ubuntu:22.04", "python:3.12-slim"),
        ),
        Argument("--read-only", "let nothing be written"),
        Argument(
            "--run-as",
            "whom it runs as, a user's number or USER:GROUP; default: as a pod that uses the volume",
            value="USER",
        ),
        Argument("--new", "another shell, although one is open"),
        Argument(
            "--idle",
            "how long it goes on when nobody has it open: 30m, 8h; default: half an hour",
            value="TIME",
            suggests=("30m", "2h", "8h", "1d"),
        ),
        Argument("--mount", "where it is mounted; default: where the volume says", value="PATH", suggests=("/data",)),
        _EXPLAIN,
        NAMESPACE,
        DRY_RUN,
        YAML,
        JSON,
    ),
    ("%kt_volume ssh my-data", "%kt_volume ssh my-data --image ubuntu:22.04 --read-only"),
)

GC = Verb(
    "gc",
    "remove terminals that have ended, and yours that nobody has open",
    gc,
    (
        Argument("--force", "also those of yours that are open"),
        NAMESPACE,
        ALL_NAMESPACES,
        DRY_RUN,
        JSON,
    ),
    ("%kt_volume gc --dry-run", "%kt_volume gc"),
)
