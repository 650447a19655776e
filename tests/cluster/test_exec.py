"""Commands in a pod, and its main process: what arrives and how it ends, on any cluster."""

import hashlib
import os

import pytest

from kt_jupyter.errors import (
    CommandNotStarted,
    ContainerNotFound,
    ContainerNotRunning,
    Forbidden,
    NotFound,
    ServerFailure,
)
from kt_jupyter.kube import PODS, adopt, current
from kt_jupyter.kube.streams import STDERR, STDOUT, ClusterFailure, Exited
from tests.cluster.workloads import container, pod

TEN_MEGABYTES = 10_000_000
READ_PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}


def served(name):
    """Skip where the cluster has no streams at all."""
    try:
        current().attach(name).close()
    except ServerFailure as error:
        if error.code != 501:
            raise
        pytest.skip("this cluster does not serve pods/exec")
    return name


@pytest.fixture
def running(workloads):
    """The name of a pod that waits."""
    workloads.make(PODS, pod("waits", "trap 'exit 0' TERM; sleep 3600 & wait"))
    workloads.running("waits")
    return served("waits")


@pytest.fixture
def shell_pod(workloads):
    """The name of a pod whose main process is a shell with a terminal."""
    manifest = pod("shell")
    manifest["spec"]["containers"] = [container("", command=["sh", "-i"], stdin=True, tty=True)]
    workloads.make(PODS, manifest)
    workloads.running("shell")
    return served("shell")


def ran(name, script, *, stdin=None, **options):
    """Run a line of shell: output by channel, and the end."""
    got = {STDOUT: b"", STDERR: b""}
    with current().exec(name, ["sh", "-c", script], stdin=stdin is not None, **options) as stream:
        if stdin is not None:
            stream.write(stdin)
            stream.close_stdin()
        for channel, data in stream:
            got[channel] += data
        return got[STDOUT], got[STDERR], stream.end


def read_until(stream, wanted):
    """Read a terminal until it shows something."""
    seen = b""
    for _, data in stream:
        seen += data
        if wanted in seen:
            return seen
    raise AssertionError(f"the stream ended ({stream.end}) after {seen!r}")


@pytest.mark.parametrize(
    ("script", "code"),
    [("true", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137), ("kill -15 $$", 143)],
)
def test_the_exit_code_is_the_commands(running, script, code):
    assert ran(running, script) == (b"", b"", Exited(code))


def test_errors_stay_apart_from_output(running):
    assert ran(running, "echo out; echo err >&2; exit 3") == (b"out\n", b"err\n", Exited(3))


def test_the_end_of_input_reaches_the_command(running):
    assert ran(running, "cat; echo done", stdin=b"bytes \x00\xff\xc3")[0] == b"bytes \x00\xff\xc3done\n"


def test_bytes_that_are_no_text_pass_as_they_are(running):
    every_byte = bytes(range(256)) * 8
    assert ran(running, "cat", stdin=every_byte)[0] == every_byte


def test_words_are_not_interpreted_on_the_way(running):
    words = ["printf", "%s|", "a b", "$HOME", "", "ü&c=d", "'\"", "*"]
    assert current().run(running, words).stdout.decode() == "a b|$HOME||ü&c=d|'\"|*|"


def test_ten_megabytes_arrive_there(running):
    data = os.urandom(TEN_MEGABYTES)
    assert ran(running, "md5sum", stdin=data)[0].split()[0].decode() == hashlib.md5(data).hexdigest()


def test_ten_megabytes_come_and_go_whole_through_the_relay(running):
    data = os.urandom(TEN_MEGABYTES)
    back = current().run(running, ["cat"], stdin=data, timeout=50)
    assert hashlib.md5(back.stdout).digest() == hashlib.md5(data).digest()


def test_a_relayed_command_keeps_its_code_its_errors_and_its_empty_input(running):
    done = current().run(running, ["sh", "-c", "cat; echo err >&2; exit 9"], timeout=30)
    assert (done.stdout, done.stderr, done.exit_code) == (b"", b"err\n", 9)
    assert current().run(running, ["no-such-program"], timeout=30).exit_code == 127


def test_a_terminal_has_the_size_it_was_given_and_takes_another(running):
    script = 'until [ "$(stty size)" = "25 81" ]; do :; done; echo one; until [ "$(stty size)" = "30 100" ]; do :; done'
    with current().exec(running, ["sh", "-c", script], stdin=True, tty=True, size=(81, 25)) as stream:
        read_until(stream, b"one\r\n")
        stream.resize(100, 30)
        assert stream.wait(timeout=30) == Exited(0)


