"""Commands in pods of the embedded cluster: what a node does with them when nobody looks."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from kt_jupyter.kube import PODS, adopt, connect, current, loop
from kt_jupyter.kube.streams import STDOUT, ClusterFailure, Exited, open_exec
from tests.cluster.workloads import Workloads, container, pod, terminated
from tests.local.test_pods import OFF, Server
from tests.waiting import eventually

KILLED = Exited(137)
FIFTY_MEGABYTES = 50_000_000


@pytest.fixture
def here(cluster, namespace):
    if not cluster.is_local:
        pytest.skip("this is about the embedded cluster only")
    return Workloads(cluster, namespace)


@pytest.fixture
def waits(here):
    here.make(PODS, pod("waits", "trap 'exit 0' TERM; sleep 3600 & wait"))
    here.running("waits")
    return "waits"


@pytest.fixture
def elsewhere(tmp_path):
    """Start an embedded cluster of the test's own, with a pod that waits."""
    made = []

    def start(**environment):
        server = Server(tmp_path / "state", **environment)
        made.append(server)
        here = server.start()
        adopt(connect(kubeconfig=server.directory / "kubeconfig").with_namespace("default"))
        here.make(PODS, pod("waits", "sleep 3600"))
        here.running("waits")
        return server

    yield start
    for server in made:
        server.end()


def said(name, *words, **options):
    with current().exec(name, list(words), **options) as stream:
        output = b"".join(data for channel, data in stream if channel == STDOUT)
        return output.decode(), stream.end


def script(name, text):
    return said(name, "sh", "-c", text)[0].strip()


def interactive(name, *command, **more):
    manifest = pod(name)
    manifest["spec"]["containers"] = [container("", command=list(command), stdin=True, **more)]
    return manifest


def until(name, condition):
    """Wait, inside the pod, until a line of shell holds."""
    assert said(name, "timeout", "20", "sh", "-c", f"until {condition}; do sleep 0.05; done")[1] == Exited(0)


def seen(stream, wanted):
    """Read a terminal until it shows something."""
    shown = b""
    for _, data in stream:
        shown += data
        if wanted in shown:
            return shown
    raise AssertionError(f"the stream ended ({stream.end}) after {shown!r}")


# Where a command runs


def test_a_command_is_in_the_containers_world(here):
    spec = {"env": [{"name": "A", "value": "b"}], "workingDir": "/new"}
    here.make(PODS, pod("world", "sleep 3600", container_extra=spec))
    here.running("world")
    assert script("world", "id -u; id -g; pwd; echo $A; hostname; cat /proc/1/cmdline | tr '\\0' ' '") == (
        "1000\n1000\n/new\nb\nworld\nsh -c sleep 3600"
    )


def test_a_command_sees_the_containers_mounts_and_not_the_machines_tmp(here, tmp_path):
    volume = {"volumes": [{"name": "d", "emptyDir": {}}]}
    mounts = {"container_extra": {"volumeMounts": [{"name": "d", "mountPath": "/my/data"}]}}
    here.make(PODS, pod("mounts", "echo kept > /my/data/file; sleep 3600", **volume, **mounts))
    here.running("mounts")
    until("mounts", "[ -s /my/data/file ]")
    assert script("mounts", f"cat /my/data/file; ls {tmp_path} 2>&1 | grep -c 'No such'") == "kept\n1"


def stops_a_job(name, stream):
    """Do in a shell what only job control can: Ctrl-Z, and go on with the shell."""
    stream.write(b"echo $TERM-$((6*7)); sleep 601\n")
    shown = seen(stream, b"xterm-42\r\n")
    until(name, "pgrep -fx 'sleep 601' > /dev/null")
    stream.write(b"\x1a")
    shown += seen(stream, b"Stopped")
    stream.write(b"exit 3\nexit 3\n")  # the first is answered: there are stopped jobs
    assert b"no job control" not in shown


def test_a_terminal_has_a_kind_and_job_control(waits):
    with current().exec(waits, ["bash", "--norc"], stdin=True, tty=True, size=(80, 24)) as stream:
        stops_a_job(waits, stream)
        assert stream.wait(timeout=30) == Exited(3)


def test_a_long_command_line_arrives_whole(waits):
    assert said(waits, "sh", "-c", 'printf %s "$0" | wc -c', "x" * 100_000)[0].strip() == "100000"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["no-such"], 'exec: "no-such": executable file not found in $PATH'),
        (["/no/such"], 'exec: "/no/such": stat /no/such: no such file or directory'),
        (["/etc"], 'exec: "/etc": permission denied'),
        ([""], 'exec: "": executable file not found in $PATH'),
    ],
)
def test_what_cannot_be_started_is_said_in_the_runtimes_words(waits, words, why):
    end = said(waits, *words)[1]
    assert isinstance(end, ClusterFailure)
    assert end.message.endswith(f"unable to start container process: {why}: unknown")


# Who has left


def test_a_command_whose_client_left_sees_the_end_of_its_input_and_goes_on(waits):
    with current().exec(waits, ["sh", "-c", "cat; echo ended > /tmp/left; sleep 3601"], stdin=True) as stream:
        stream.write(b"here")
        assert next(iter(stream)) == (STDOUT, b"here")
    until(waits, "[ -e /tmp/left ]")
    until(waits, "pgrep -fx 'sleep 3601' > /dev/null")


