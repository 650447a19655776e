"""A kernel that runs in a pod itself, as on a hub: the cluster is its own, and what it started goes with it."""

import os
import sys
from pathlib import Path

import pytest
import yaml

import kt_jupyter
from kt_jupyter.kube import CLAIMS, JOBS, PODS, ROLE_BINDINGS, ROLES
from tests.cluster.workloads import IMAGE, claim, phase, pod, pod_spec
from tests.terminals import Cable

PYTHON = "python:3.12-slim"  # for its libraries; what runs is this very Python, from the node
# The test cluster has no service addresses, and its API server answers on 127.0.0.1 only: two relays lead there.
KERNEL = """
import asyncio, os, threading, time

async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def forward(reader, writer):
    there = await asyncio.open_connection(os.environ["NODE"], int(os.environ["PORT"]))
    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer), return_exceptions=True)

async def serve():
    server = await asyncio.start_server(forward, "127.0.0.1", 6443)
    ready.set()
    await server.serve_forever()

ready = threading.Event()
threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
ready.wait()

import kt_jupyter as kt
print("opened", kt.Volume.from_name("data", mount_path="/data").ssh(IMAGE).pod, flush=True)
time.sleep(600)
"""


@pytest.fixture
def way():
    """A port of every node that leads to the API server."""
    cable = Cable("127.0.0.1", 6443, listen="0.0.0.0")  # in the cluster's own network
    yield cable.port
    cable.close()


@pytest.fixture
def kernel(shell, cluster, workloads, request):
    """The name of a pod in which a kernel has opened a terminal on a volume; its account has the printed Role."""
    if cluster.context != "kt-real":
        pytest.skip("only the nodes of the cluster that the tests build have this machine's files")
    account = f"system:serviceaccount:{workloads.namespace}:default"
    for manifest in yaml.safe_load_all(shell.run(f"%kt_cluster role --user {account}")):
        workloads.make(ROLES if manifest["kind"] == "Role" else ROLE_BINDINGS, manifest)
    workloads.make(CLAIMS, claim("data"))
    source = Path(kt_jupyter.__file__).parents[1]
    folders = dict.fromkeys(map(os.path.realpath, (sys.base_prefix, sys.prefix, source)))
    names = {f"f{place}": path for place, path in enumerate(folders)}
    node = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
    port = str(request.getfixturevalue("way"))
    own = {
        "PORT": port,
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "6443",
        "PYTHONPATH": str(source),
    }
    container = {
        "image": PYTHON,
        "command": [sys.executable, "-c", KERNEL.replace("IMAGE", repr(IMAGE))],
        "env": [node, *({"name": name, "value": value} for name, value in own.items())],
        "volumeMounts": [{"name": name, "mountPath": path, "readOnly": True} for name, path in names.items()],
    }
    spec = pod_spec(container_extra=container) | {
        "automountServiceAccountToken": True,
        "securityContext": {"runAsUser": 0},
        "volumes": [{"name": name, "hostPath": {"path": path}} for name, path in names.items()],
    }
    workloads.make(PODS, pod("lab") | {"spec": spec})
    workloads.until(PODS, "lab", lambda found: phase(found) not in (None, "Pending") or None)
    return "lab"


def test_its_terminal_is_owned_by_its_pod_and_goes_with_it(kernel, workloads):
    while "opened" not in (log := workloads.log(kernel)):
        assert workloads.cluster.get(PODS, kernel, namespace=workloads.namespace)["status"]["phase"] == "Running", log
    terminal = log.split("opened ")[1].split()[0]
    (job,) = workloads.cluster.list(JOBS, namespace=workloads.namespace)
    (owner,) = job["metadata"]["ownerReferences"]
    lab = workloads.cluster.get(PODS, kernel, namespace=workloads.namespace)
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Pod", kernel, lab["metadata"]["uid"])
    workloads.cluster.delete(PODS, kernel, namespace=workloads.namespace)
    workloads.gone(PODS, terminal)
    workloads.gone(JOBS, job["metadata"]["name"])
