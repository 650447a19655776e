"""Output that must be whole: checked, or an error."""

import asyncio
import hashlib
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_jupyter.errors import OutputIncomplete
from kt_jupyter.kube.streams import STDERR, STDOUT
from kt_jupyter.kube.streams.framed import _SCRIPT, Completed, Framed, completed
from tests.client.pods import exec_in

MARK = b"0123456789abcdef"


def last_line(out, err, code=0):
    sums = [hashlib.md5(each, usedforsecurity=False).hexdigest() for each in (err, out)]
    return MARK + f" x {code} e {sums[0]} - o {sums[1]} - \n".encode()


async def run(script, stdin=b""):
    async with exec_in(script, stdin=True) as stream:
        return await completed(Framed(stream, MARK, stdin))


def sending(*messages, stays=True):
    async def script(peer):
        for channel, data in messages:
            await peer.out(data, channel)
        if stays:
            assert await peer.message() == b"\x00\n"  # what arrived is confirmed before the relay ends
        await peer.end()

    return script


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=30), st.integers(1, 40))
def test_output_is_whole_wherever_it_is_cut(out, err, size):
    wire = out + last_line(out, err, 3)
    cuts = [(STDOUT, wire[start : start + size]) for start in range(0, len(wire), size)]
    assert asyncio.run(run(sending((STDERR, err), *cuts))) == Completed(out, err, 3)


def test_errors_may_come_after_the_last_line():
    assert asyncio.run(run(sending((STDOUT, last_line(b"", b"late")), (STDERR, b"late")))).stderr == b"late"


def test_output_that_looks_like_the_mark_is_output():
    out = b"a" + MARK[:9] + b"b" + MARK[:15]
    assert asyncio.run(run(sending((STDOUT, out), (STDOUT, last_line(out, b""))))).stdout == out


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([(STDOUT, b"half of it")], id="the tail is lost and the cluster says success"),
        pytest.param([(STDOUT, b"mid" + last_line(b"middle", b""))], id="bytes are lost in the middle"),
        pytest.param([(STDERR, b"x"), (STDOUT, last_line(b"", b"xy"))], id="an error message is lost"),
        pytest.param([(STDOUT, b"a" + MARK + b" x 0 e \n")], id="there is no md5sum"),
        pytest.param([(STDOUT, b"a" + MARK + b" x" * 200)], id="the last line never ends"),
        pytest.param([], id="nothing came"),
    ],
)
def test_a_loss_is_an_error(messages):
    with pytest.raises(OutputIncomplete, match='pod "p" printed'):
        asyncio.run(run(sending(*messages, stays=False)))


def test_a_broken_connection_is_an_error():
    async def script(peer):
        await peer.out(b"half")
        peer.cut()

    with pytest.raises(OutputIncomplete, match="look before you repeat"):
        asyncio.run(run(script))


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]])
@pytest.mark.parametrize("command", ["printf out; printf err >&2; exit 7", "cat; exit 7", "kill -9 $$", "ps ax"])
def test_the_relay_runs_in_every_shell(shell, command):
    words = [*shell, "-c", _SCRIPT, "kt-run", "0123", "cdef", "4", "sh", "-c", command]
    try:
        ran = subprocess.run(words, input=b"data\n", capture_output=True, timeout=20, check=False)
    except FileNotFoundError:
        pytest.skip(f"there is no {shell[0]} here")
    out, _, line = ran.stdout.rpartition(b"0123cdef")
    code, err_sum, out_sum = (line.split()[index].decode() for index in (1, 3, 6))
    assert out_sum == hashlib.md5(out).hexdigest()
    assert err_sum == hashlib.md5(ran.stderr).hexdigest()
    assert code == ("137" if "kill" in command else "0" if "ps" in command else "7")
