"""The attach plan: where a pod that mounts a volume may run, decided before any pod is made.

Kubernetes would find out by itself, one refusal after another, some of them minutes late and in words of its own. What
decides is known beforehand: how many may use the volume at once (its access mode), who uses it now, and on which node.

* A terminal of ours that is open on it already is offered again.
* ReadWriteOnce means one *node*: while a pod uses it there, another one must run there too.
* ReadWriteOncePod means one *pod*: while one uses it nobody else can, and who that is, is said.
* Otherwise anywhere. A claim that waits for its first consumer gets its disk where the scheduler puts this pod.

Pure: the server's objects to a plan, or the error that says why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kt_jupyter.errors import VolumeInUse, VolumeUnusable
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.specs.pod import Placement, RunAs
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes.identity import container_on, identity
from kt_jupyter.volumes.users import PodUse, name_some, users_of
from kt_jupyter.volumes.verdict import State, judge

Json = Mapping[str, Any]

_NODE_TROUBLE: Final = (
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
)  # the server adds these itself


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a volume; None where it may not be read.

    Attributes:
        claim: Its claim.
        pods: The namespace's pods.
        classes: The storage classes by name.
        events: The claim's events.
        namespace: The namespace.
        disk: Its PersistentVolume.
        nodes: The cluster's nodes.
    """

    claim: Json
    pods: Sequence[Json]
    classes: Mapping[str, StorageClass] | None = None
    events: Sequence[Json] | None = None
    namespace: Json | None = None
    disk: Json | None = None
    nodes: Sequence[Json] | None = None

    @property
    def name(self) -> str:
        """The volume's name."""
        return str(self.claim["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a pod on a volume runs, as whom, and why.

    Attributes:
        why: The reason, as a clause.
        placement: The one node it has to run on, or none.
        run_as: Whom it runs as.
        read_only: Nothing is written.
        like: The pod whose user and group are copied.
        notices: What is worth saying.
    """

    why: str
    placement: Placement = field(default_factory=Placement)
    run_as: RunAs = field(default_factory=RunAs)
    read_only: bool = False
    like: str | None = None
    notices: tuple[str, ...] = ()

    def sentence(self, what: str) -> str:
        """Write the plan as one sentence; ``what`` is the pod that would be started."""
        where = f"on node {self.placement.node}" if self.placement.node else "on any node that fits"
        whom = f"as user {self.run_as}" + (f", like pod {self.like}" if self.like else "")
        how = ", read-only" if self.read_only else ""
        return f"Starts {what} {where}{how}, {whom}: {self.why}."


def attach_plan(around: Surroundings, *, read_only: bool = False, run_as: RunAs | None = None) -> Plan:
    """Decide where a pod on a volume may run.

    Args:
        around: What is known.
        read_only: Whether it is only to read.
        run_as: Whom it is to run as; None for who fits.

    Raises:
        VolumeUnusable: No pod can use the volume: it is being deleted, lost, a raw device, or cannot get its disk.
        VolumeInUse: Another pod has it, and only one may; or the one node it is on does not answer.
    """
    _refuse_unusable(around)
    modes = claims.access_modes(around.claim)
    using = [use for use in users_of(around.name, around.pods) if not use.finished]
    only_readers = modes == [AccessMode.ROX.value]
    if modes == [AccessMode.RWOP.value] and using:
        raise _one_pod(around, using[0])
    fresh = not around.claim["spec"].get("volumeName")
    whom = identity(around.name, around.pods, asked=run_as, fresh=fresh, namespace=around.namespace)
    why, placement = _where(around, modes, using)
    notices = []
    if only_readers and not read_only:
        notices.append(f"Volume {around.name} is for many readers (ROX): the terminal only reads.")
    if fresh and _state(around) is State.WAITING:
        made_by = claims.storage_class(around.claim)
        notices.append(f"Volume {around.name} is used for the first time: class {made_by} makes its disk for this.")
    return Plan(why, placement, whom.run_as, read_only or only_readers, whom.like, tuple(notices))


def _refuse_unusable(around: Surroundings) -> None:
    where = f'volume "{around.name}" in {around.claim["metadata"]["namespace"]}'
    if around.claim["spec"].get("volumeMode") == "Block":
        raise VolumeUnusable(f"{where} is a raw device (volumeMode Block): it has no files to look at.")
    verdict = judge(
        around.claim,
        users=users_of(around.name, around.pods),
        classes=around.classes,
        events=around.events,
    )
    bound = (around.claim.get("status") or {}).get("phase") == "Bound"
    by_hand = verdict.state is State.PENDING and claims.storage_class(around.claim) == ""
    if verdict.state is State.TERMINATING:
        held = f", {verdict.reason}" if verdict.reason else ""
        raise VolumeUnusable(
            f"{where} is being deleted (Terminating){held}: it takes no new pod.", remedy=verdict.remedy
        )
    if verdict.state is State.LOST or by_hand or (verdict.state is State.PROBLEM and not bound):
        raise VolumeUnusable(f"{where} cannot be used: {verdict.reason}.", remedy=verdict.remedy)


def _state(around: Surroundings) -> State:
    return judge(around.claim, users=(), classes=around.classes, events=around.events).state


def _where(around: Surroundings, modes: Sequence[str], using: Sequence[PodUse]) -> tuple[str, Placement]:
    if AccessMode.RWX.value in modes:
        return "the volume is shared by many nodes (RWX)", Placement()
    if AccessMode.RWO.value not in modes:
        return ("nobody else uses the volume now" if not using else "many nodes may read the volume (ROX)"), Placement()
    holder = next((use for use in _steadiest(using) if use.node), None)
    if holder is not None and holder.node is not None:
        _refuse_silent_node(around, holder)
        pod = next(each for each in around.pods if each["metadata"]["uid"] == holder.uid)
        why = f"the volume is for one node at a time (RWO), and pod {holder.name} uses it there"
        return why, Placement(node=holder.node, tolerations=_tolerations(pod))
    home = _home(around.disk)
    if home:
        return f"its disk is on {home}, and nobody uses it now", Placement()
    if _state(around) is State.WAITING:
        return f"class {claims.storage_class(around.claim)} makes its disk there, at this first use", Placement()
    return "nobody uses the volume now", Placement()


def _steadiest(using: Sequence[PodUse]) -> list[PodUse]:
    """Return the pods in use, those first that are likely to stay."""
    return sorted(using, key=lambda use: (use.ending, use.phase != "Running", use.name))


def _tolerations(pod: Json) -> tuple[Json, ...]:
    found = pod["spec"].get("tolerations") or ()
    return tuple(each for each in found if each.get("key") not in _NODE_TROUBLE)


def _home(disk: Json | None) -> str | None:
    """Return the node that a disk is on, where it is on one: a directory or a disk of that node."""
    affinity = ((disk or {"spec": {}})["spec"].get("nodeAffinity") or {}).get("required") or {}
    named = [
        expression["values"]
        for term in affinity.get("nodeSelectorTerms") or ()
        for expression in (*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ()))
        if expression["key"] in ("kubernetes.io/hostname", "metadata.name") and expression["operator"] == "In"
    ]
    return str(named[0][0]) if len(named) == 1 and len(named[0]) == 1 else None


def _refuse_silent_node(around: Surroundings, holder: PodUse) -> None:
    for node in around.nodes or ():
        conditions = {each["type"]: each["status"] for each in (node.get("status") or {}).get("conditions") or ()}
        if node["metadata"]["name"] == holder.node and conditions.get("Ready") not in (None, "True"):
            raise VolumeInUse(
                f'volume "{around.name}" is on node {holder.node}, which does not answer (not Ready), with pod '
                f"{holder.name}; it is for one node at a time (RWO).",
                remedy="When the node is back it can be opened. Whether it will be, your administrator knows.",
                pods=(holder.name,),
            )


def _one_pod(around: Surroundings, holder: PodUse) -> VolumeInUse:
    on = f" on {holder.node}" if holder.node else ""
    pod = next(each for each in around.pods if each["metadata"]["uid"] == holder.uid)
    if holder.terminal:
        remedy = "It is a terminal of kt_jupyter: `exit` there ends it, or %kt_volume gc when nobody has it open."
    else:
        container = container_on(pod, around.name).get("name", pod["spec"]["containers"][0]["name"])
        inside = f"kubectl exec -it -n {holder.namespace} {holder.name} -c {container} -- sh"
        remedy = f"When that pod ends it can be opened. To look from inside that pod: {inside}"
    return VolumeInUse(
        f'volume "{around.name}" is for one pod at a time (ReadWriteOncePod), and {name_some([holder])}{on} has it.',
        remedy=remedy,
        pods=(holder.name,),
    )
