"""Channels, endings and back-pressure, against a pod that does as it is told."""

import asyncio
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_jupyter.errors import CommandNotStarted, HalfCloseUnsupported, ServerFailure, StreamLost
from kt_jupyter.kube.streams import STDERR, STDOUT, V4, ClusterFailure, ConnectionLost, Exited
from kt_jupyter.kube.streams.endings import ending
from tests.client.pods import BINARY, CLOSE, PING, PONG, QUICK, exec_in, exit_status, frame, played

chunks = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=100)), max_size=10)


@settings(max_examples=30, deadline=None)
@given(chunks)
def test_each_channel_arrives_in_order_and_byte_for_byte(sent):
    async def script(peer):
        await peer.raw(b"".join(frame(bytes([channel]) + data) for channel, data in sent))
        await peer.end()

    out, err, end = asyncio.run(played(script))
    assert out == b"".join(data for channel, data in sent if channel == STDOUT)
    assert err == b"".join(data for channel, data in sent if channel == STDERR)
    assert end == Exited(0)


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ({"metadata": {}, "status": "Success"}, Exited(0)),
        (exit_status(7), Exited(7)),
        ({"status": "Failure", "message": "no"}, ClusterFailure("no", {"status": "Failure", "message": "no"})),
        ([], ClusterFailure("[]")),
        ("", ClusterFailure('""')),
        ({}, ClusterFailure("it gave no reason")),
    ],
)
def test_the_servers_last_word_is_read(status, end):
    assert ending(json.dumps(status).encode()) == end


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda x: json.dumps(x).encode()))
def test_a_last_word_of_any_kind_is_an_ending(payload):
    assert isinstance(ending(payload), Exited | ClusterFailure)


@pytest.mark.parametrize(
    "words",
    [
        'unable to upgrade connection: container not found ("c")',
        "failed to exec in container: failed to load task: no running task found: task 3f0c not found",
        "failed to exec in container: container is in CONTAINER_EXITED state",
        "OCI runtime exec failed: exec failed: cannot exec in a stopped container",
        "OCI runtime exec failed: unable to start container process: read init-p: connection reset by peer",
    ],
)
def test_a_container_that_does_not_run_is_told_from_other_failures(words):
    assert ending(json.dumps({"status": "Failure", "message": words}).encode()).not_running


def test_a_command_that_the_image_lacks_is_no_container_that_does_not_run():
    words = 'failed to exec in container: OCI runtime exec failed: exec: "nope": executable file not found in $PATH'
    end = ending(json.dumps({"status": "Failure", "message": words}).encode())
    assert not end.not_running
    assert isinstance(end.error("p"), CommandNotStarted)


def test_frames_that_come_with_the_handshake_are_not_lost():
    async def script(peer):
        await peer.end()

    assert asyncio.run(played(script, with_handshake=frame(b"\x01early")))[0] == b"early"


def test_unknown_channels_and_empty_messages_are_passed_over():
    async def script(peer):
        await peer.raw(frame(b"") + frame(b"\x01") + frame(b"\x09what") + frame(b"\x01yes"))
        await peer.end(exit_status(3))

    assert asyncio.run(played(script)) == (b"yes", b"", Exited(3))


def test_input_size_and_half_close_are_sent_as_kubernetes_wants_them():
    seen = []

    async def script(peer):
        seen.extend([await peer.message() for _ in range(3)])
        await peer.end()

    async def use():
        async with exec_in(script, stdin=True, tty=True, size=(81, 25)) as stream:
            await stream.write(b"\xff\x00")
            await stream.close_stdin()
            return await stream.wait()

    assert asyncio.run(use()) == Exited(0)
    assert json.loads(seen[0][1:]) == {"Width": 81, "Height": 25}
    assert [seen[0][:1], *seen[1:]] == [b"\x04", b"\x00\xff\x00", b"\xff\x00"]


def test_the_older_protocol_says_that_it_cannot_half_close():
    async def script(peer):
        await peer.gone()

    async def use():
        async with exec_in(script, protocol=V4, stdin=True) as stream:
            with pytest.raises(HalfCloseUnsupported, match="v4"):
                await stream.close_stdin()

    asyncio.run(use())


