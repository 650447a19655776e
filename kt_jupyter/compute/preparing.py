"""What must be so before a compute's pod is made, and what follows for the pod: read, check, plan.

Everything about its volumes is found out here, while nothing has been made: that each exists or can be made, can be
used now, and is in the compute's namespace; where it is mounted; and on which node the pod has to run because a volume
is in use there. Two volumes that are held on two nodes can't both be had: that is said at once, by their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kt_jupyter.compute import sharing
from kt_jupyter.compute.volumes import Wanted, elsewhere, refuse_twice
from kt_jupyter.errors import InvalidMountPath, KtError, NotFound, VolumeInUse
from kt_jupyter.kube import CLAIMS, EVENTS, NAMESPACES, NODES, PODS, STORAGE_CLASSES, Cluster, Get, List
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs.pod import ORDINARY, Mount, RunAs
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes import Volume, events
from kt_jupyter.volumes.attaching import Plan, Surroundings, attach_plan
from kt_jupyter.volumes.pasting import python_arguments
from kt_jupyter.volumes.reading import absence, by_name, optional

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What follows from a compute's volumes for its pod.

    Attributes:
        mounts: What it mounts, and where.
        missing: Volumes that have to be made first.
        node: The one node that it has to run on; None for any.
        tolerations: What that node asks for.
        run_as: Whom it runs as, so that it may read and write what is there; None where nothing tells.
        notices: What is worth saying.
        together: Whether several workers have to be on one node, for a volume that one node can have at a time.
    """

    mounts: tuple[Mount, ...] = ()
    missing: tuple[Volume, ...] = ()
    node: str | None = None
    tolerations: tuple[Mapping[str, Any], ...] = ()
    run_as: RunAs | None = None
    notices: tuple[str, ...] = ()
    together: bool = False


