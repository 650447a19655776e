"""A terminal on a volume as a person has it: the program on a pty, typed into until it is left."""

import os

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS, PODS
from tests.cluster.workloads import IMAGE, claim
from tests.terminals import Terminal

QUIET = [].append


@pytest.fixture
def opened(workloads):
    """Open a terminal on a volume."""
    workloads.make(CLAIMS, claim("data"))
    return kt.Volume.from_name("data", mount_path="/data").ssh(IMAGE, progress=QUIET, timeout=45)


@pytest.fixture
def tab(cluster):
    """Run the program that a tab runs, on a terminal that was opened."""
    files = [str(each) for each in cluster._link.target.files]
    made = []

    def start(shell):
        env = {**os.environ, "KUBECONFIG": files[0], "TERM": "xterm"}
        made.append(Terminal(*shell.target.arguments(), env=env))
        return made[-1]

    yield start
    for terminal in made:
        terminal.__exit__()


def test_the_prompt_is_in_the_volume_and_exit_leaves_nothing(opened, tab, workloads):
    terminal = tab(opened)
    terminal.shows("exit ends it")
    terminal.shows("/data $ ")
    terminal.enter("echo sum-$((40 + 2)) > file; cat $PWD/file")
    terminal.shows("sum-42\n")
    assert terminal.text.count("exit ends it") == 1
    terminal.enter("exit 3")
    terminal.ended()
    workloads.gone(PODS, opened.pod)
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []
    assert kt.Volume.from_name("data").users() == []


def test_a_lease_is_renewed_while_somebody_has_it_open_and_ends_it_when_not(workloads, tab):
    workloads.make(CLAIMS, claim("data"))
    shell = kt.Volume.from_name("data", mount_path="/data").ssh(IMAGE, progress=QUIET, timeout=45, idle=6)
    terminal = tab(shell)
    terminal.shows("/data $ ")
    job = workloads.cluster.list(JOBS, namespace=workloads.namespace)[0]["metadata"]["name"]
    workloads.until(JOBS, job, lambda found: found["spec"]["activeDeadlineSeconds"] >= 8 or None)
    terminal.process.kill()  # the laptop is gone
    workloads.gone(PODS, shell.pod)


def test_a_shell_that_uses_up_its_memory_is_said_and_leaves_nothing(cluster, opened, tab, workloads):
    if cluster.is_local:
        pytest.skip("the embedded cluster limits nobody's memory")
    terminal = tab(opened)
    terminal.shows("/data $ ")
    terminal.enter("exec sh -c 'x=$(head -c 400000000 /dev/zero | tr \"\\0\" x); echo ${#x}'")
    assert terminal.ended() == 137
    assert "was ended: it used more memory than its pod may." in " ".join(terminal.text.split())
    workloads.gone(PODS, opened.pod)
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []
