"""The kubernetes package and kubectl, doing the same things the way their documentation shows."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Package:
    """The official client on one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        from kubernetes import client, config

        config.load_kube_config(config_file=str(kubeconfig))
        self.api = client.CoreV1Api()
        self.namespace = namespace

    def read(self, name: str) -> Any:
        return self.api.read_namespaced_persistent_volume_claim(name, self.namespace)

    def rows(self) -> list[tuple[str, str, str]]:
        claims = self.api.list_namespaced_persistent_volume_claim(self.namespace).items
        return [(c.metadata.name, c.status.phase, c.spec.resources.requests["storage"]) for c in claims]

    def bare_get(self, what: str) -> Any:
        """Return the cheapest list possible: urllib3 on a warm connection, and ``json.loads``."""
        import json

        from kubernetes.client.rest import RESTClientObject

        configuration = self.api.api_client.configuration
        pool = self.__dict__.setdefault("_pool", RESTClientObject(configuration).pool_manager)
        token = configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        path = what if what.startswith("/") else f"/api/v1/namespaces/{self.namespace}/{what}"
        headers = {"Authorization": token} if token else {}
        return json.loads(pool.request("GET", configuration.host + path, headers=headers).data)


class PackageWatch:
    """``kubernetes.watch`` in a thread, as its users run it; ``seen`` gets a time per event."""

    def __init__(self, package: Package) -> None:
        from kubernetes import watch

        self.seen: queue.Queue[tuple[str, float]] = queue.Queue()
        self._watch = watch.Watch()
        self._stream = self._watch.stream(
            package.api.list_namespaced_persistent_volume_claim, package.namespace, timeout_seconds=300
        )
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for event in self._stream:
            mark = (event["object"].metadata.annotations or {}).get("bench/mark", "")
            self.seen.put((mark, time.perf_counter()))


class KubectlWatch:
    """``kubectl get --watch``, whose lines are the events."""

    def __init__(self, kubectl: list[str]) -> None:
        columns = r"custom-columns=MARK:.metadata.annotations.bench/mark"
        command = [*kubectl, "get", "pvc", "--watch", "--no-headers", "-o", columns]
        self.seen: queue.Queue[tuple[str, float]] = queue.Queue()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._reader = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def _follow(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.seen.put((line.strip(), time.perf_counter()))