def prepare(
    cluster: Cluster,
    namespace: str,
    wanted: Sequence[Wanted],
    *,
    run_as: RunAs | None = None,
    workers: int | None = None,
) -> Prepared:
    """Check the volumes of a compute that is to start, and plan its pod around them. Makes nothing.

    Args:
        cluster: Where it starts.
        namespace: Its namespace.
        wanted: Its volumes.
        run_as: Whom it is to run as; None for who fits.
        workers: How many pods it is to have; None for one.

    Raises:
        VolumeNotFound: There is no such volume, and it was not described.
        VolumeDiffers: It exists, and is another one than was described.
        VolumeUnusable: It is lost, or being deleted, or gets no disk.
        VolumeInUse: Somebody has it in such a way that this pod can't have it too.
        InvalidInput: It is in another namespace or cluster; nothing says where to mount it; two are at one place.
    """
    _refuse_elsewhere(cluster, namespace, wanted)
    made = {each.name: _would_be(each) for each in wanted if each.can_be_made}
    if not wanted:
        return Prepared()
    found, around = _read(cluster, namespace, wanted)
    placed = [_placed(each, found.get(each.name)) for each in wanted]
    refuse_twice(placed)
    plans = {
        name: attach_plan(around.about(claim), read_only=_of(placed, name).read_only, run_as=run_as)
        for name, claim in found.items()
    }
    node, tolerations = _one_node(plans)
    alone = sharing.of_one_node(made | found) if workers is not None and workers > 1 else ()
    if alone:
        sharing.refuse_of_one_pod(made | found, workers)
    return Prepared(
        mounts=tuple(_mount(each, plans.get(each.name)) for each in placed),
        missing=tuple(each.volume for each in placed if each.volume is not None and each.name not in found),
        node=node,
        tolerations=tolerations,
        run_as=run_as or _copied(plans),
        notices=(*(notice for plan in plans.values() for notice in plan.notices), *sharing.told(alone, workers)),
        together=bool(alone),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known of the namespace; None where it may not be read."""

    pods: Sequence[Json]
    classes: Mapping[str, StorageClass] | None
    events: Sequence[Json]
    space: Json | None
    nodes: Sequence[Json] | None

    def about(self, claim: Json) -> Surroundings:
        uid = claim["metadata"]["uid"]
        own = [each for each in self.events if each["involvedObject"].get("uid") == uid]
        return Surroundings(claim, self.pods, self.classes, own, self.space, nodes=self.nodes)


def _refuse_elsewhere(cluster: Cluster, namespace: str, wanted: Sequence[Wanted]) -> None:
    for each in wanted:
        if each.volume is None:
            continue
        if each.volume.namespace != namespace:
            raise elsewhere(each.name, each.volume.namespace, namespace)
        each.volume.refuse_other_cluster(cluster)


def _read(cluster: Cluster, namespace: str, wanted: Sequence[Wanted]) -> tuple[dict[str, Json], _Around]:
    pods, classes, said, space, nodes, *found = cluster.gather(
        List(PODS, namespace),
        List(STORAGE_CLASSES),
        List(EVENTS, namespace, field_selector=events.about(classes_known=True)),
        Get(NAMESPACES, namespace),
        List(NODES),
        *(Get(CLAIMS, each.name, namespace) for each in wanted),
        return_errors=True,
    )
    claims_found: dict[str, Json] = {}
    for each, claim in zip(wanted, found, strict=True):
        if isinstance(claim, NotFound):
            if not each.can_be_made:
                raise absence(cluster, namespace, each.name)
        elif isinstance(claim, KtError):
            raise claim
        else:
            claims_found[each.name] = claim
    known = optional(classes)
    around = _Around(
        pods=optional(pods) or (),
        classes=None if known is None else by_name(known),
        events=optional(said) or (),
        space=optional(space),
        nodes=optional(nodes),
    )
    return claims_found, around


def _placed(each: Wanted, claim: Json | None) -> Wanted:
    """Return a volume with the place where it is mounted."""
    path = each.path or (claims.mount_path(claim) if claim else None)
    if path is None:
        handle = python_arguments(each.name, mount_path="/data")
        raise InvalidMountPath(
            f'nothing says where to mount volume "{each.name}": its claim has no {claims.MOUNT_PATH_ANNOTATION}.',
            remedy=f'To say it: "{each.name}:/data", or kt.Volume.from_name({handle})',
        )
    return replace(each, path=path)


def _mount(each: Wanted, plan: Plan | None) -> Mount:
    assert each.path is not None
    return Mount(each.name, each.path, each.read_only or (plan is not None and plan.read_only))


def _of(placed: Sequence[Wanted], name: str) -> Wanted:
    return next(each for each in placed if each.name == name)


def _one_node(plans: Mapping[str, Plan]) -> tuple[str | None, tuple[Mapping[str, Any], ...]]:
    bound_to = {name: plan for name, plan in plans.items() if plan.placement.node}
    nodes = {plan.placement.node for plan in bound_to.values()}
    if len(nodes) > 1:
        where = "; ".join(f'"{name}" on {plan.placement.node}: {plan.why}' for name, plan in bound_to.items())
        raise VolumeInUse(
            f"the volumes are in use on different nodes, and a pod runs on one: {where}.",
            remedy="When those pods have ended the volumes can be had together.",
        )
    tolerations = tuple(each for plan in bound_to.values() for each in plan.placement.tolerations)
    return next(iter(nodes), None), tolerations


def _copied(plans: Mapping[str, Plan]) -> RunAs | None:
    """Return whom the pods run as that use the volumes already; of several, the first volume's."""
    return next((plan.run_as for plan in plans.values() if plan.run_as != ORDINARY), None)


def _would_be(each: Wanted) -> Json:
    """Return the claim of a volume as it is, or as it would be made."""
    assert each.volume is not None
    return each.volume.ensure(dry_run=True, notify=_say_nothing)


def _say_nothing(_: str) -> None:
    """Keep quiet: it is said when the volume is made."""
