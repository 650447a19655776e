"""A scripted API server, and the kubeconfig that leads to it."""

import base64
import json
import ssl
import stat
import sys
import textwrap

import pytest
import trustme
import yaml

from kt_jupyter.kube import connect
from kt_jupyter.kube.limits import Limits
from tests.client.scripted import Server

QUICK = Limits(connect=2, read=1, unreachable=3, busy=2, backoff=0.01, backoff_most=0.05, stall=0.3, outage=2)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


def serving(authority, *names):
    """A TLS context for a server of these names, which asks clients for a certificate and does without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.fixture
def server(authority):
    """An API server over TLS."""
    server = Server(serving(authority))
    yield server
    server.close()


@pytest.fixture
def plain_server():
    """An API server without TLS, as `kubectl proxy` is one."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def write_kubeconfig(tmp_path, authority):
    """Write a kubeconfig with one context, ``here``; keyword arguments are its entries' fields."""

    def write(url, *, user=None, cluster=None, context=None, file="config"):
        bundle = base64.b64encode(authority.cert_pem.bytes()).decode()
        trust = {"certificate-authority-data": bundle} if url.startswith("https") else {}
        cluster = {"server": url, **trust, **(cluster or {})}
        cluster = {key: value for key, value in cluster.items() if value is not None}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me", **(context or {})}}],
            "clusters": [{"name": "one", "cluster": cluster}],
            "users": [{"name": "me", "user": user or {}}],
        }
        path = tmp_path / file
        path.write_text(yaml.safe_dump(document))
        return path

    return write


@pytest.fixture
def configured(write_kubeconfig, server):
    """Connect to ``server`` (or another URL) by way of a kubeconfig, with short time limits."""
    made = []

    def configure(url=None, *, limits=QUICK, **entries):
        cluster = connect(kubeconfig=write_kubeconfig(url or server.url, **entries))
        cluster._link.limits = limits
        made.append(cluster)
        return cluster

    yield configure
    for cluster in made:
        cluster.close()


@pytest.fixture
def plugin(tmp_path):
    """Write a login plugin: Python that may use ``answer(**status)`` and counts its runs in a file."""

    def write(body="answer(token='t-1')"):
        file, runs = tmp_path / "login", tmp_path / "runs"
        file.write_text(
            f"#!{sys.executable}\n"
            + textwrap.dedent(
                f"""
                import json, os, sys
                info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
                with open({str(runs)!r}, "a") as log:
                    log.write(json.dumps(info) + "\\n")
                run = sum(1 for _ in open({str(runs)!r}))
                def answer(**status):
                    print(json.dumps({{"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}}))
                """
            )
            + textwrap.dedent(body)
        )
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return Plugin(file, runs)

    return write


class Plugin:
    def __init__(self, file, runs):
        self.file = file
        self._runs = runs

    @property
    def runs(self):
        """What each run was told."""
        return [json.loads(line) for line in self._runs.read_text().splitlines()] if self._runs.exists() else []

    def user(self, **more):
        """The kubeconfig user that logs in with it."""
        entry = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(self.file),
            "interactiveMode": "Never",
            **more,
        }
        return {"exec": entry}
