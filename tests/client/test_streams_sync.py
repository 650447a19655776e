"""The kernel's face of a stream: blocking, from any thread, safe to interrupt."""

import asyncio
import threading
import time

import pytest

from kt_jupyter.errors import ContainerNotRunning, StreamLost
from kt_jupyter.kube import Cluster, loop
from kt_jupyter.kube.limits import Limits
from kt_jupyter.kube.link import Link
from kt_jupyter.kube.streams import Exited
from kt_jupyter.kube.streams.stream import Stream
from kt_jupyter.kube.target import Target
from tests.client.pods import exec_in, exit_status


class Played:
    """A stream to a pod on the I/O thread, and its clean-up."""

    def __init__(self, script, **options):
        self._context = exec_in(script, **options)

    def __enter__(self):
        async def enter():
            return Stream(await self._context.__aenter__())

        return loop.run(enter())

    def __exit__(self, *_):
        loop.run(self._context.__aexit__(None, None, None))


def test_it_iterates_to_the_end_and_then_knows_it():
    async def script(peer):
        await peer.out(b"out")
        await peer.out(b"err", channel=2)
        await peer.end(exit_status(7))

    with Played(script) as stream:
        assert sorted(stream) == [(1, b"out"), (2, b"err")]
        assert stream.end == Exited(7)
        assert stream.exit_code() == 7


def test_a_wait_that_times_out_leaves_the_stream_as_it_was():
    proceed = threading.Event()

    async def script(peer):
        await asyncio.to_thread(proceed.wait)
        await peer.end()

    with Played(script, limits=Limits()) as stream:  # it answers no pings: with others, it would soon be lost
        with pytest.raises(TimeoutError):
            stream.wait(timeout=0.1)
        assert stream.end is None
        proceed.set()
        assert stream.wait(timeout=10) == Exited(0)


def test_close_from_another_thread_ends_an_iteration():
    async def script(peer):
        await peer.gone()

    with Played(script) as stream:
        threading.Timer(0.1, stream.close).start()
        assert list(stream) == []


def test_echo_of_a_large_input_needs_no_thread_of_the_callers():
    data = bytes(range(256)) * 2000

    async def script(peer):
        got = b""
        while len(got) < len(data):
            got += (await peer.message())[1:]
        await peer.out(got)
        await peer.end()

    with Played(script, stdin=True) as stream:
        stream.write(data)
        assert b"".join(chunk for _, chunk in stream) == data


def test_a_failure_of_the_clusters_is_an_error_where_a_code_was_wanted():
    async def script(peer):
        await peer.end({"status": "Failure", "message": 'container not found ("c")', "code": 500})

    with Played(script) as stream, pytest.raises(ContainerNotRunning, match='the container of pod "p" is not running'):
        stream.exit_code()


def test_a_lost_connection_is_an_error_where_a_code_was_wanted():
    async def script(peer):
        await peer.out(b"half")

    with Played(script) as stream, pytest.raises(StreamLost, match="cut off without a word"):
        stream.exit_code()


def test_a_reader_that_pauses_holds_little_of_what_the_server_would_send():
    sent = 0

    async def script(peer):
        nonlocal sent
        while True:
            await peer.out(bytes(65536))
            sent += 65536

    with Played(script) as stream:
        next(iter(stream))
        seen = -1
        while seen != sent:
            seen = sent
            time.sleep(0.2)  # for the server to overrun us, if it can
        assert sent < 32 << 20


def test_a_fork_does_not_end_the_parents_stream():
    async def script(peer):
        await peer.out(b"a")
        await peer.end()

    with Played(script) as stream:
        stream._generation -= 1  # as it looks from a child
        stream.close()
        stream._generation += 1
        assert stream.exit_code() == 0


@pytest.mark.parametrize("command", ["ls -l", [], ["ls", 3], None])
def test_a_command_that_is_no_list_of_words_is_refused_before_any_request(command):
    with pytest.raises(ValueError, match="a command is a list of words"):
        Cluster(Link(Target("http://127.0.0.1:1"))).exec("p", command)


def test_a_terminal_without_columns_is_refused_before_any_request():
    with pytest.raises(ValueError, match="at least one column"):
        Cluster(Link(Target("http://127.0.0.1:1"))).exec("p", ["sh"], tty=True, size=(0, 10))
