"""Which cluster this is: what ``%kt_cluster`` shows. Configuration is told even when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass

from kt_jupyter.errors import ClusterUnreachable, KtError, NotFound
from kt_jupyter.kube import NAMESPACES, NODES, Cluster, Get, List


@dataclass(frozen=True)
class Summary:
    """The cluster of this kernel.

    ``source`` says how it was configured; ``nodes`` is None where they may not be listed. ``trouble`` is what stands in
    the way: nobody answers, or the namespace does not exist.
    """

    context: str | None
    server: str
    namespace: str
    user: str | None
    is_local: bool
    source: str = ""
    version: str = ""
    nodes: int | None = None
    trouble: str | None = None


def summarize(cluster: Cluster) -> Summary:
    """Ask the cluster who it is."""
    about = (cluster.context, cluster.server, cluster.namespace, cluster.user, cluster.is_local, cluster.source)
    try:
        version = cluster.version().get("gitVersion", "")
    except ClusterUnreachable as nobody:
        return Summary(*about, trouble=nobody.fact)
    nodes, space = cluster.gather(List(NODES), Get(NAMESPACES, cluster.namespace), return_errors=True)
    return Summary(
        *about,
        version=version,
        nodes=None if isinstance(nodes, KtError) else len(nodes),
        trouble=f'there is no namespace "{cluster.namespace}" here.' if isinstance(space, NotFound) else None,
    )
