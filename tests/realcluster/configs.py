"""The configuration files, as text. Pure: no file is read or written here.

Kubernetes reads JSON wherever it reads YAML, so nothing here needs a YAML library; containerd wants TOML.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

API_SERVER = "https://127.0.0.1:6443"
ETCD = "http://127.0.0.1:2379"
REGISTRY = "http://127.0.0.1:5000"
SERVICE_RANGE = "10.96.0.0/16"
CONTEXT = "kt-real"


@dataclass(frozen=True)
class Node:
    """One node: what differs from the other. Ports differ because both share the cluster's one network namespace."""

    number: int
    name: str
    address: str
    pods: str
    bridge: str
    healthz_port: int


NODES = (
    Node(1, "kt-node", "10.89.0.1", "10.88.0.0/16", "kt0", 10248),
    Node(2, "kt-node-2", "10.89.0.2", "10.90.0.0/16", "kt1", 10348),
)


@dataclass(frozen=True)
class User:
    """Someone with a token. Who is to have few rights is impersonated, or bound to roles, by the test that needs it."""

    name: str
    group: str
    file: str

    @property
    def token(self) -> str:
        """The password, as it were. It needs no secrecy: nothing outside the cluster's network namespace can use it."""
        return f"{self.file}-token"


ADMIN = User("admin", "system:masters", "admin")
NOBODY = User("alice", "dev", "alice")  # authenticated, without any right
USERS = (
    ADMIN,
    NOBODY,
    User("system:kube-controller-manager", "system:masters", "controller-manager"),
    User("system:kube-scheduler", "system:masters", "scheduler"),
    User("provisioner", "system:masters", "provisioner"),
    *(User(f"system:node:{node.name}", "system:nodes", f"node{node.number}") for node in NODES),
)


def tokens() -> str:
    """The API server's token file."""
    return "".join(f'{user.token},{user.name},{user.file},"{user.group}"\n' for user in USERS)


def kubeconfig(user: User, ca: bytes, *others: User) -> str:
    """A kubeconfig for one user (context ``kt-real``), with a further context ``kt-real-<file>`` for each other."""
    cluster = {"server": API_SERVER, "certificate-authority-data": base64.b64encode(ca).decode()}
    everyone = {CONTEXT: user} | {f"{CONTEXT}-{other.file}": other for other in others}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": one.name, "user": {"token": one.token}} for one in everyone.values()],
        "contexts": [{"name": name, "context": _context(one)} for name, one in everyone.items()],
        "current-context": CONTEXT,
    }
    return json.dumps(document, indent=2) + "\n"


def _context(user: User) -> dict[str, str]:
    return {"cluster": CONTEXT, "user": user.name, "namespace": "default"}


def kubelet(node: Node, folder: Path, resolv_conf: Path) -> str:
    """One kubelet's configuration.

    Args:
        node: Which node.
        folder: The node's folder.
        resolv_conf: What pods get as /etc/resolv.conf.
    """
    document = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "port": 10250,
        "healthzPort": node.healthz_port,
        # The API server is the only one that can reach it.
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.name}",  # made in namespace.py; without one the two would remove each other's groups
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "oomScoreAdj": 0,
        "podLogsDir": f"{folder}/pod-logs",  # two kubelets on one /var/log/pods delete each other's logs
        "volumePluginDir": f"{folder}/volume-plugins",
        "resolvConf": str(resolv_conf),
        # There is no DNS server. An address that refuses at once keeps look-ups short, and pods free of a warning.
        "clusterDNS": ["127.0.0.1"],
        "clusterDomain": "cluster.local",
        # The disk is the machine's and full or not for reasons of its own.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        # No CAP_SYS_RESOURCE in a container or small VM: without this the kubelet insists on what that allows.
        "featureGates": {"KubeletInUserNamespace": True},
    }
    return json.dumps(document, indent=2) + "\n"


def network(node: Node, folder: Path) -> str:
    """One node's CNI configuration: pods on a bridge of the node, routed to the other node's."""
    bridge = {
        "type": "bridge",
        "bridge": node.bridge,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": f"{folder}/addresses",
            "ranges": [[{"subnet": node.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    document = {"cniVersion": "0.4.0", "name": f"kt{node.number}", "plugins": [bridge, {"type": "loopback"}]}
    return json.dumps(document, indent=2) + "\n"


@dataclass(frozen=True)
class Cri:
    """What a node's containerd needs beyond storing images."""

    cni_plugins: Path
    cni_config: Path
    runc: Path
    pause: str
    hosts: Path  # folder of files that say where to pull from


def containerd(*, root: Path, state: Path, cri: Cri | None) -> str:
    """A containerd's configuration; without ``cri`` for one that only stores images."""
    unused = ["aufs", "btrfs", "devmapper", "native", "zfs"]
    disabled = [f"io.containerd.snapshotter.v1.{name}" for name in unused] + ["io.containerd.tracing.processor.v1.otlp"]
    if cri is None:
        disabled.append("io.containerd.grpc.v1.cri")
    lines = [
        "version = 2",
        f"root = {_toml(str(root))}",
        f"state = {_toml(str(state / 'containerd'))}",
        f"disabled_plugins = {_toml(disabled)}",
        "[grpc]",
        f"  address = {_toml(str(state / 'containerd.sock'))}",
    ]
    if cri is not None:
        lines += [
            '[plugins."io.containerd.grpc.v1.cri"]',
            f"  sandbox_image = {_toml(cri.pause)}",
            "  restrict_oom_score_adj = true",  # no CAP_SYS_RESOURCE, see the kubelet
            '  [plugins."io.containerd.grpc.v1.cri".containerd]',
            '    snapshotter = "overlayfs"',
            '    default_runtime_name = "runc"',
            '  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]',
            '    runtime_type = "io.containerd.runc.v2"',
            '  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]',
            f"    BinaryName = {_toml(str(cri.runc))}",
            '  [plugins."io.containerd.grpc.v1.cri".cni]',
            f"    bin_dir = {_toml(str(cri.cni_plugins))}",
            f"    conf_dir = {_toml(str(cri.cni_config))}",
            '  [plugins."io.containerd.grpc.v1.cri".registry]',
            f"    config_path = {_toml(str(cri.hosts))}",
        ]
    return "\n".join(lines) + "\n"


def registry() -> str:
    """Where a containerd pulls from: the cluster's own registry instead of any other."""
    url = _toml(REGISTRY)
    return f'server = {url}\n[host.{url}]\n  capabilities = ["pull", "resolve"]\n'


def storage_classes() -> list[dict[str, Any]]:
    """The three classes; the provisioners' names are explained in ``go/provisioner.go``."""
    standard = _storage_class("standard", "rancher.io/local-path", "WaitForFirstConsumer")
    standard["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    standard["allowVolumeExpansion"] = True
    shared = _storage_class("shared", "nfs.csi.k8s.io", "Immediate")
    broken = _storage_class("broken", "broken.kt-jupyter.dev/always-fails", "Immediate")
    return [standard, shared, broken]


def _storage_class(name: str, provisioner: str, binding: str) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": binding,
        "reclaimPolicy": "Delete",
    }


def _toml(value: str | list[str]) -> str:
    return json.dumps(value)  # TOML's strings and arrays of strings are JSON's
