"""What networks, proxies and servers do to a stream: nothing of it hangs, nothing of it looks like success."""

import asyncio

import pytest

from kt_jupyter.kube.streams import ConnectionLost, Exited
from tests.client.pods import frame, played

STATUS = frame(b'\x03{"metadata":{},"status":"Success"}')
SESSION = frame(b"\x01") + frame(b"\x01hello ") + frame(b"\x01" + b"x" * 200) + frame(b"\x02err") + STATUS
OUTPUT = b"hello " + b"x" * 200


@pytest.mark.parametrize("position", range(0, len(SESSION), 1))
def test_a_drop_at_any_byte_is_a_loss_unless_the_last_word_is_here(position):
    async def script(peer):
        await peer.raw(SESSION[:position])

    out, err, end = asyncio.run(played(script))
    assert OUTPUT.startswith(out)
    assert b"err".startswith(err)
    assert isinstance(end, ConnectionLost)


def test_a_drop_after_the_last_word_is_the_end():
    async def script(peer):
        await peer.raw(SESSION)

    assert asyncio.run(played(script)) == (OUTPUT, b"err", Exited(0))


def test_a_reset_is_a_loss():
    async def script(peer):
        await peer.out(b"a")
        peer.cut()

    assert isinstance(asyncio.run(played(script))[2], ConnectionLost)


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 3000])
def test_a_close_without_a_last_word_names_its_code(code):
    async def script(peer):
        await peer.close(code, "why")

    assert f"code {code}: why" in asyncio.run(played(script))[2].how


def test_a_stall_within_a_frame_is_a_loss():
    async def script(peer):
        await peer.raw(SESSION[:50])
        await peer.gone()

    assert "no byte came" in asyncio.run(played(script))[2].how


def test_a_server_that_does_not_close_after_its_last_word_keeps_nobody_waiting():
    async def script(peer):
        await peer.raw(SESSION)
        await peer.gone()

    assert asyncio.run(played(script))[2] == Exited(0)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_bytes_in_any_portions_make_the_same_stream(size):
    async def script(peer):
        for start in range(0, len(SESSION), size):
            await peer.raw(SESSION[start : start + size])
            await asyncio.sleep(0)

    assert asyncio.run(played(script)) == (OUTPUT, b"err", Exited(0))


def test_a_frame_that_breaks_the_protocol_is_a_loss_and_what_came_before_counts():
    async def script(peer):
        await peer.raw(frame(b"\x01good") + frame(b"\x01bad", masked=True))
        await peer.gone()

    out, _, end = asyncio.run(played(script))
    assert out == b"good"
    assert "masked frame" in end.how


def test_fragmented_output_is_put_together():
    async def script(peer):
        await peer.raw(frame(b"\x01one ", fin=False) + frame(b"two ", 0, fin=False) + frame(b"three", 0))
        await peer.end()

    assert asyncio.run(played(script))[0] == b"one two three"