def test_a_protocol_that_was_not_offered_is_refused():
    async def use():
        async with exec_in(lambda peer: peer.gone(), protocol="v9.channel.k8s.io"):
            pass

    with pytest.raises(ServerFailure, match="no stream protocol that we know"):
        asyncio.run(use())


def test_ten_megabytes_in_one_burst_arrive():
    burst = bytes(range(256)) * 40 * 1024

    async def script(peer):
        for start in range(0, len(burst), 65536):
            await peer.out(burst[start : start + 65536])
        await peer.end()

    out, _, _ = asyncio.run(played(script))
    assert hashlib.sha256(out).digest() == hashlib.sha256(burst).digest()


def test_a_reader_that_does_not_read_pauses_the_server():
    sent = 0

    async def script(peer):
        nonlocal sent
        while sent < 64 << 20:
            await peer.out(bytes(65536))
            sent += 65536

    async def use():
        async with exec_in(script) as stream:
            await anext(stream)
            before = -1
            while before != sent:  # until the server stands still
                before = sent
                await asyncio.sleep(0.2)
            return stream.end

    assert asyncio.run(use()) is None
    assert sent < 32 << 20


def test_a_process_that_does_not_take_its_input_makes_the_writer_wait():
    async def script(peer):
        await asyncio.Event().wait()

    async def use():
        async with exec_in(script, stdin=True) as stream:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await stream.write(bytes(64 << 20))
            stream.abort()

    asyncio.run(use())


def test_a_slow_reader_is_not_taken_for_a_dead_connection():
    async def script(peer):
        await peer.out(b"a")
        await asyncio.sleep(QUICK.silence * 2)
        await peer.out(b"b")
        await peer.end()

    async def use():
        async with exec_in(script) as stream:
            got = [(await anext(stream))[1]]
            await asyncio.sleep(QUICK.silence * 3)
            return got + [data async for _, data in stream], stream.end

    assert asyncio.run(use()) == ([b"a", b"b"], Exited(0))


def test_pings_keep_an_idle_stream_and_the_answers_keep_it_alive():
    async def script(peer):
        for _ in range(14):  # longer than the silence allowed
            assert (await peer.frame())[0] == PING
            await peer.raw(frame(b"kt", PONG))
        await peer.end()

    assert asyncio.run(played(script))[2] == Exited(0)


def test_a_server_that_says_nothing_any_more_is_lost():
    async def script(peer):
        await peer.gone()

    assert "no byte came for 0.5 s" in asyncio.run(played(script))[2].how


def test_a_ping_is_answered_with_its_payload():
    answers = []

    async def script(peer):
        await peer.raw(frame(b"hello?", PING))
        while (got := await peer.frame())[0] == PING:
            pass
        answers.append(got)
        await peer.end()

    asyncio.run(played(script))
    assert answers == [(PONG, b"hello?")]


def test_writing_to_a_command_that_has_ended_says_so():
    async def script(peer):
        await peer.end()

    async def use():
        async with exec_in(script, stdin=True) as stream:
            await stream.wait()
            with pytest.raises(StreamLost, match="takes no more input: the command has ended"):
                await stream.write(b"x")

    asyncio.run(use())


def test_leaving_closes_in_good_order_and_abort_at_once():
    codes = []

    async def script(peer):
        while (got := await peer.frame())[0] in (BINARY, PING):
            pass
        codes.append(got)

    async def use():
        async with exec_in(script) as stream:
            pass
        assert stream.end == ConnectionLost("it was closed here")

    asyncio.run(use())
    assert codes == [(CLOSE, b"\x03\xe8")]


def test_a_reader_that_waits_comes_to_an_end_when_another_task_aborts():
    async def use():
        async with exec_in(lambda peer: peer.gone()) as stream:
            waiting = asyncio.ensure_future(stream.wait())
            asyncio.get_running_loop().call_later(0.05, stream.abort)
            return await waiting

    assert asyncio.run(use()) == ConnectionLost("it was closed here")


def test_a_large_input_lets_other_tasks_run_and_notices_a_loss():
    async def script(peer):
        await peer.message()
        peer.cut()

    async def use():
        async with exec_in(script, stdin=True) as stream:
            with pytest.raises(StreamLost, match="takes no more input"):
                await stream.write(bytes(100 << 20))

    asyncio.run(use())
