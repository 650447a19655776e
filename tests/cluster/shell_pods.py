"""Pods whose main process is a shell, and the program that attaches to them from a real terminal."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from kt_jupyter.kube import JOBS, PODS
from kt_jupyter.specs.claim import MANAGED_BY, MANAGED_BY_LABEL
from tests.cluster.workloads import pod_spec
from tests.terminals import Terminal

SHELL = "printf 'the banner\\n'; cd /tmp; PS1='ready> ' exec sh -i"
INTERACTIVE = {"stdin": True, "tty": True}


@pytest.fixture
def shell_pod(workloads):
    """Make a pod whose main process is a shell, by a Job as helpers have it; returns the pod's name."""

    def make(script=SHELL, labels=None, **spec):
        labels = {MANAGED_BY_LABEL: MANAGED_BY} if labels is None else labels
        template = {"metadata": {"labels": labels}, "spec": pod_spec(script, container_extra=INTERACTIVE, **spec)}
        limits = {"backoffLimit": 0, "activeDeadlineSeconds": 600}
        workloads.make(JOBS, {"metadata": {"name": "shell"}, "spec": {**limits, "template": template}})
        found = "batch.kubernetes.io/job-name=shell"
        with workloads.cluster.watch(PODS, namespace=workloads.namespace, label_selector=found) as watch:
            return watch.next(timeout=30).object["metadata"]["name"]

    return make


def kubeconfig(cluster, path, server=None):
    """Write a kubeconfig for the tests' cluster, whose address can be another."""
    files = cluster._link.target.files
    config = yaml.safe_load(Path(files[0]).read_text())
    name = next(one["context"]["cluster"] for one in config["contexts"] if one["name"] == cluster.context)
    entry = next(one["cluster"] for one in config["clusters"] if one["name"] == name)
    for part in ("certificate-authority",):
        if part in entry:
            entry[part] = str(Path(files[0]).parent / entry[part])
    if server is not None:
        entry["tls-server-name"] = urlsplit(entry["server"]).hostname
        entry["server"] = server
    config["current-context"] = cluster.context
    path.write_text(json.dumps(config))
    return path


@pytest.fixture
def environment(cluster, tmp_path):
    return {**os.environ, "KUBECONFIG": str(kubeconfig(cluster, tmp_path / "config")), "TERM": "xterm"}


@pytest.fixture
def attach(environment, namespace):
    """Start the program on a pod."""
    opened = []

    def start(pod, *words, env=None, **size):
        terminal = Terminal(f"--namespace={namespace}", *words, pod, env=env or environment, **size)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.__exit__()
