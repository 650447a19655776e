"""kubectl's exec, attach, cp, logs and run in a terminal work, on the embedded cluster as on any other."""

import hashlib
import os

import pytest

from kt_jupyter.kube import PODS
from tests.cluster.workloads import Workloads, container, pod

TWENTY_MEGABYTES = 20_000_000


@pytest.fixture
def here(cluster, namespace):
    return Workloads(cluster, namespace)


@pytest.fixture
def waits(here):
    here.make(PODS, pod("waits", "trap 'exit 0' TERM; sleep 3600 & wait"))
    here.running("waits")
    return "waits"


@pytest.fixture
def shell(here):
    """A pod whose main process is a shell with a terminal."""
    manifest = pod("shell")
    manifest["spec"]["containers"] = [container("", command=["sh", "-i"], stdin=True, tty=True)]
    here.make(PODS, manifest)
    here.running("shell")
    return "shell"


def test_exec_brings_output_errors_and_exit_code(kubectl, waits):
    done = kubectl("exec", waits, "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, b"out\n")
    assert done.stderr == b"err\ncommand terminated with exit code 7\n"


def test_exec_i_passes_every_byte_and_the_end_of_input(kubectl, waits):
    data = os.urandom(TWENTY_MEGABYTES)
    done = kubectl("exec", "-i", waits, "--", "sha256sum", stdin=data)
    assert done.stdout.split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_exec_it_is_a_terminal_with_a_size_that_changes(kubectl, waits):
    with kubectl.terminal("exec", "-it", waits, "--", "sh", columns=81, rows=25) as terminal:
        terminal.type("until [ \"$(stty size)\" = '25 81' ]; do :; done; echo small-$((1+1))\n")
        terminal.sees("small-2")
        terminal.resize(100, 30)
        terminal.type("until [ \"$(stty size)\" = '30 100' ]; do :; done; echo large-$((1+1))\n")
        terminal.sees("large-2")


def test_exec_it_passes_control_c_to_the_command_and_keeps_the_shell(kubectl, waits):
    with kubectl.terminal("exec", "-it", waits, "--", "sh") as terminal:
        terminal.type("sleep 602; echo over\n")
        started = "until grep -aqs 'slee[p].602' /proc/[0-9]*/cmdline; do sleep 0.1; done"
        kubectl("exec", waits, "--", "sh", "-c", started)
        terminal.type("\x03")
        terminal.type("echo still-$((1+1)); exit 5\n")
        terminal.sees("still-2")
        code, rest = terminal.ended()
    assert code == 5
    assert "command terminated with exit code 5" in rest


def test_exec_it_ends_at_control_d(kubectl, waits):
    with kubectl.terminal("exec", "-it", waits, "--", "cat") as terminal:
        terminal.type("grüße\n")
        terminal.sees("grüße\r\ngrüße\r\n")
        terminal.type("\x04")
        assert terminal.ended()[0] == 0


def test_exec_names_a_command_that_is_not_there(kubectl, waits):
    done = kubectl("exec", waits, "--", "no-such-program")
    assert b'exec: "no-such-program": executable file not found in $PATH' in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody", "--", "true"], b'pods "nobody" not found'),
        (["waits", "-c", "zz", "--", "true"], b"container zz"),
    ],
)
def test_exec_says_what_there_is_not(kubectl, waits, words, said):
    done = kubectl("exec", *words)
    assert said in done.stderr
    assert done.returncode == 1


def test_exec_says_that_a_pod_has_ended(kubectl, here):
    here.run("over", "true")
    assert b"cannot exec into a container in a completed pod" in kubectl("exec", "over", "--", "true").stderr


def test_cp_brings_twenty_megabytes_there_and_back(kubectl, waits, tmp_path):
    data = os.urandom(TWENTY_MEGABYTES)
    (tmp_path / "there").write_bytes(data)
    assert kubectl("cp", str(tmp_path / "there"), f"{waits}:/tmp/file").returncode == 0
    assert kubectl("cp", f"{waits}:/tmp/file", str(tmp_path / "back")).returncode == 0
    assert hashlib.sha256((tmp_path / "back").read_bytes()).digest() == hashlib.sha256(data).digest()


