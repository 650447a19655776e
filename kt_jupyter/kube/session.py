"""The cluster a kernel works on: ``connect``, ``current``, ``use``, ``contexts``.

One current cluster per process, chosen once: an explicit choice (``connect``, ``%kt_cluster use``) lasts until the
kernel ends; without one the first use decides: kubeconfig, then the pod's own service account, then the embedded
local cluster. A configured cluster that does not answer is an error, never a reason to look further.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from kt_jupyter.kube.client import Cluster


@dataclass(frozen=True)
class Context:
    """One context of the kubeconfig, as ``kubectl config get-contexts`` shows it."""

    name: str
    cluster: str
    user: str
    namespace: str
    server: str
    current: bool


def connect(
    context: str | None = None,
    namespace: str | None = None,
    *,
    local: bool = False,
    kubeconfig: str | PathLike[str] | None = None,
) -> Cluster:
    """Choose the cluster this kernel works on and return it. Costs no request.

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
    raise NotImplementedError


def current() -> Cluster:
    """Return the cluster this kernel works on; the first call without a choice makes one (see the module's text)."""
    raise NotImplementedError


def use(context: str, namespace: str | None = None) -> Cluster:
    """Switch to a context of the kubeconfig for the rest of the kernel's life. The file stays as it is."""
    raise NotImplementedError


def contexts() -> list[Context]:
    """List the kubeconfig's contexts, the one in use marked. Empty without a kubeconfig."""
    raise NotImplementedError
