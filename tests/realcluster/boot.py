"""Starting the cluster's programs in order, each when what it needs answers.

Runs in the cluster's first process. Waiting is by asking again: what is waited for is whether a program that has just
begun answers at all, which nothing announces.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from . import api, components, configs, images, namespace, pki, tools
from .components import Component
from .errors import StepFailedError
from .layout import Layout
from .process import explanation

_PATIENCE = 300.0  # seconds for one step, which takes 10; a program that ends is noticed at once all the same
_AGAIN = 100.0  # seconds for a program that is started again
Report = Callable[[str, float | None], None]  # what, and how long it took when it is done


class Boot:
    """Starts everything and knows which process is which program."""

    def __init__(self, layout: Layout, report: Report) -> None:
        self.layout = layout
        self.report = report
        self.running: dict[int, Component] = {}
        self._restarting: set[int] = set()

    def all(self) -> None:
        """Take a prepared run folder to a cluster that takes work."""
        layout = self.layout
        with self.step("certificates, configuration, network"):
            namespace.connect(layout)
            self.write_files()
        with self.step("etcd and API server"):
            self.start(components.etcd(layout))
            self.start(components.registry(layout))
            runtimes = [self.start(components.containerd(layout, node)) for node in configs.NODES]
            server = self.start(components.api_server(layout))
            self.until(lambda: api.is_ready(layout), server, "is not ready")
        with self.step("controller manager, scheduler, storage"):
            controllers = self.start(components.controller_manager(layout))
            for component in (components.scheduler(layout), components.provisioner(layout)):
                self.start(component)
            for storage_class in configs.storage_classes():
                self.create("/apis/storage.k8s.io/v1/storageclasses", storage_class, server)
        with self.step("two nodes"):
            for node, runtime in zip(configs.NODES, runtimes, strict=True):
                self.until(partial(self.runtime_answers, node), runtime, "does not answer")
                kubelet = self.start(components.kubelet(layout, node))
            self.until(lambda: api.ready_nodes(layout) == len(configs.NODES), kubelet, "has not made its node Ready")
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            self.until(lambda: api.exists(layout, account), controllers, "has not made the default service account")

    def write_files(self) -> None:
        """Write certificates and configuration files, and lay out the nodes' folders."""
        run = self.layout.run
        pki.make(run / "pki")
        ca = (run / "pki" / "ca.crt").read_bytes()
        (run / "tokens.csv").write_text(configs.tokens())
        for user in configs.USERS:
            (run / f"{user.file}.kubeconfig").write_text(configs.kubeconfig(user, ca))
        self.layout.kubeconfig.write_text(configs.kubeconfig(configs.ADMIN, ca, configs.NOBODY))
        self.layout.kubeconfig.chmod(0o600)
        # Refuses at once; with no server at all each look-up by a pod takes 20 seconds.
        (run / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        for node in configs.NODES:
            self.write_node(node)

    def write_node(self, node: configs.Node) -> None:
        """Write one node's files."""
        layout, folder = self.layout, self.layout.node(node.number)
        cni = folder / "cni"
        cni.mkdir(parents=True)
        plugins, runc = layout.tools / "usr/lib/cni", tools.program(layout, "runc")
        root = folder / "containerd-root"
        images.give(layout.images / "store", root)
        cri = configs.Cri(
            cni_plugins=plugins, cni_config=cni, runc=runc, pause=images.PAUSE, hosts=folder / "registries"
        )
        (folder / "containerd.toml").write_text(configs.containerd(root=root, state=folder, cri=cri))
        hosts = cri.hosts / "_default" / "hosts.toml"  # for every registry that no other file is for
        hosts.parent.mkdir(parents=True)
        hosts.write_text(configs.registry())
        (cni / "10-pods.conflist").write_text(configs.network(node, folder))
        kubelet = configs.kubelet(node, folder, layout.run / "resolv.conf")
        (folder / "kubelet.json").write_text(kubelet)

    def start(self, component: Component) -> Component:
        """Start one program in the background."""
        env = {**os.environ, **component.env}
        with component.log.open("a") as log:
            process = subprocess.Popen(
                component.argv, cwd=self.layout.run, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.running[process.pid] = component
        return component

    def runtime_answers(self, node: configs.Node) -> bool:
        """Whether a node's containerd answers."""
        ctr, socket = tools.program(self.layout, "ctr"), self.layout.node(node.number) / "containerd.sock"
        argv = [str(ctr), "--address", str(socket), "version"]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def create(self, path: str, body: dict[str, Any], server: Component) -> None:
        """Create an object; asked again while the API server finds its feet."""
        self.until(
            lambda: api.create(self.layout, path, body), server, f"did not take {path} {body['metadata']['name']}"
        )

    def until(self, condition: Callable[[], bool], component: Component, otherwise: str) -> None:
        """Wait for a condition, but not after a program of the cluster has ended.

        Args:
            condition: What to wait for.
            component: Whose log explains why it does not come true.
            otherwise: What is true of that component then.

        Raises:
            StepFailedError: A program ended, or it took too long.
        """
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            self.require_alive()
            if time.monotonic() > deadline:
                why = explanation(component.log) or "it said nothing"
                raise StepFailedError(f"{component.name} {otherwise} after {_PATIENCE:.0f} s", why, str(component.log))
            time.sleep(0.1)

    def require_alive(self) -> None:
        """Collect processes that have ended.

        Raises:
            StepFailedError: One of them was a program of the cluster.
        """
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.buried(pid, status)

    def buried(self, pid: int, status: int) -> None:
        """Take note of an ended process: orphans are nothing special, programs of the cluster must not end."""
        component = self.running.pop(pid, None)
        if component is not None and pid in self._restarting:
            self.start(component)
            self._restarting.discard(pid)
        elif component is not None:
            code = os.waitstatus_to_exitcode(status)
            why = explanation(component.log) or "it said nothing"
            raise StepFailedError(f"{component.name} ended with code {code}", why, str(component.log))

    def restart(self, name: str) -> None:
        """Kill a program and wait until it is there again; on another thread than the one that buries.

        Raises:
            LookupError: There is none of that name.
            TimeoutError: It was started again, and the API server is not ready.
        """
        names = {component.name: pid for pid, component in list(self.running.items())}
        if name not in names:
            raise LookupError(f"the cluster has no program {name}; it has {', '.join(sorted(names))}")
        self._restarting.add(names[name])
        os.kill(names[name], signal.SIGKILL)
        deadline = time.monotonic() + _AGAIN
        while names[name] in self._restarting or not api.is_ready(self.layout):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the API server is not ready {_AGAIN:.0f} s after {name} was started again")
            time.sleep(0.1)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Report the beginning and end of a step."""
        self.report(what, None)
        began = time.monotonic()
        yield
        self.report(what, time.monotonic() - began)
