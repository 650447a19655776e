"""The cluster a kernel works on: ``connect``, ``current``, ``use``, ``contexts``.

One current cluster per process, chosen once: an explicit choice (``connect``, ``%kt_cluster use``) lasts until the
kernel ends; without one the first use decides: kubeconfig, then the pod's own service account, then the embedded
local cluster. A configured cluster that does not answer is an error, never a reason to look further.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from kt_jupyter.errors import ConfigError
from kt_jupyter.kube import embedded, loop, notices
from kt_jupyter.kube.calls import Get, List
from kt_jupyter.kube.client import Cluster
from kt_jupyter.kube.incluster import in_cluster_target
from kt_jupyter.kube.kubeconfig import WAYS_OUT, kubeconfig_files, read_kubeconfig
from kt_jupyter.kube.link import Link
from kt_jupyter.kube.target import Target, target_from

_LOCAL = "No cluster is configured: using the embedded local one. `%kt_cluster` shows it and how to choose another."


@dataclass(frozen=True)
class Context:
    """One context of the kubeconfig, as ``kubectl config get-contexts`` shows it.

    Attributes:
        name: What ``use`` takes.
        cluster: The kubeconfig's name for the cluster.
        user: The kubeconfig's name for the user.
        namespace: The default namespace.
        server: The API server's URL; empty when the kubeconfig has no such cluster.
        current: Whether this kernel works on it; before the first choice, whether it would.
    """

    name: str
    cluster: str
    user: str
    namespace: str
    server: str
    current: bool


class _Session:
    """What was chosen. The lock keeps two threads from starting two clusters."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.cluster: Cluster | None = None
        self.kubeconfig: str | PathLike[str] | None = None  # as given to connect(); None follows KUBECONFIG

    def choose(self, cluster: Cluster) -> Cluster:
        if self.cluster is None or self.cluster.server != cluster.server:
            notices.forget()
        self.cluster = cluster
        return cluster


_session = _Session()


def connect(
    context: str | None = None,
    namespace: str | None = None,
    *,
    local: bool = False,
    kubeconfig: str | PathLike[str] | None = None,
) -> Cluster:
    """Choose the cluster this kernel works on and return it. Costs no request (``local`` may start a server).

    Args:
        context: A context of the kubeconfig; default: its current one.
        namespace: Default namespace of every call; default: the context's.
        local: The embedded local cluster, started when it does not run.
        kubeconfig: A file to read instead of ``KUBECONFIG`` and ``~/.kube/config``.

    Raises:
        ConfigError: The configuration cannot be used; the message names the file and the fact.
        LocalClusterError: The local cluster cannot start.

    Example:
        >>> kt.connect("kind-dev", namespace="team-a")
        Cluster kind-dev  https://127.0.0.1:6443  namespace team-a
    """
    with _session.lock:
        if local:
            return _session.choose(Cluster(_local(), namespace))
        link = _configured(kubeconfig_files(kubeconfig), context)
        if link is not None:
            _session.kubeconfig = kubeconfig
            return _session.choose(Cluster(link, namespace))
        cluster = Cluster(_local(), namespace)
        notices.say_now(_LOCAL)
        return _session.choose(cluster)


def current() -> Cluster:
    """Return the cluster this kernel works on; the first call without a choice makes one (see the module's text)."""
    with _session.lock:
        return _session.cluster or connect()


def peek() -> Cluster | None:
    """Return what ``current`` would, unless that means to start a server; never makes a choice. For Tab completion."""
    with _session.lock:
        if _session.cluster is not None:
            return _session.cluster
        link = _configured(kubeconfig_files(), None)
        return Cluster(link) if link is not None else None


def read_local(call: Get | List) -> Future[Any]:
    """Begin a read of the embedded cluster, started if need be, and return at once; no choice is made. For Tab."""

    async def read() -> Any:
        cluster = Cluster(await asyncio.to_thread(_local))
        return await asyncio.wrap_future(cluster.later(call))

    return loop.submit(read()).future


def use(context: str, namespace: str | None = None) -> Cluster:
    """Switch to a context of the kubeconfig for the rest of the kernel's life. The file stays as it is.

    Args:
        context: One of ``contexts()``.
        namespace: Default: the context's.

    Raises:
        ConfigError: There is no such context; close names are suggested.
    """
    with _session.lock:
        return connect(context, namespace, kubeconfig=_session.kubeconfig)


def adopt(cluster: Cluster) -> Cluster:
    """Make a cluster that is at hand the current one: ``adopt(current().with_namespace("team-b"))``."""
    with _session.lock:
        return _session.choose(cluster)


def contexts() -> list[Context]:
    """List the kubeconfig's contexts, the one in use marked. Empty without a kubeconfig."""
    with _session.lock:
        config = read_kubeconfig(kubeconfig_files(_session.kubeconfig))
        chosen = _session.cluster.context if _session.cluster else config.current_context
    return [
        Context(
            name=name,
            cluster=entry.text("cluster"),
            user=entry.text("user"),
            namespace=entry.text("namespace") or "default",
            server=config.clusters[entry.text("cluster")].text("server")
            if entry.text("cluster") in config.clusters
            else "",
            current=name == chosen,
        )
        for name, entry in sorted(config.contexts.items())
    ]


def reset() -> None:
    """Forget the choice, so that the next use decides anew: for tests and for a kernel's restart in place."""
    with _session.lock:
        _session.cluster = _session.kubeconfig = None


def _configured(files: tuple[Path, ...], context: str | None) -> Link | None:
    """Return the way to a configured cluster: from the kubeconfig, else from the pod we run in; None without both."""
    if files:
        name = read_kubeconfig(files).choose(context)

        def read() -> Target:
            return target_from(read_kubeconfig(files), name)

        return Link(read(), reload=read)
    if context is not None:
        raise ConfigError(f'there is no kubeconfig, hence no context "{context}".', remedy=WAYS_OUT)
    pod = in_cluster_target()
    return Link(pod) if pod is not None else None


def _local() -> Link:
    return Link(
        _local_target(embedded.ensure()),
        reload=lambda: _local_target(embedded.kubeconfig()),
        revive=lambda: _local_target(embedded.ensure()),
    )


def _local_target(kubeconfig: Path) -> Target:
    target = target_from(read_kubeconfig((kubeconfig,)))
    return replace(target, is_local=True, source="embedded local cluster")