def test_a_terminal_has_one_output_and_passes_utf8_and_control_c(running):
    script = "trap 'exit 5' INT; printf 'grüße €\\n' >&2; while :; do sleep 0.1; done"
    with current().exec(running, ["sh", "-c", script], stdin=True, tty=True) as stream:
        assert "grüße €\r\n".encode() in read_until(stream, b"\n")
        stream.write(b"\x03")
        assert stream.wait(timeout=30) == Exited(5)


def test_a_command_that_the_image_lacks_is_named_as_that(running):
    with current().exec(running, ["no-such-program"]) as stream, pytest.raises(CommandNotStarted, match="in the image"):
        stream.exit_code(timeout=30)


def test_a_missing_pod_is_not_found(namespace):
    with pytest.raises(NotFound, match=f'there is no Pod "nobody" in namespace {namespace}'):
        current().exec("nobody", ["true"])


def test_a_missing_container_is_not_found(running):
    with pytest.raises(ContainerNotFound, match=r'Pod "waits" .* has no container "zz"') as caught:
        current().exec(running, ["true"], container="zz")
    assert caught.value.server == "container zz is not valid for pod waits"


def test_a_pod_that_has_ended_says_so_after_the_handshake(workloads):
    workloads.run("over", "true")
    served("over")
    with current().exec("over", ["true"]) as stream:
        end = stream.wait(timeout=30)
    assert isinstance(end, ClusterFailure)
    assert end.not_running
    with pytest.raises(ContainerNotRunning):
        current().run("over", ["true"], timeout=30)


def test_a_missing_right_is_named(running, as_user):
    user = as_user(READ_PODS)
    with pytest.raises(Forbidden, match=r"this needs `\w+` on `pods/exec` in namespace"):
        user.exec(running, ["true"])
    with pytest.raises(Forbidden, match=r"this needs `\w+` on `pods/attach` in namespace"):
        user.attach(running)


def test_a_pod_deleted_under_a_command_ends_it(running, workloads):
    with current().exec(running, ["sh", "-c", "echo here; sleep 3600"]) as stream:
        read_until(stream, b"here")
        workloads.cluster.delete(PODS, running, namespace=workloads.namespace)
        assert stream.wait(timeout=30) != Exited(0)


def test_attach_reaches_the_main_process_and_the_next_attach_the_same_one(shell_pod):
    with current().attach(shell_pod, stdin=True, tty=True, size=(77, 23)) as first:
        first.write(b"kept=42; echo $((40+1))-one\n")
        read_until(first, b"41-one")
    with current().attach(shell_pod, stdin=True, tty=True, size=(101, 31)) as second:
        second.write(b"echo again-$kept\n")
        read_until(second, b"again-42")
        second.write(b"stty size\n")
        read_until(second, b"31 101")


def test_attach_ends_with_the_shell_and_leaves_the_code_to_the_pods_status(shell_pod, workloads):
    with current().attach(shell_pod, stdin=True, tty=True) as stream:
        stream.write(b"exit 4\n")
        assert stream.wait(timeout=30) == Exited(0)
    ended = workloads.ended(shell_pod)
    assert ended["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 4


def test_two_who_attach_see_the_same(shell_pod):
    with (
        current().attach(shell_pod, stdin=True, tty=True) as one,
        current().attach(shell_pod, stdin=True, tty=True) as two,
    ):
        one.write(b"echo $((6*7))-both\n")
        read_until(one, b"42-both")
        two.write(b"echo $((6*7))-seen\n")
        read_until(one, b"42-seen")


def test_a_cell_that_is_interrupted_leaves_the_cluster_usable(running):
    with current().exec(running, ["sleep", "3600"]) as stream, pytest.raises(TimeoutError):
        stream.wait(timeout=0.3)
    with pytest.raises(TimeoutError):
        current().run(running, ["sleep", "3600"], timeout=1)
    assert current().run(running, ["echo", "on"], timeout=30).stdout == b"on\n"


def test_an_impersonated_user_with_the_right_may(running, as_user):
    rule = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get", "create"]}
    adopt(as_user(READ_PODS, rule))
    assert current().run(running, ["id", "-u"], timeout=30).stdout == b"1000\n"
