"""Removing terminals that nobody needs any more, before their lease does.

A helper ends by itself, so this is for the impatient: for whoever wants the volume or the quota back now. It removes
what has ended, whoever's it was, and of one's own terminals those that nobody has open. A terminal is open when its
lease was renewed lately; that of a colleague who has closed the laptop for lunch is left to its lease.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, overload

from kt_jupyter.errors import Conflict, KtError, NotFound
from kt_jupyter.kube import ALL_NAMESPACES, JOBS, PODS, Cluster, List
from kt_jupyter.pods.lease import held, seconds_left
from kt_jupyter.specs import human
from kt_jupyter.specs.durations import written
from kt_jupyter.specs.job import NAME_LABEL
from kt_jupyter.volumes.opening import who
from kt_jupyter.volumes.reading import optional
from kt_jupyter.volumes.shells import OWNER_LABEL, SELECTOR, VOLUME_ANNOTATION

Json = Mapping[str, Any]


class Use(Enum):
    """Whether somebody has a terminal open; the value says it in words."""

    OPEN = "open"
    IDLE = "nobody has it open"
    ENDED = "its shell has ended"


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper Job of ours.

    Attributes:
        name: The Job.
        namespace: Its namespace.
        uid: Its identity.
        volume: The volume it is on.
        use: Whether somebody has it open.
        mine: Whether it was opened by whoever asks.
        created: When, as Kubernetes writes it.
        left: Seconds until it ends by itself; None when it has.
        node: Where it runs, as far as pods may be seen.
        removed: It was removed, or with ``dry_run`` would be.
    """

    name: str
    namespace: str
    uid: str
    volume: str
    use: Use
    mine: bool
    created: str
    left: float | None = None
    node: str | None = None
    removed: bool = False

    @property
    def kept_because(self) -> str:
        """Why it is left alone; empty when it is not."""
        if self.removed:
            return ""
        if self.use is Use.OPEN:
            return "open" if self.mine else "open, somebody else's"
        return f"somebody else's; ends by itself in {written(self.left)}" if self.left else "somebody else's"

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain data, for ``--json``."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "volume": self.volume,
            "state": self.use.name.lower(),
            "mine": self.mine,
            "node": self.node,
            "endsInSeconds": None if self.left is None else round(self.left),
            "removed": self.removed,
        }


class Collection(Sequence[Helper]):
    """What there was and what was removed; reads as a table.

    Attributes:
        namespace: Where; None for all namespaces.
        dry_run: Nothing was removed: ``removed`` says what would be.
    """

    def __init__(self, helpers: Iterable[Helper], *, namespace: str | None, dry_run: bool) -> None:
        self._helpers = sorted(helpers, key=lambda each: (each.namespace, each.volume, each.name))
        self.namespace = namespace
        self.dry_run = dry_run

    def __len__(self) -> int:
        return len(self._helpers)

    @overload
    def __getitem__(self, index: int) -> Helper: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Helper]: ...
    def __getitem__(self, index: int | slice) -> Helper | Sequence[Helper]:
        return self._helpers[index]

    def fate(self, helper: Helper) -> str:
        """Say what became of one, and why."""
        if helper.kept_because:
            return f"kept: {helper.kept_because}"
        why = "you have it open" if helper.use is Use.OPEN else helper.use.value
        return f"{'would be removed' if self.dry_run else 'removed'}: {why}"

    def __repr__(self) -> str:
        place = f"in {self.namespace}" if self.namespace else "in all namespaces"
        if not self:
            return f"There are no terminals on volumes {place}."
        lines = [
            f"  {each.name}  on {each.volume}  {human.age(each.created)}  {self.fate(each)}" for each in self._helpers
        ]
        return "\n".join([f"Terminals on volumes {place}", *lines])


def collect(cluster: Cluster, namespace: str | None, *, force: bool = False, dry_run: bool = False) -> Collection:
    """Remove the terminals on volumes that have ended, or that are ours and that nobody has open.

    Args:
        cluster: Where.
        namespace: In which namespace; None for all.
        force: Also those of ours that somebody has open.
        dry_run: Only say what would be removed.

    Raises:
        Forbidden: Jobs may not be listed, or not deleted.
    """
    scope = namespace if namespace is not None else ALL_NAMESPACES
    found = cluster.gather(
        List(JOBS, scope, label_selector=SELECTOR), List(PODS, scope, label_selector=SELECTOR), return_errors=True
    )
    jobs, pods = found
    if isinstance(jobs, KtError):
        raise jobs
    mine = who(cluster)
    nodes = _nodes(optional(pods) or ())
    helpers = [_read(job, mine, nodes.get(job["metadata"]["uid"])) for job in jobs if not _going(job)]
    wanted = [replace(each, removed=_is_to_go(each, force=force)) for each in helpers]
    for helper in wanted:
        if helper.removed and not dry_run:
            _remove(cluster, helper)
    return Collection(wanted, namespace=namespace, dry_run=dry_run)


def _is_to_go(helper: Helper, *, force: bool) -> bool:
    return helper.use is Use.ENDED or (helper.mine and (force or helper.use is Use.IDLE))


def _remove(cluster: Cluster, helper: Helper) -> None:
    try:
        cluster.delete(JOBS, helper.name, namespace=helper.namespace, uid=helper.uid)
    except (NotFound, Conflict):
        return  # it has just gone by itself


def _read(job: Json, mine: str, node: str | None) -> Helper:
    metadata = job["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    use = Use.ENDED if _ended(job) else Use.OPEN if held(job) else Use.IDLE
    return Helper(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        volume=annotations.get(VOLUME_ANNOTATION, ""),
        use=use,
        mine=labels.get(OWNER_LABEL) == mine,
        created=metadata["creationTimestamp"],
        left=None if use is Use.ENDED else seconds_left(job),
        node=node,
    )


def _ended(job: Json) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def _going(job: Json) -> bool:
    return "deletionTimestamp" in job["metadata"]


def _nodes(pods: Iterable[Json]) -> dict[str, str | None]:
    """Return the nodes of pods by the uid of the Job that made them."""
    return {
        owner["uid"]: pod["spec"].get("nodeName")
        for pod in pods
        for owner in pod["metadata"].get("ownerReferences") or ()
        if NAME_LABEL in (pod["metadata"].get("labels") or {})
    }