def test_two_who_attach_share_one_shell(kubectl, shell):
    with kubectl.terminal("attach", "-it", shell) as one, kubectl.terminal("attach", "-it", shell) as two:
        one.type("echo $((6*7))-both\n")
        one.sees("42-both")
        two.type("echo $((6*7))-seen\n")
        two.sees("42-seen")
        one.sees("42-seen")


def test_a_shell_outlives_who_was_attached_and_is_found_again_with_its_state(kubectl, shell):
    with kubectl.terminal("attach", "-it", shell) as terminal:
        terminal.type("kept=42; echo $((kept+1))-one\n")
        terminal.sees("43-one")
        terminal.leave()
    with kubectl.terminal("attach", "-it", shell) as terminal:
        terminal.type("echo again-$kept\n")
        terminal.sees("again-42")
        terminal.type("exit 4\n")
        assert terminal.ended()[0] == 0
    assert b"43-one" in kubectl("logs", shell).stdout


def test_logs_f_shows_lines_as_they_are_written_and_ends_with_the_container(kubectl, here):
    here.make(PODS, pod("talks", "mkfifo /tmp/go; echo one; read line < /tmp/go; echo $line"))
    here.running("talks")
    with kubectl.follow("logs", "-f", "talks") as following:
        assert following.stdout.readline() == b"one\n"
        kubectl("exec", "talks", "--", "sh", "-c", "echo two > /tmp/go")
        assert following.stdout.read() == b"two\n"
    assert following.returncode == 0


def test_logs_are_cut_by_lines_and_by_time_and_show_their_times(kubectl, here):
    here.run("talked", "echo one; echo two; echo three")
    assert kubectl("logs", "talked", "--tail=2").stdout == b"two\nthree\n"
    assert kubectl("logs", "talked", "--since=1h").stdout == b"one\ntwo\nthree\n"
    assert kubectl("logs", "talked", "--since-time=2100-01-01T00:00:00Z").stdout == b""
    stamp, _, text = kubectl("logs", "talked", "--tail=1", "--timestamps").stdout.decode().partition(" ")
    assert (stamp[10], stamp[-1], text) == ("T", "Z", "three\n")


def test_logs_previous_is_what_the_container_said_before_it_was_restarted(kubectl, here):
    script = "if [ -e /d/1 ]; then echo second; sleep 600; else touch /d/1; echo first; exit 1; fi"
    volume = {"volumes": [{"name": "d", "emptyDir": {}}]}
    mounts = {"container_extra": {"volumeMounts": [{"name": "d", "mountPath": "/d"}]}}
    here.make(PODS, pod("again", script, restartPolicy="Always", **volume, **mounts))
    here.until(PODS, "again", lambda pod: (pod["status"].get("phase") == "Running" and restarts(pod) == 1) or None)
    with kubectl.follow("logs", "-f", "again") as following:
        assert following.stdout.readline() == b"second\n"
        following.kill()
    assert kubectl("logs", "again", "--previous").stdout == b"first\n"


def restarts(pod):
    return (pod["status"].get("containerStatuses") or [{}])[0].get("restartCount")


def test_run_it_rm_is_a_shell_that_leaves_nothing(kubectl, here):
    image = ["--image=alpine:latest", "--image-pull-policy=IfNotPresent", "--restart=Never"]
    with kubectl.terminal("run", "mine", "-it", "--rm", *image, "--", "sh") as terminal:
        terminal.sees("If you don't see a command prompt, try pressing enter.")
        terminal.type("echo here-$((1+1)); exit\n")
        terminal.sees("here-2")
        assert 'pod "mine" deleted' in terminal.ended()[1]
    here.gone(PODS, "mine")
