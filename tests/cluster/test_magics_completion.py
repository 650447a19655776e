"""Tab in a real shell: names that exist, and never a wait."""

import time

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import connect, peek
from tests.shells import opened

_SILENT = """
apiVersion: v1
kind: Config
current-context: silent
contexts: [{name: silent, context: {cluster: silent, user: me}}]
clusters: [{name: silent, cluster: {server: "http://127.0.0.1:%d"}}]
users: [{name: me, user: {token: t}}]
"""


def eventually(shell, line, expected, seconds=10):
    """Press Tab until the background read has arrived; a person would too."""
    deadline = time.monotonic() + seconds
    while expected not in (found := shell.complete(line)) and time.monotonic() < deadline:
        pass
    return found


def test_verbs_and_options_need_no_cluster(shell):
    assert shell.complete("%kt_volume ") == ["create", "list", "show", "ssh", "delete", "gc"]
    assert "--size" in shell.complete("vol = %kt_volume create x --s")


def test_volumes_of_the_namespace_are_offered(shell):
    kt.Volume("my-data", size="1Gi", mount_path="/data", access_mode="RWO").ensure()
    assert eventually(shell, "%kt_volume show my", "my-data") == ["my-data"]


def test_what_was_just_made_is_offered_at_once(shell):
    shell.complete("%kt_volume show ")  # remembers that there is none
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    assert eventually(shell, "%kt_volume delete m", "my-data") == ["my-data"]


def test_what_was_just_deleted_is_offered_no_more(shell):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    assert eventually(shell, "%kt_volume show ", "my-data") == ["my-data"]
    shell.run("%kt_volume delete my-data --yes")
    assert "my-data" not in shell.complete("%kt_volume show ")


def test_classes_and_namespaces_are_offered(shell, default_class, namespace):
    assert default_class in eventually(shell, "%kt_volume create x --class ", default_class)
    assert namespace in eventually(shell, "%kt_volume list -n kt-test", namespace)


@pytest.fixture
def silent_server(tmp_path):
    """A server that accepts connections and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        path = tmp_path / "kubeconfig"
        path.write_text(_SILENT % server.getsockname()[1])
        yield path


def test_a_cluster_that_never_answers_costs_less_than_300_ms(silent_server, capsys):
    connect(kubeconfig=silent_server)
    with opened() as shell:
        shell.complete("%kt_volume ")
        begin = time.perf_counter()
        assert shell.complete("%kt_volume show ") == []
        assert time.perf_counter() - begin < 0.3
    assert capsys.readouterr() == ("", "")


def test_contexts_are_offered_without_asking_any_cluster(silent_server, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(silent_server))
    with opened() as shell:
        assert shell.complete("%kt_cluster use ") == ["silent"]


def test_before_the_first_use_of_the_embedded_cluster_tab_knows_its_classes_too(cluster):
    """As Enter would, Tab starts it; it is not yet the choice, and nothing is said."""
    if not cluster.is_local:
        pytest.skip("where a cluster is configured, Tab asks that one")
    with opened() as shell:
        assert "standard" in eventually(shell, "%kt_volume create x --class ", "standard")
        assert peek() is None