def test_a_terminal_whose_client_left_hears_nothing_of_it(waits):
    words = ["sh", "-c", "trap 'echo hung > /tmp/hung' HUP; echo here; read line; echo read > /tmp/hung"]
    with current().exec(waits, words, stdin=True, tty=True) as stream:
        next(iter(stream))
    until(waits, "pgrep -f /tmp/hung > /dev/null")
    assert script(waits, "ls /tmp/hung 2>&1 | grep -c 'No such'") == "1"


def test_what_a_left_command_writes_does_not_stop_it(waits):
    with current().exec(waits, ["sh", "-c", "yes | head -c 10000000; echo > /tmp/through"]) as stream:
        next(iter(stream))
    until(waits, "[ -e /tmp/through ]")


# Who doesn't read


def memory(cluster_directory):
    """Bytes of memory that the server of a cluster uses."""
    pid = json.loads(Path(cluster_directory, "server.json").read_text())["pid"]
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_output_that_nobody_reads_waits_in_the_pod(waits):
    directory = os.environ["KT_JUPYTER_LOCAL_DIR"]
    before = memory(directory)
    with current().exec(waits, ["sh", "-c", f"yes | head -c {FIFTY_MEGABYTES}; echo > /tmp/written"]) as stream:
        chunks = iter(stream)
        next(chunks)
        assert script(waits, "ls /tmp/written 2>&1 | grep -c 'No such'") == "1"
        assert memory(directory) - before < FIFTY_MEGABYTES / 3
        assert sum(len(data) for _, data in chunks) > FIFTY_MEGABYTES - 100_000
        assert stream.end == Exited(0)


def test_input_that_nobody_reads_waits_at_the_client(waits):
    async def push():
        async with await open_exec(current(), waits, ["sleep", "3600"], stdin=True) as stream, asyncio.timeout(2):
            while True:
                await stream.write(bytes(1_000_000))

    with pytest.raises(TimeoutError):
        loop.run(push())


def test_who_is_attached_and_does_not_read_holds_the_container_up_until_leaving(here):
    here.make(
        PODS, interactive("talks", "sh", "-c", f"read go; yes | head -c {FIFTY_MEGABYTES}; echo > /tmp/written; cat")
    )
    here.running("talks")
    with current().attach("talks", stdin=True) as stream:
        stream.write(b"go\n")
        next(iter(stream))
        assert script("talks", "ls /tmp/written 2>&1 | grep -c 'No such'") == "1"
    until("talks", "[ -e /tmp/written ]")


# How it ends


def test_a_command_ends_with_its_container(here, waits):
    with current().exec(waits, ["sh", "-c", "trap '' TERM; echo here; sleep 3600"]) as stream:
        next(iter(stream))
        here.cluster.delete(PODS, waits, namespace=here.namespace)
        assert stream.wait(timeout=30) == KILLED


def test_a_daemon_that_holds_the_output_open_is_waited_for(waits):
    output, end = said(waits, "sh", "-c", "(sleep 0.5; echo late) & echo early")
    assert (output, end) == ("early\nlate\n", Exited(0))


@pytest.mark.timeout(120)  # starts a server of its own
def test_without_namespaces_commands_run_and_end_with_the_pod_too(elsewhere):
    server = elsewhere(**OFF)
    assert said("waits", "sh", "-c", "echo here; exit 6") == ("here\n", Exited(6))
    with current().exec("waits", ["setsid", "sh", "-c", "echo $$; exec sleep 3600"]) as stream:
        pid = int(next(iter(stream))[1])
    with current().exec("waits", ["sleep", "3600"]) as stream:
        current().delete(PODS, "waits", namespace="default", grace_seconds=0)
        assert stream.wait(timeout=30) == KILLED
    server.end()
    assert not Path(f"/proc/{pid}").exists()


# The main process


def test_a_shell_as_main_process_has_a_terminal_and_job_control(here):
    here.make(PODS, interactive("shell", "bash", "--norc", tty=True))
    here.running("shell")
    with current().attach("shell", stdin=True, tty=True, size=(90, 20)) as stream:
        stream.write(b"stty size\n")
        seen(stream, b"20 90\r\n")
        stops_a_job("shell", stream)
        assert stream.wait(timeout=30) == Exited(0)
    assert terminated(here.ended("shell"))["exitCode"] == 3
    assert "Stopped" in here.log("shell")
    assert "\r\n" not in here.log("shell")


def test_with_stdin_once_the_first_who_leaves_ends_the_input(here):
    here.make(PODS, interactive("once", "cat", stdinOnce=True))
    here.running("once")
    with current().attach("once", stdin=True) as stream:
        stream.write(b"line\n")
        next(iter(stream))
    assert terminated(here.ended("once"))["exitCode"] == 0
    assert here.log("once") == "line\n"


def test_without_stdin_once_who_has_said_enough_is_let_go_and_the_next_may_speak(here):
    here.make(PODS, interactive("many", "cat"))
    here.running("many")
    for _ in range(2):
        with current().attach("many", stdin=True) as stream:
            stream.write(b"line\n")
            assert next(iter(stream)) == (STDOUT, b"line\n")
            stream.close_stdin()
            assert stream.wait(timeout=30) == Exited(0)


def test_who_attaches_late_sees_only_what_comes(here):
    here.make(PODS, interactive("late", "sh", "-c", "echo early; read line; echo $line"))
    here.running("late")
    eventually(lambda: here.log("late") == "early\n")
    with current().attach("late", stdin=True) as stream:
        stream.write(b"now\n")
        assert b"".join(data for _, data in stream) == b"now\n"
    assert here.log("late") == "early\nnow\n"
