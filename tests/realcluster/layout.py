"""Where things are: one cache folder per Kubernetes version, and the same folder as the cluster itself sees it.

Inside its mount namespace the cluster finds the folder at ``/run/kt`` whatever its real path is. So no configuration
depends on the user's paths, and the sockets' paths stay below the 108 bytes that Unix allows.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

KUBERNETES = "1.34.4"
INSIDE = Path("/run/kt")
NAME = "kt_jupyter"
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layout:
    """The paths below one folder. Two of them are used: ``host()`` and ``Layout(INSIDE)``."""

    base: Path

    @property
    def tools(self) -> Path:
        """Debian packages, unpacked: containerd, runc, CNI plugins, debootstrap, busybox."""
        return self.base / "tools"

    @property
    def kube(self) -> Path:
        """The one binary with every Kubernetes program, etcd and kubectl."""
        return self.base / "kube"

    @property
    def bin(self) -> Path:
        """For a user's path: kubectl."""
        return self.base / "bin"

    @property
    def images(self) -> Path:
        """The image store that each node's containerd starts from, and the root folders it was made of."""
        return self.base / "images"

    @property
    def logs(self) -> Path:
        """What the build printed."""
        return self.base / "logs"

    @property
    def last_run(self) -> Path:
        """The logs of the last run that has ended."""
        return self.logs / "last-run"

    @property
    def run(self) -> Path:
        """Everything that one life of the cluster makes; gone after it."""
        return self.base / "run"

    @property
    def kubeconfig(self) -> Path:
        """How clients reach the cluster: usable inside its network namespace."""
        return self.run / "kubeconfig"

    @property
    def first_process(self) -> Path:
        """Pid and start time of the cluster's first process, as the host counts."""
        return self.run / "first-process.json"

    @property
    def kept(self) -> Path:
        """There when the cluster was left running on purpose."""
        return self.run / "kept"

    @property
    def control_group(self) -> str:
        """The control group that holds the pods' own: one name per cache folder, so that two clusters do not meet."""
        return f"{NAME}-{hashlib.sha256(str(self.base).encode()).hexdigest()[:8]}"

    def node(self, number: int) -> Path:
        """Folder of one node."""
        return self.run / f"node{number}"


def host() -> Layout:
    """The folder as the user sees it: ``$XDG_CACHE_HOME/kt_jupyter/cluster/<version>``."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Layout(Path(cache).expanduser().absolute() / NAME / "cluster" / KUBERNETES)
