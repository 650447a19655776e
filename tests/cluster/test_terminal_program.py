"""`python -m kt_jupyter.terminal.attach`: a shell in a pod, from a real terminal, over a network that breaks."""

import signal
import time
from urllib.parse import urlsplit

import pytest

from kt_jupyter.kube import JOBS, PODS
from kt_jupyter.terminal import session
from kt_jupyter.terminal.presence import Presence
from kt_jupyter.terminal.screen import Screen
from kt_jupyter.terminal.target import Target
from tests.cluster.shell_pods import kubeconfig
from tests.cluster.workloads import container
from tests.terminals import Cable


@pytest.fixture
def cable(cluster):
    address = urlsplit(cluster.server)
    made = Cable(address.hostname, address.port)
    yield made
    made.close()


@pytest.fixture
def over_cable(cluster, cable, tmp_path, environment):
    scheme = urlsplit(cluster.server).scheme
    path = kubeconfig(cluster, tmp_path / "cabled", f"{scheme}://127.0.0.1:{cable.port}")
    return {**environment, "KUBECONFIG": str(path)}


def test_it_shows_what_was_printed_before_it_came_and_what_is_typed(shell_pod, attach):
    terminal = attach(shell_pod())
    terminal.shows("the banner")
    terminal.enter("echo sum-$((40 + 2)) in $PWD")
    terminal.shows("sum-42 in /tmp")
    assert terminal.text.count("the banner") == 1


def test_what_is_typed_while_the_pod_starts_is_for_its_shell(shell_pod, attach, workloads):
    pod = shell_pod(initContainers=[container("until [ -e /tmp/go ]; do sleep 0.1; done", name="first")])
    terminal = attach(pod)
    terminal.enter("echo typed-$((40 + 2))")
    terminal.shows("is starting")
    go = ["touch", "/tmp/go"]
    with workloads.cluster.exec(pod, go, namespace=workloads.namespace, container="first") as stream:
        stream.wait(timeout=30)
    terminal.shows("typed-42")


def test_a_container_that_began_just_after_the_attempt_to_attach_is_tried_again_at_once(
    shell_pod, workloads, cluster, namespace
):
    pod = shell_pod()
    workloads.running(pod)
    target = Target.of(cluster, pod, namespace=namespace)
    tried = session.Session(cluster, target, Screen.__new__(Screen), Presence(told=False))
    begun = time.monotonic()
    assert tried._over(None) is None
    assert time.monotonic() - begun < session._ENDING  # which is waited for after a shell's end


def test_the_shell_hears_the_size_of_the_terminal(shell_pod, attach):
    terminal = attach(shell_pod(), columns=77, rows=23)
    terminal.shows("the banner")
    terminal.enter("stty size")
    terminal.shows("23 77")
    terminal.resize(101, 31)
    terminal.enter("until stty size | grep 31; do sleep 0.1; done")  # it may hear of what is typed before
    terminal.shows("31 101")


def test_bytes_pass_as_they_are(shell_pod, attach):
    terminal = attach(shell_pod())
    terminal.shows("the banner")
    terminal.enter("printf 'gr\\303\\274n €\\n'")
    terminal.shows("grün €")


def test_ctrl_c_reaches_the_program_in_the_pod(shell_pod, attach):
    terminal = attach(shell_pod())
    terminal.shows("the banner")
    terminal.enter("sh -c 'echo go-$((1 + 1)); exec sleep 100'")  # it has the terminal before it says so
    terminal.shows("go-2")
    terminal.type("\x03")
    terminal.enter("echo still-$((1 + 2))")
    terminal.shows("still-3")


def test_exit_gives_the_shells_code_and_removes_the_pod(shell_pod, attach, workloads):
    pod = shell_pod()
    terminal = attach(pod)
    terminal.shows("the banner")
    terminal.enter("exit 7")
    assert terminal.ended() == 7
    assert terminal.settings() == terminal.before
    workloads.gone(JOBS, "shell")
    workloads.gone(PODS, pod)


def test_after_a_broken_connection_it_is_the_same_shell_with_what_was_missed(shell_pod, attach, over_cable, cable):
    terminal = attach(shell_pod(), env=over_cable)
    terminal.shows("the banner")
    terminal.enter("kept=yes; for i in 1 2 3 4 5 6; do echo line-$i; sleep 0.5; done")
    terminal.shows("line-2\n")
    cable.cut()
    terminal.shows("connection lost")
    cable.mend()
    terminal.shows("reconnected")
    terminal.shows("line-6\n")
    terminal.enter("echo kept=$kept")
    terminal.shows("kept=yes", times=2)
    assert [terminal.text.count(f"line-{i}\n") for i in range(1, 7)] == [1] * 6


def test_what_was_missed_is_shown_over_a_slow_network_too(shell_pod, attach, over_cable, cable):
    terminal = attach(shell_pod(), env=over_cable)
    terminal.shows("the banner")
    terminal.enter("(sleep 1; echo mean-$((40 + 2))-while) & echo be-$((40 + 2))-fore")
    terminal.shows("be-42-fore")
    cable.cut()
    terminal.shows("connection lost")
    cable.mend(slow=2)
    terminal.shows("mean-42-while")


def test_a_second_terminal_shows_the_scrollback_of_the_same_shell(shell_pod, attach):
    pod = shell_pod()
    first = attach(pod)
    first.shows("the banner")
    first.enter("mine=42; echo first-$mine")
    first.shows("first-42")
    second = attach(pod)
    second.shows("first-42")
    second.enter("echo second-$mine")
    second.shows("second-42")


def test_a_hangup_leaves_the_shell_and_the_terminal_as_they_were(shell_pod, attach, workloads):
    pod = shell_pod()
    terminal = attach(pod)
    terminal.shows("the banner")
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.ended() == 128 + signal.SIGHUP
    assert terminal.settings() == terminal.before
    assert workloads.running(pod)


def test_a_shell_that_was_killed_is_said_with_its_code_and_its_pod_goes(shell_pod, attach, workloads):
    terminal = attach(shell_pod("echo the banner; sh -i; exit $?"))
    terminal.shows("the banner")
    terminal.enter("kill -9 $$")
    assert terminal.ended() == 137
    assert "was killed.\n    vol.ssh() opens another." in terminal.text
    assert terminal.settings() == terminal.before
    workloads.gone(JOBS, "shell")


def test_a_pod_that_is_deleted_under_it_is_said_and_nothing_is_left(shell_pod, attach, workloads):
    pod = shell_pod()
    terminal = attach(pod)
    terminal.shows("the banner")
    workloads.cluster.delete(PODS, pod, namespace=workloads.namespace)
    assert terminal.ended() == 2
    assert f'there is no Pod "{pod}"' in terminal.text
    assert "Traceback" not in terminal.text
    workloads.gone(JOBS, "shell")


def test_a_pod_that_is_not_ours_is_refused(shell_pod, attach):
    terminal = attach(shell_pod(labels={"app": "theirs"}))
    terminal.shows("was not made by kt_jupyter")
    assert terminal.ended() == 2


def test_a_pod_that_is_not_there_is_said(attach):
    terminal = attach("never-was")
    terminal.shows('there is no Pod "never-was"')
    assert terminal.ended() == 2
