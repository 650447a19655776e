"""The local cluster as the client sees it: started when needed, found when there, said once."""

import subprocess
import sys

import pytest

from kt_jupyter.errors import LocalClusterError
from kt_jupyter.kube import NAMESPACES, connect, current, embedded


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state directory of the test's own; what runs on it is stopped."""
    monkeypatch.setenv("KT_JUPYTER_LOCAL_DIR", str(tmp_path / "state"))
    yield tmp_path / "state"
    local("stop")


PYTHON = sys.executable


def local(verb):
    subprocess.run([PYTHON, "-m", "kt_jupyter.local", verb], check=False, capture_output=True)


def test_without_any_configuration_it_starts_and_one_line_says_so(state, capfd):
    cluster = current()
    assert (cluster.is_local, cluster.context) == (True, "kt-local")
    assert "default" in [item["metadata"]["name"] for item in cluster.list(NAMESPACES)]
    assert capfd.readouterr().err.count("using the embedded local one") == 1


def test_it_is_started_again_when_it_had_ended(state):
    cluster = connect(local=True)
    cluster.create(NAMESPACES, {"metadata": {"name": "kept"}})
    local("stop")
    assert cluster.get(NAMESPACES, "kept")["metadata"]["name"] == "kept"


def test_one_that_runs_is_found_without_starting_a_process(state, monkeypatch):
    connect(local=True)
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert connect(local=True).list(NAMESPACES)


def test_a_start_that_goes_wrong_says_why(state):
    state.write_text("a file where the directory should be")
    with pytest.raises(LocalClusterError) as caught:
        connect(local=True)
    assert caught.value.fact
    assert "Traceback" not in str(caught.value)
    state.unlink()


def test_its_place_is_the_systems_place_for_data(monkeypatch):
    monkeypatch.delenv("KT_JUPYTER_LOCAL_DIR")
    assert embedded.state_directory().parts[-2:] == ("kt_jupyter", "local")
