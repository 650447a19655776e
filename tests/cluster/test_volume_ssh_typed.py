"""A terminal on a volume as a person has it: the program on a pty, typed into until it is left."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS, PODS
from tests.cluster.workloads import IMAGE, SECRETS, claim
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


def processes(namespace):
    """Those of this machine that were started for something in a namespace; its name is nobody else's."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if namespace.encode() in told and process.name != str(os.getpid()):
                found.add(process.name)
    return found


def test_the_prompt_is_in_the_volume_and_exit_leaves_nothing(opened, tab, workloads):
    secrets = {each["metadata"]["name"] for each in workloads.cluster.list(SECRETS, namespace=workloads.namespace)}
    terminal = tab(opened)
    terminal.shows("detached ends it")
    terminal.shows("/data $ ")
    terminal.enter("echo sum-$((40 + 2)) > file; cat $PWD/file")
    terminal.shows("sum-42\n")
    assert terminal.text.count("detached ends it") == 1
    assert processes(workloads.namespace)
    terminal.enter("exit 3")
    terminal.ended()
    workloads.gone(PODS, opened.pod)
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []
    left = workloads.cluster.list(SECRETS, namespace=workloads.namespace)
    assert {each["metadata"]["name"] for each in left} == secrets
    assert processes(workloads.namespace) == set()
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


def test_a_laptop_that_slept_finds_the_same_shell_and_what_it_printed_meanwhile(opened, tab, workloads):
    terminal = tab(opened)
    terminal.shows("/data $ ")
    terminal.enter("kept=21; (sleep 3; echo mean-$((kept * 2))-while; touch woken) & echo set-$((1 + 1))")
    terminal.shows("set-2")
    terminal.process.send_signal(signal.SIGSTOP)  # all of it stands still, its answers to the server's pings included
    slept = ["sh", "-c", "until [ -e /data/woken ]; do sleep 0.1; done"]
    assert workloads.cluster.run(opened.pod, slept, namespace=workloads.namespace).exit_code == 0
    terminal.process.send_signal(signal.SIGCONT)
    terminal.shows("mean-42-while")
    terminal.enter("echo kept-$kept")
    terminal.shows("kept-21")


def test_a_shell_that_uses_up_its_memory_is_said_and_leaves_nothing(opened, tab, workloads):
    terminal = tab(opened)
    terminal.shows("/data $ ")
    terminal.enter("exec sh -c 'x=$(head -c 400000000 /dev/zero | tr \"\\0\" x); echo ${#x}'")
    assert terminal.ended() == 137
    assert "was ended: it used more memory than its pod may." in " ".join(terminal.text.split())
    workloads.gone(PODS, opened.pod)
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []
