"""Which GPUs the nodes have, so that a pod which no node can take yet is explained at once.

The scheduler says that GPUs are insufficient and on how many nodes, seconds later, and not how many there are. Nodes
and other people's pods may often not be read: then it is left to the scheduler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kt_jupyter.errors import KtError
from kt_jupyter.kube import ALL_NAMESPACES, NODES, PODS, Cluster, List
from kt_jupyter.specs.resources import GPU

Json = Mapping[str, Any]

_OVER: Final = ("Succeeded", "Failed")
_MOST: Final = 6


def shortage(cluster: Cluster, wanted: int, workers: int = 1) -> str | None:
    """Say what the nodes have when they have not so many GPUs free; None when they do, or it may not be known."""
    nodes, pods = cluster.gather(List(NODES), List(PODS, ALL_NAMESPACES), return_errors=True)
    if isinstance(nodes, KtError):
        return None
    used_known = not isinstance(pods, KtError)
    return told(wanted, nodes, pods if used_known else (), workers=workers, used_known=used_known)


def told(
    wanted: int, nodes: Iterable[Json], pods: Iterable[Json], *, workers: int = 1, used_known: bool = True
) -> str | None:
    """Say it, from the server's own objects.

    Args:
        wanted: GPUs that one pod needs.
        nodes: The nodes.
        pods: All pods.
        workers: How many such pods there are to be.
        used_known: Whether those could be read; else only what nodes have at all is known.
    """
    used = _used(pods)
    free = {node["metadata"]["name"]: (_of(node) - used[node["metadata"]["name"]], _of(node)) for node in nodes}
    fit = sum(max(left, 0) // wanted for left, _ in free.values())
    if fit >= workers:
        return None
    gpus = f"{wanted} GPU{'' if wanted == 1 else 's'}"
    owners = {name: counts for name, counts in free.items() if counts[1]}
    if not owners:
        return f"No node has {gpus}: none has any ({GPU}). The pod waits, since an autoscaler may add a node."
    listed = [f"{name} {left} of {all_}" if used_known else f"{name} {all_}" for name, (left, all_) in owners.items()]
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    has = "free" if used_known else "at all"
    some = f"{', '.join(listed[:_MOST])}{more}"
    if fit:
        return f"The nodes have GPUs for {fit} of {workers} workers with {gpus} each: {some} {has}. The others wait."
    return f"No node has {gpus} {has}: {some}. The pod waits for them."


def _of(node: Json) -> int:
    return int(((node.get("status") or {}).get("allocatable") or {}).get(GPU, 0))


def _used(pods: Iterable[Json]) -> Counter[str]:
    used: Counter[str] = Counter()
    for pod in pods:
        node = pod["spec"].get("nodeName")
        if node and (pod.get("status") or {}).get("phase") not in _OVER:
            limits = [(each.get("resources") or {}).get("limits") or {} for each in pod["spec"]["containers"]]
            used[node] += sum(int(each.get(GPU, 0)) for each in limits)
    return used
