"""The Job behind a compute: written from plain arguments, and read back from what the cluster has.

Its name follows from the compute's, so that whoever starts it twice, from two kernels at once, gets one: the server
refuses the second. What the options were is read from the Job itself; nothing is remembered elsewhere that could
disagree with it.

Memory and CPUs are requested and limited alike: what is promised is there, and what is more than that does not come
from a neighbour. GPUs are limits, from which the server makes the requests, and with them the taint is tolerated by
which clusters keep their GPU nodes for those who ask.

The Job has no deadline: the agent in it ends it when nobody has used it for ``idle``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kt_jupyter.specs import resources
from kt_jupyter.specs.job import QUEUE_LABEL, job
from kt_jupyter.specs.names import JOB_LENGTH
from kt_jupyter.specs.options import Options
from kt_jupyter.specs.pod import (
    DOMAIN,
    ORDINARY,
    Mount,
    Placement,
    Resources,
    RunAs,
    Scratch,
    annotate,
    label,
    literal,
    pod_template,
)
from kt_jupyter.specs.quantity import parse

Json = Mapping[str, Any]

COMPUTE: Final = "compute"
"""The purpose that our Jobs and pods are labelled with."""

COMPUTE_LABEL: Final = f"{DOMAIN}/compute"
NAME_ANNOTATION: Final = f"{DOMAIN}/compute"
IDLE_ANNOTATION: Final = f"{DOMAIN}/idle-seconds"
MADE_BY_ANNOTATION: Final = f"{DOMAIN}/made-by"
HOME: Final = "/home/kt"
"""Where a cell may write what need not last: packages it installs, caches, files without a path."""

KEPT_SECONDS: Final = 60 * 60  # an ended compute can be asked for an hour why it ended
GPU_TAINT: Final = {"key": resources.GPU, "operator": "Exists", "effect": "NoSchedule"}

_GRACE_SECONDS: Final = 5
_PREFIX: Final = "kt-"
_NODE: Final = "kubernetes.io/hostname"
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - its place in every container


def job_of(name: str) -> str:
    """Return the name of a compute's Job, which leaves room for the names of its pods.

    >>> job_of("train")
    'kt-train'
    """
    whole = f"{_PREFIX}{name}"
    if len(whole) <= JOB_LENGTH:
        return whole
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{whole[: JOB_LENGTH - len(digest) - 1].rstrip('-')}-{digest}"


def selector(name: str | None = None) -> str:
    """Return the label selector of one compute's Jobs and pods, or of all computes'."""
    wanted = label(COMPUTE) if name is None else label(COMPUTE, compute=name)
    return ",".join(f"{key}={value}" for key, value in wanted.items())


def manifest(
    name: str,
    options: Options,
    *,
    command: Sequence[str],
    args: Sequence[str],
    namespace: str | None = None,
    node: str | None = None,
    together: bool = False,
    tolerations: Iterable[Json] = (),
    made_by: str = "",
) -> dict[str, Any]:
    """Return the Job of a compute.

    Args:
        name: The compute's name.
        options: Everything about it: none of ``defaults`` may be open.
        command: What starts the agent.
        args: The agent itself.
        namespace: Left out when None.
        node: The one node it has to run on, because a volume is there.
        together: All workers on one node, whichever: they share a volume that one node can have at a time.
        tolerations: What that node asks for besides.
        made_by: Who made it, for people.
    """
    assert options.cpus is not None
    assert options.memory is not None
    assert options.image is not None
    gpus = {resources.GPU: str(options.gpus)} if options.gpus else {}
    amounts = {"cpu": str(options.cpus), "memory": str(options.memory)}
    tolerated = [*(options.tolerations or ()), *([GPU_TAINT] if gpus else ()), *tolerations]
    mounts = options.mounts or ()
    template = pod_template(
        options.image,
        [literal(word) for word in command],
        args=[literal(word) for word in args],
        env={"HOME": HOME, **{key: literal(value) for key, value in (options.env_vars or {}).items()}},
        mounts=mounts,
        scratch=_scratch({mount.path for mount in mounts}),
        resources=Resources(amounts, amounts | gpus),
        run_as=options.run_as or ORDINARY,
        placement=Placement(node, options.node_selector or {}, _once(tolerated)),
        labels=label(COMPUTE, compute=name),
        annotations=annotate(compute=name, idle_seconds=str(options.idle), **({"made_by": made_by} if made_by else {})),
        grace_seconds=_GRACE_SECONDS,
    )
    _add_rarities(template["spec"], options)
    if options.workers is not None:
        _place_workers(template["spec"], label(COMPUTE, compute=name), together=together)
    made = job(
        name=job_of(name),
        template=template,
        lease=None,
        namespace=namespace,
        keep=KEPT_SECONDS,
        workers=options.workers,
    )
    if options.queue:
        # On the Job alone: it is the Job that waits in the queue. That it waits (suspend) the queue's own webhook says.
        made["metadata"]["labels"][QUEUE_LABEL] = options.queue
    return made


def _scratch(taken: set[str]) -> list[Scratch]:
    """Return what every pod of ours has of its own, where no volume is mounted there."""
    own = (Scratch(HOME), Scratch(_SHARED_MEMORY, memory=True))
    return [each for each in own if each.path not in taken]


def _add_rarities(spec: dict[str, Any], options: Options) -> None:
    if options.working_dir:
        spec["containers"][0]["workingDir"] = options.working_dir
    if options.service_account:
        spec["serviceAccountName"] = options.service_account
    if options.image_pull_secret:
        spec["imagePullSecrets"] = [{"name": options.image_pull_secret}]
    if options.priority_class:
        spec["priorityClassName"] = options.priority_class


def _place_workers(spec: dict[str, Any], labels: Json, *, together: bool) -> None:
    """Put the workers on one node, or else on as many as there are, where that can be had."""
    each_other = {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": _NODE}
    if together:
        # The scheduler lets the first of them go anywhere, though there is none yet that it could be with.
        required = {"requiredDuringSchedulingIgnoredDuringExecution": [each_other]}
        spec["affinity"] = {**spec.get("affinity", {}), "podAffinity": required}
    else:
        spec["topologySpreadConstraints"] = [{"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", **each_other}]


def _once(tolerations: Iterable[Json]) -> tuple[Json, ...]:
    found: list[Json] = []
    for each in tolerations:
        if each not in found:
            found.append(each)
    return tuple(found)


# -- reading it back --------------------------------------------------------------------------------------------------


def name_of(obj: Json) -> str:
    """Return the name of the compute that a Job or a pod belongs to."""
    metadata = obj["metadata"]
    return str((metadata.get("annotations") or {}).get(NAME_ANNOTATION) or metadata["name"].removeprefix(_PREFIX))


def made_by(obj: Json) -> str:
    """Return who made it, in words; empty where it does not say."""
    return str((obj["metadata"].get("annotations") or {}).get(MADE_BY_ANNOTATION) or "")


def options_of(found: Json) -> Options:
    """Read the options of a compute from its Job."""
    spec = found["spec"]["template"]["spec"]
    container = spec["containers"][0]
    limits = (container.get("resources") or {}).get("limits") or {}
    metadata = found["metadata"]
    idle = (metadata.get("annotations") or {}).get(IDLE_ANNOTATION, "")
    security = spec.get("securityContext") or {}
    secrets = [each.get("name") for each in spec.get("imagePullSecrets") or ()]
    return Options(
        cpus=parse(limits["cpu"]) if "cpu" in limits else None,
        memory=parse(limits["memory"]) if "memory" in limits else None,
        gpus=int(limits.get(resources.GPU, 0)),
        image=container["image"],
        env_vars=_variables(container),
        mounts=_mounts(spec, container),
        idle=int(idle) if idle.isdecimal() else None,
        node_selector=spec.get("nodeSelector") or {},
        tolerations=tuple(spec.get("tolerations") or ()),
        queue=(metadata.get("labels") or {}).get(QUEUE_LABEL),
        run_as=RunAs(security.get("runAsUser"), security.get("runAsGroup"), security.get("fsGroup")),
        working_dir=container.get("workingDir"),
        service_account=spec.get("serviceAccountName"),
        image_pull_secret=secrets[0] if secrets else None,
        priority_class=spec.get("priorityClassName"),
        workers=found["spec"].get("completions") if found["spec"].get("completionMode") == "Indexed" else None,
    )


def _variables(container: Json) -> dict[str, str]:
    given = {each["name"]: each.get("value", "").replace("$$", "$") for each in container.get("env") or ()}
    if given.get("HOME") == HOME:
        del given["HOME"]
    return given


def _mounts(spec: Json, container: Json) -> tuple[Mount, ...]:
    claims = {
        each["name"]: each["persistentVolumeClaim"]["claimName"]
        for each in spec.get("volumes") or ()
        if "persistentVolumeClaim" in each
    }
    return tuple(
        Mount(claims[each["name"]], each["mountPath"], bool(each.get("readOnly")), each.get("subPath"))
        for each in container.get("volumeMounts") or ()
        if each["name"] in claims
    )
