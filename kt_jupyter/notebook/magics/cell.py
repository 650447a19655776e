"""``%%kt_compute``: its options, and what it does to a cell."""

from __future__ import annotations

from argparse import Namespace

from kt_jupyter.compute import Compute
from kt_jupyter.compute.arguments import FRAMEWORKS, IMAGE, read_framework
from kt_jupyter.compute.naming import default_name
from kt_jupyter.errors import InvalidInput
from kt_jupyter.notebook.completion.sources import names
from kt_jupyter.notebook.compute import running, variables
from kt_jupyter.notebook.compute.known import known
from kt_jupyter.notebook.compute.syntax import refuse_unreadable
from kt_jupyter.notebook.document import Document, as_yaml
from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.options import DRY_RUN, NAMESPACE, YAML, refuse_both
from kt_jupyter.notebook.outcomes import Detached, WouldStart
from kt_jupyter.specs.durations import seconds


def run_cell(args: Namespace) -> object:
    """Run a cell on a pod, which is started if it does not run yet."""
    refuse_both(args, YAML, DRY_RUN)
    compute = described(args)
    if args.yaml:
        return _manifest(compute)
    if args.dry_run:
        runs = compute.status().state.lives and not args.fresh
        return WouldStart(compute.name, compute.manifest(check=True), runs)
    shell = args.shell
    if compute.image == IMAGE:  # what another image's Python can read only that one knows
        refuse_unreadable(args.source)
    timeout = None if args.timeout is None else float(seconds(args.timeout, "time limit"))
    inputs = variables.packed(variables.names(args.inputs, "--in"), shell.user_ns)
    outputs = variables.names(args.outputs, "--out")
    known.of(compute)
    count = shell.displayhook.prompt_count  # execution_count is already the next one's since IPython 9.18
    if args.detach and not inputs and not outputs and compute.workers is None:
        left = compute.leave_cell(args.source, fresh=args.fresh, timeout=timeout, count=count)
        names.forget()
        return Detached(compute.name, compute.namespace, left, compute.pod is None)
    work = running.start(
        compute,
        args.source,
        inputs=inputs,
        outputs=outputs,
        fresh=args.fresh,
        timeout=timeout,
        count=count,
    )
    names.forget()
    if args.detach:
        work.sent()  # from then on it needs nobody here
        return Detached(compute.name, compute.namespace, work.id)
    return running.follow(shell, compute, work)


def described(args: Namespace) -> Compute:
    """Return the compute that the options describe."""
    _check_framework(args)
    return Compute(
        name=args.name or default_name(),
        cpus=args.cpus,
        memory=args.memory,
        gpus=args.gpus,
        image=args.image,
        volumes=args.volume or (),
        env_vars=_pairs(args.env, "--env"),
        idle=args.idle,
        namespace=args.namespace,
        node_selector=_pairs(args.node_selector, "--node-selector"),
        tolerations=args.toleration,
        queue=args.queue,
        run_as=args.run_as,
        workers=args.workers,
    )


def _check_framework(args: Namespace) -> None:
    if args.framework is not None:
        read_framework(args.framework, None)
        if args.workers is None:
            raise InvalidInput(
                f"--framework {args.framework} is for several workers.", remedy="For example: --workers 4"
            )


def _manifest(compute: Compute) -> Document:
    return as_yaml(compute.manifest())


def _pairs(given: list[str] | None, option: str) -> dict[str, str] | None:
    if given is None:
        return None
    for each in given:
        if "=" not in each:
            raise InvalidInput(f"{option} {each} says no value.", remedy=f"For example: {option} {each}=1")
    return {key: value for key, _, value in (each.partition("=") for each in given)}


CELL = Verb(
    "",
    "run this cell on a pod; variables stay there for the next cell",
    run_cell,
    (
        Argument("name", "which compute, if a notebook has several; default: its own", completes="compute"),
        Argument("--cpus", "CPUs: 2, 0.5, 500m; default: 1", value="CPUS", suggests=("1", "2", "4", "8", "16")),
        Argument(
            "--memory",
            "memory, promised and limited: 8Gi; default: 2Gi",
            value="SIZE",
            suggests=("2Gi", "4Gi", "8Gi", "16Gi", "32Gi", "64Gi"),
        ),
        Argument("--gpus", "GPUs (nvidia.com/gpu); default: none", value="COUNT", suggests=("1", "2", "4", "8")),
        Argument("--image", f"any image with Python 3.8 or newer; default: {IMAGE}", value="IMAGE", suggests=(IMAGE,)),
        Argument(
            "--volume",
            "a volume to mount, as often as needed; where: as it says, or the path given",
            value="NAME[:/PATH[:ro]]",
            completes="volume",
            repeated=True,
        ),
        Argument("--env", "an environment variable, as often as needed", value="KEY=VALUE", repeated=True),
        Argument("--in", "variables to send before it runs: df,model", value="NAMES", attribute="inputs"),
        Argument("--out", "variables to bring back after it: scores", value="NAMES", attribute="outputs"),
        Argument(
            "--detach",
            "return at once, started or not (with --in or --out: as soon as the pod has the cell); %kt_compute attach "
            "follows it, from any notebook",
        ),
        Argument(
            "--timeout",
            "how long the cell may run: 90s, 2h; default: for ever",
            value="TIME",
            suggests=("60s", "10m", "1h"),
        ),
        Argument(
            "--idle",
            "how long the pod stays when nothing runs on it; never: until it is stopped; default: 30m",
            value="TIME",
            suggests=("30m", "2h", "8h", "never"),
        ),
        Argument("--fresh", "start the pod anew, without variables"),
        Argument(
            "--node-selector", "a label that its node must have, as often as needed", value="KEY=VALUE", repeated=True
        ),
        Argument("--toleration", "a taint that it puts up with, as often as needed", value="TAINT", repeated=True),
        Argument("--queue", "the Kueue queue that admits it", value="QUEUE"),
        Argument(
            "--workers",
            "run it on so many pods at once, each with a rank (RANK, WORLD_SIZE, MASTER_ADDR in its environment)",
            value="COUNT",
            suggests=("2", "4", "8"),
        ),
        Argument(
            "--framework",
            "how the workers find each other: pytorch, or spmd for whatever reads the same variables, the default",
            value="NAME",
            suggests=FRAMEWORKS,
        ),
        Argument("--run-as", "whom it runs as, a user's number or USER:GROUP", value="USER"),
        NAMESPACE,
        DRY_RUN,
        YAML,
    ),
    (
        "%%kt_compute --cpus 2 --memory 8Gi --volume my-data",
        "%%kt_compute --in df --out scores",
        "%%kt_compute train --gpus 1 --detach",
        "%%kt_compute ddp --workers 4 --framework pytorch --gpus 1",
    ),
)
