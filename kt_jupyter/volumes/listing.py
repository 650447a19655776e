"""``kt.volumes()``: all volumes of a namespace as rows, problems first.

One round trip reads claims, pods and classes together. Events are read only when a claim is Pending for a reason that
these don't tell: in a busy namespace there are thousands of events, and nearly every claim is bound or waits for its
first use. What may not be read is said in ``without`` and shows as unknown: a person without the right to list pods
still gets the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

from kt_jupyter.errors import KtError, NamespaceNotFound
from kt_jupyter.kube import (
    ALL_NAMESPACES,
    CLAIMS,
    EVENTS,
    NAMESPACES,
    PODS,
    STORAGE_CLASSES,
    Cluster,
    Get,
    List,
    current,
)
from kt_jupyter.specs.names import namespace_name
from kt_jupyter.volumes.events import about
from kt_jupyter.volumes.reading import by_name, optional
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.table import table
from kt_jupyter.volumes.users import users_by_claim
from kt_jupyter.volumes.verdict import State, judge

Json = dict[str, Any]


class VolumeList(Sequence[VolumeStatus]):
    """The volumes of a namespace (or of all) at one moment; reads as a table.

    Attributes:
        namespace: Where they are; None for all namespaces.
        context: The kubeconfig context they were read from; None in a pod.
        without: What could not be read for want of rights, such as ``("list pods",)``.
    """

    def __init__(
        self,
        rows: Iterable[VolumeStatus],
        *,
        namespace: str | None,
        context: str | None = None,
        without: Iterable[str] = (),
    ) -> None:
        self._rows = sorted(rows, key=lambda row: (row.state.rank, row.name, row.namespace))
        self.namespace = namespace
        self.context = context
        self.without = tuple(without)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> VolumeStatus: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[VolumeStatus]: ...
    def __getitem__(self, index: int | slice) -> VolumeStatus | Sequence[VolumeStatus]:
        return self._rows[index]

    def __repr__(self) -> str:
        place = f"in {self.namespace}" if self.namespace else "in all namespaces"
        lines = [f"Volumes {place}{f'  ({self.context})' if self.context else ''}"]
        if not self._rows:
            lines.append('There are none. The first: kt.Volume("my-data", size="10Gi", mount_path="/data").create()')
        else:
            lines += table(self._rows, with_namespace=self.namespace is None)
        lines += [f"Without the right to {right}, some of it is unknown." for right in self.without]
        return "\n".join(lines)


def volumes(namespace: str | None = None, *, all_namespaces: bool = False) -> VolumeList:
    """List the volumes of a namespace, problems first, then by name.

    Every PersistentVolumeClaim counts, whoever made it.

    Args:
        namespace: Where to look; default: the current one.
        all_namespaces: Look everywhere instead; needs the right to list claims in the whole cluster.

    Returns:
        A sequence of ``VolumeStatus`` that prints as a table.

    Raises:
        Forbidden: claims may not be listed there.
        NamespaceNotFound: there is no such namespace.

    Example:
        >>> [row.name for row in kt.volumes() if row.used_by]
        ['checkpoints']
    """
    cluster = current()
    if all_namespaces:
        return read_list(cluster, None)
    return read_list(cluster, namespace_name(namespace) if namespace is not None else cluster.namespace)


def read_list(cluster: Cluster, namespace: str | None) -> VolumeList:
    """List the volumes of a namespace of a cluster; None lists all namespaces."""
    scope = namespace if namespace is not None else ALL_NAMESPACES
    found, pods, classes = cluster.gather(
        List(CLAIMS, scope), List(PODS, scope), List(STORAGE_CLASSES), return_errors=True
    )
    if isinstance(found, KtError):
        raise found
    if not found and namespace is not None:
        _check_namespace(cluster, namespace)
    pods, classes = optional(pods), optional(classes)
    listed = rows(found, pods=pods, classes=classes)
    without = ["list pods"] if pods is None else []
    if any(row.state is State.PENDING for row in listed):
        events = _read_events(cluster, scope, classes_known=classes is not None)
        if events is None:
            without.append("list events")
        else:
            listed = rows(found, pods=pods, classes=classes, events=events)
    return VolumeList(listed, namespace=namespace, context=cluster.context, without=without)


def rows(
    found: Iterable[Json],
    *,
    pods: Iterable[Json] | None,
    classes: Iterable[Json] | None,
    events: Mapping[str, Sequence[Json]] | None = None,
) -> list[VolumeStatus]:
    """Judge each claim with what was read beside it.

    Args:
        found: the claims.
        pods: the pods of their namespaces, None where they may not be listed.
        classes: the storage classes, None where they may not be listed.
        events: events by the uid of the claim they are about, None where they were not read.
    """
    users = None if pods is None else users_by_claim(pods)
    known = None if classes is None else by_name(list(classes))
    told = events or {}
    made = []
    for claim in found:
        metadata = claim["metadata"]
        uses = None if users is None else users.get((metadata["namespace"], metadata["name"]), ())
        verdict = judge(claim, users=uses, classes=known, events=told.get(metadata["uid"]))
        made.append(VolumeStatus(claim, verdict, uses))
    return made


def _read_events(cluster: Cluster, scope: str, *, classes_known: bool) -> dict[str, list[Json]] | None:
    """Read the events of claims, by the claim's uid; None where they may not be read."""
    wanted = List(EVENTS, scope, field_selector=about(classes_known=classes_known))
    events = optional(cluster.gather(wanted, return_errors=True)[0])
    if events is None:
        return None
    by_uid: defaultdict[str, list[Json]] = defaultdict(list)
    for event in events:
        by_uid[event["involvedObject"].get("uid", "")].append(event)
    return by_uid


def _check_namespace(cluster: Cluster, namespace: str) -> None:
    """Tell an empty namespace from one that does not exist: the server lists nothing in both."""
    (space,) = cluster.gather(Get(NAMESPACES, namespace), return_errors=True)
    if isinstance(space, NamespaceNotFound):
        raise space
