"""Finding computes in the cluster: by name, or all of a namespace.

Nothing is remembered in the kernel. A compute is a Job with our labels, and its pod is the Job's; whoever may read
those finds it, from this kernel or another.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, overload

from kt_jupyter.compute.status import ComputeStatus, State
from kt_jupyter.errors import ComputeNotFound, Conflict, Forbidden, KtError, NamespaceNotFound, NotFound
from kt_jupyter.kube import ALL_NAMESPACES, EVENTS, JOBS, NAMESPACES, PODS, Cluster, Get, List, current
from kt_jupyter.specs.compute import COMPUTE, job_of, name_of, selector
from kt_jupyter.specs.names import namespace_name
from kt_jupyter.specs.pod import PURPOSE_LABEL

Json = dict[str, Any]

UNEXPLAINED: Final = {State.STARTING, State.PROBLEM}
"""Where events say more than the objects themselves."""


class ComputeList(Sequence[ComputeStatus]):
    """The computes of a namespace (or of all) at one moment; reads as a table.

    Attributes:
        namespace: Where they are; None for all namespaces.
        context: The kubeconfig context they were read from; None in a pod.
    """

    def __init__(self, rows: Iterable[ComputeStatus], *, namespace: str | None, context: str | None = None) -> None:
        self._rows = sorted(rows, key=lambda row: (row.state.rank, row.name, row.namespace))
        self.namespace = namespace
        self.context = context

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> ComputeStatus: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ComputeStatus]: ...
    def __getitem__(self, index: int | slice) -> ComputeStatus | Sequence[ComputeStatus]:
        return self._rows[index]

    def __repr__(self) -> str:
        place = f"in {self.namespace}" if self.namespace else "in all namespaces"
        lines = [f"Computes {place}{f'  ({self.context})' if self.context else ''}"]
        if not self._rows:
            lines.append("There are none. The first: kt.Compute(cpus=1).start()")
        width = max((len(row.name) for row in self._rows), default=0)
        for row in self._rows:
            where = f" on {row.node}" if row.node else ""
            lines.append(f"{row.state.shape} {row.name:<{width}}  {row.words}{where}  {row.age}".rstrip())
        return "\n".join(lines)


def computes(namespace: str | None = None, *, all_namespaces: bool = False) -> ComputeList:
    """List the computes of a namespace, whoever started them; problems first, then by name.

    Args:
        namespace: Where to look; default: the current one.
        all_namespaces: Look everywhere instead; needs the right to list Jobs in the whole cluster.

    Returns:
        A sequence of ``ComputeStatus`` that prints as a table.

    Raises:
        Forbidden: Jobs may not be listed there.
        NamespaceNotFound: There is no such namespace.

    Example:
        >>> [row.name for row in kt.computes() if row.node == "kt-node"]
        ['train']
    """
    cluster = current()
    if all_namespaces:
        return read_list(cluster, None)
    return read_list(cluster, cluster.namespace if namespace is None else namespace_name(namespace))


def read_list(cluster: Cluster, namespace: str | None) -> ComputeList:
    """List the computes of a namespace of a cluster; None lists all namespaces."""
    scope = namespace if namespace is not None else ALL_NAMESPACES
    jobs, pods = cluster.gather(
        List(JOBS, scope, label_selector=selector()), List(PODS, scope, label_selector=selector()), return_errors=True
    )
    if isinstance(jobs, KtError):
        raise jobs
    if not jobs and namespace is not None:
        _check_namespace(cluster, namespace)
    pods = () if isinstance(pods, KtError) else pods
    rows = judged(jobs, pods)
    if any(row.state in UNEXPLAINED for row in rows):
        rows = judged(jobs, pods, _events(cluster, scope))
    return ComputeList(rows, namespace=namespace, context=cluster.context)


def judged(jobs: Iterable[Json], pods: Iterable[Json], events: Sequence[Json] = ()) -> list[ComputeStatus]:
    """Return the computes that Jobs and pods are; events explain what does not start."""
    owned = _by_owner(pods)
    return [ComputeStatus.of(job, owned[job["metadata"]["uid"]], events) for job in jobs]


def find(cluster: Cluster, namespace: str, name: str) -> ComputeStatus | None:
    """Return a compute as it is now; None when there is none of that name.

    Raises:
        Conflict: The name is taken by a Job that is no compute.
    """
    job, pods = cluster.gather(
        Get(JOBS, job_of(name), namespace), List(PODS, namespace, label_selector=selector(name)), return_errors=True
    )
    if isinstance(job, NotFound):
        return None
    if isinstance(job, KtError):
        raise job
    _refuse_foreign(job, name)
    owned = _by_owner(() if isinstance(pods, KtError) else pods)[job["metadata"]["uid"]]
    found = ComputeStatus.of(job, owned)
    if found.state in UNEXPLAINED:
        found = ComputeStatus.of(job, owned, _events(cluster, namespace))
    return found


def absence(cluster: Cluster, namespace: str, name: str) -> KtError:
    """Return the error that says what is missing: the compute, with names like it, or the whole namespace."""
    jobs, space = cluster.gather(
        List(JOBS, namespace, label_selector=selector()), Get(NAMESPACES, namespace), return_errors=True
    )
    if isinstance(space, NamespaceNotFound):
        return space
    names = [] if isinstance(jobs, KtError) else [name_of(job) for job in jobs]
    near = difflib.get_close_matches(name, names, n=3)
    hint = f"Close to it: {', '.join(near)}. " if near else f"There are: {', '.join(sorted(names))}. " if names else ""
    return ComputeNotFound(
        f'there is no compute "{name}" in namespace {namespace}.',
        remedy=f'{hint}To start it: %%kt_compute {name}, or kt.Compute(name="{name}").start()',
        code=404,
        reason="NotFound",
    )


def _by_owner(pods: Iterable[Json]) -> defaultdict[str, list[Json]]:
    """Return pods by the uid of the Job that made them."""
    found: defaultdict[str, list[Json]] = defaultdict(list)
    for pod in pods:
        for owner in pod["metadata"].get("ownerReferences") or ():
            if owner.get("controller"):
                found[owner["uid"]].append(pod)
    return found


def _events(cluster: Cluster, scope: str) -> list[Json]:
    """Read the events; none where they may not be read."""
    (found,) = cluster.gather(List(EVENTS, scope), return_errors=True)
    if isinstance(found, Forbidden):
        return []
    if isinstance(found, KtError):
        raise found
    events: list[Json] = found
    return events


def _refuse_foreign(job: Json, name: str) -> None:
    if (job["metadata"].get("labels") or {}).get(PURPOSE_LABEL) != COMPUTE or name_of(job) != name:
        raise Conflict(
            f'a Job "{job["metadata"]["name"]}" exists in namespace {job["metadata"]["namespace"]} and is not the '
            f'compute "{name}".',
            remedy="Give the compute another name.",
            code=409,
        )


def _check_namespace(cluster: Cluster, namespace: str) -> None:
    """Tell an empty namespace from one that does not exist: the server lists nothing in both."""
    (space,) = cluster.gather(Get(NAMESPACES, namespace), return_errors=True)
    if isinstance(space, NamespaceNotFound):
        raise space
