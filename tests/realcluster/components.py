"""What runs in the cluster, with which options. Pure: nothing is started here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import configs, images, tools
from .configs import API_SERVER, ETCD, Node
from .layout import PROJECT, Layout


@dataclass(frozen=True)
class Component:
    """One program of the cluster: its command, and where its output goes."""

    name: str
    argv: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)


def etcd(layout: Layout) -> Component:
    """The store of all objects; it need not survive a power cut, so it never waits for the disk."""
    peer = "http://127.0.0.1:2380"
    options: Mapping[str, str | Path] = {
        "data-dir": layout.run / "etcd",
        "listen-client-urls": ETCD,
        "advertise-client-urls": ETCD,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        "unsafe-no-fsync": "true",
    }
    return _kube(layout, "etcd", options)


def api_server(layout: Layout) -> Component:
    """The API server: role-based access, default admission, impersonation; no audit log."""
    pki = layout.run / "pki"
    options: Mapping[str, str | Path] = {
        "etcd-servers": ETCD,
        "etcd-compaction-interval": "30s",  # not 5 min: tests ask for versions that are too old
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": API_SERVER.rpartition(":")[2],
        "service-cluster-ip-range": configs.SERVICE_RANGE,
        "tls-cert-file": pki / "api-server.crt",
        "tls-private-key-file": pki / "api-server.key",
        "client-ca-file": pki / "ca.crt",
        "token-auth-file": layout.run / "tokens.csv",
        "authorization-mode": "Node,RBAC",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": pki / "service-accounts.key",
        "service-account-signing-key-file": pki / "service-accounts.key",
        "kubelet-client-certificate": pki / "kubelet-client.crt",
        "kubelet-client-key": pki / "kubelet-client.key",
        "kubelet-preferred-address-types": "InternalIP",
        "allow-privileged": "true",
        "endpoint-reconciler-type": "none",  # the service "kubernetes" leads nowhere: there is no service proxy
        "profiling": "false",
    }
    return _kube(layout, "apiserver", options)


def controller_manager(layout: Layout) -> Component:
    """All controllers; the only one of its kind, so it never waits for a lease."""
    options: Mapping[str, str | Path] = {
        "kubeconfig": layout.run / "controller-manager.kubeconfig",
        "service-account-private-key-file": layout.run / "pki" / "service-accounts.key",
        "root-ca-file": layout.run / "pki" / "ca.crt",
        "leader-elect": "false",
        "allocate-node-cidrs": "false",
        "bind-address": "127.0.0.1",
        "flex-volume-plugin-dir": layout.run / "volume-plugins",
        "profiling": "false",
    }
    return _kube(layout, "controller-manager", options)


def scheduler(layout: Layout) -> Component:
    """The scheduler."""
    kubeconfig = layout.run / "scheduler.kubeconfig"
    options: Mapping[str, str | Path] = {
        "kubeconfig": kubeconfig,
        "leader-elect": "false",
        "bind-address": "127.0.0.1",
        "profiling": "false",
    }
    return _kube(layout, "scheduler", options)


def provisioner(layout: Layout) -> Component:
    """What makes volumes."""
    options: Mapping[str, str | Path] = {
        "kubeconfig": layout.run / "provisioner.kubeconfig",
        "directory": layout.run / "volumes",
    }
    return _kube(layout, "provisioner", options)


def registry(layout: Layout) -> Component:
    """What answers pulls of images."""
    store = layout.images / "store"
    argv = [
        sys.executable,
        "-m",
        "tests.realcluster.registry",
        str(images.names_file(layout)),
        str(images.blobs(store)),
    ]
    return Component("registry", argv, layout.run / "registry.log", {"PYTHONPATH": str(PROJECT)})


def containerd(layout: Layout, node: Node) -> Component:
    """One node's container runtime."""
    folder = layout.node(node.number)
    programs = f"{layout.tools}/usr/bin:{layout.tools}/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin"  # it looks for its shim
    argv = [str(tools.program(layout, "containerd")), "--config", str(folder / "containerd.toml")]
    return Component(f"containerd of {node.name}", argv, folder / "containerd.log", {"PATH": programs})


def kubelet(layout: Layout, node: Node) -> Component:
    """One node's agent."""
    folder = layout.node(node.number)
    options: Mapping[str, str | Path] = {
        "config": folder / "kubelet.json",
        "kubeconfig": layout.run / f"node{node.number}.kubeconfig",
        "hostname-override": node.name,
        "node-ip": node.address,
        "root-dir": folder / "kubelet",
        "cert-dir": folder / "kubelet" / "pki",
    }
    started = _kube(layout, "kubelet", options)
    return Component(f"kubelet of {node.name}", started.argv, folder / "kubelet.log", started.env)


def _kube(layout: Layout, name: str, options: Mapping[str, str | Path]) -> Component:
    argv = [str(layout.kube), name, *(f"--{option}={value}" for option, value in options.items())]
    return Component(name, argv, layout.run / f"{name}.log")
