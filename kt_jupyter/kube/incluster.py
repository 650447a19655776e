"""The cluster a pod runs in, as its own service account sees it.

Facts from https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ and client-go's
``rest.InClusterConfig``: the address in two environment variables, token, CA and namespace in files that the kubelet
renews (the token about once an hour, hence always read from the file).
"""

from __future__ import annotations

import os
from pathlib import Path

from kt_jupyter.errors import ConfigError
from kt_jupyter.kube.target import Identity, Pem, Target

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def in_cluster_target(directory: Path = SERVICE_ACCOUNT) -> Target | None:
    """Return the pod's own cluster, or None outside a pod (or in one without a service account token)."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (directory / "token").exists():
        return None
    address = f"[{host}]" if ":" in host else host
    authority = directory / "ca.crt"
    return Target(
        server=f"https://{address}:{port}",
        namespace=_namespace(directory / "namespace"),
        identity=Identity(origin=f"the pod's service account in {directory}", token_file=directory / "token"),
        ca=Pem(file=authority) if authority.exists() else None,
        origin=f"the pod's service account in {directory}",
        source="in-cluster service account",
    )


def _namespace(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip() or "default"
    except FileNotFoundError:
        return "default"
    except OSError as error:
        raise ConfigError(f"the pod's namespace cannot be read from {file}: {error.strerror}.") from error
