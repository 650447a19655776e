"""A Jupyter server, and a cluster with one pod of ours and one of somebody else's."""

import json

import pytest
from pytest_jupyter.jupyter_core import jp_asyncio_loop  # noqa: F401 - see tests/conftest.py
from pytest_jupyter.jupyter_server import jp_server_cleanup  # noqa: F401

from kt_jupyter.kube import PODS
from kt_jupyter.specs.claim import MANAGED_BY, MANAGED_BY_LABEL
from tests.cluster.workloads import pod


@pytest.fixture
def jp_server_config():
    return {"ServerApp": {"jpserver_extensions": {"jupyter_server_terminals": True, "kt_jupyter": True}}}


@pytest.fixture
def pods(cluster, namespace):
    """One that is ours, one that is not."""
    for name, labels in (("ours", {MANAGED_BY_LABEL: MANAGED_BY}), ("theirs", {})):
        manifest = pod(name, "sleep 600")
        manifest["metadata"]["labels"] = labels
        cluster.create(PODS, manifest, namespace=namespace)
    return namespace


@pytest.fixture
def ask(jp_fetch):
    """Make a request to our route; returns the answer's status and body."""

    async def request(method="POST", body=None, **options):
        data = None if method in ("GET", "DELETE") else json.dumps(body)
        answer = await jp_fetch("kt_jupyter", "terminals", method=method, body=data, raise_error=False, **options)
        return answer.code, json.loads(answer.body or b"null")

    return request
