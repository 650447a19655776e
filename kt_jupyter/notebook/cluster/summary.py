"""Which cluster this is: what ``%kt_cluster`` shows. Configuration is told even when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass

from kt_jupyter.errors import ClusterUnreachable, KtError
from kt_jupyter.kube import NODES, Cluster


@dataclass(frozen=True)
class Summary:
    """The cluster of this kernel.

    ``nodes`` is None where they may not be listed; ``trouble`` says why nobody answered, None when somebody did.
    """

    context: str | None
    server: str
    namespace: str
    user: str | None
    is_local: bool
    version: str = ""
    nodes: int | None = None
    trouble: str | None = None


def summarize(cluster: Cluster) -> Summary:
    """Ask the cluster who it is."""
    about = (cluster.context, cluster.server, cluster.namespace, cluster.user, cluster.is_local)
    try:
        version = cluster.version().get("gitVersion", "")
    except ClusterUnreachable as nobody:
        return Summary(*about, trouble=nobody.fact)
    try:
        nodes = len(cluster.list(NODES))
    except KtError:
        nodes = None
    return Summary(*about, version=version, nodes=nodes)
