"""Where the measurements happen: a cluster, a namespace of their own, and the three clients pointed at it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, NAMESPACES, Cluster, loop


@dataclass(frozen=True)
class Ground:
    """One cluster and one fresh namespace."""

    cluster: Cluster
    kubeconfig: Path
    namespace: str
    embedded: bool

    @property
    def kubectl(self) -> list[str] | None:
        """The start of a kubectl command line, or None where there is no kubectl."""
        program = shutil.which("kubectl")
        return [program, f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}"] if program else None

    def run_kubectl(self, *arguments: str) -> None:
        """Run kubectl to its end."""
        assert self.kubectl is not None
        subprocess.run([*self.kubectl, *arguments], check=True, stdout=subprocess.DEVNULL)

    def make_claims(self, count: int) -> None:
        """Fill the namespace up to ``count`` claims that wait for their first consumer."""
        for number in range(len(self.cluster.list(CLAIMS)), count):
            self.cluster.create(CLAIMS, claim(f"claim-{number}"))


def claim(name: str) -> dict[str, object]:
    """A claim as ``kt.Volume`` makes it, class left to the cluster."""
    return {
        "metadata": {
            "name": name,
            "labels": {"app": "kubetorch", "kubetorch.com/volume": name},
            "annotations": {"kubetorch.com/mount-path": "/data"},
        },
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """The cluster of ``KT_TEST_CONTEXT`` where that is set, else an embedded one that lives as long as this block."""
    context = os.environ.get("KT_TEST_CONTEXT")
    with contextlib.nullcontext(Path(os.environ["KUBECONFIG"])) if context else _embedded() as kubeconfig:
        namespace = f"kt-bench-{uuid.uuid4().hex[:6]}"
        cluster = kt.connect(context, namespace, kubeconfig=kubeconfig)
        cluster.create(NAMESPACES, {"metadata": {"name": namespace}})
        try:
            yield Ground(cluster, kubeconfig, namespace, embedded=not context)
        finally:
            cluster.delete(NAMESPACES, namespace)
            loop.stop()


@contextlib.contextmanager
def _embedded() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kt-bench-") as state:
        os.environ["KT_JUPYTER_LOCAL_DIR"] = state
        done = subprocess.run(
            [sys.executable, "-m", "kt_jupyter.local", "ensure"], check=True, stdout=subprocess.PIPE, text=True
        )
        try:
            yield Path(done.stdout.strip())
        finally:
            subprocess.run([sys.executable, "-m", "kt_jupyter.local", "stop"], check=True)
