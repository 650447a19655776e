"""What happens to streams that carry much: the pod is deleted under one, the reader is slow."""

import asyncio
import hashlib

import pytest

from kt_jupyter.errors import OutputIncomplete
from kt_jupyter.kube import PODS, current, loop
from kt_jupyter.kube.streams import ClusterFailure, ConnectionLost, Exited, open_exec, run_framed
from tests.cluster.workloads import pod

TEN_MEGABYTES = 10_000_000
ENDLESS = ["sh", "-c", "while :; do seq 1 100000; done"]
SOON = 20  # seconds for what may be on its way, on a slow machine; the pod has one to end
RUNS, AT_ONCE = 20, 5
NUMBERS = 400_000
WHOLE = hashlib.md5("".join(f"{number}\n" for number in range(1, NUMBERS + 1)).encode()).hexdigest()


@pytest.fixture
def running(workloads):
    """The name of a pod that waits."""
    workloads.make(PODS, pod("waits", "trap 'exit 0' TERM; sleep 3600 & wait"))
    workloads.running("waits")
    return "waits"


async def paced(data):
    """Take 20 ms for a frame: at this pace a plain exec can lose its tail and end with success."""
    await asyncio.sleep(0.02 * len(data) / 32768)


async def at_once(_):
    """Take no time."""


async def read(output, reader, *, until=None):
    """Read so much of it, or all there is."""
    size = 0
    async for _, data in output:
        size += len(data)
        await reader(data)
        if until is not None and size >= until:
            return


def read_soon(output, reader):
    """Read to the end, which must come soon."""

    async def reading():
        async with asyncio.timeout(SOON):
            await read(output, reader)

    loop.run(reading())


@pytest.mark.parametrize("reader", [at_once, paced])
def test_a_pod_deleted_under_a_stream_that_carries_much_is_a_typed_end_soon(running, workloads, reader):
    stream = loop.run(open_exec(current(), running, ENDLESS))
    loop.run(read(stream, at_once, until=TEN_MEGABYTES))
    workloads.cluster.delete(PODS, running, namespace=workloads.namespace)
    read_soon(stream, reader)
    # To a slow reader a real cluster says even of this that it was a success: hence the relay.
    assert isinstance(stream.end, Exited | ClusterFailure | ConnectionLost)
    loop.run(stream.aclose())


@pytest.mark.parametrize("reader", [at_once, paced])
def test_a_pod_deleted_under_the_relay_is_an_error_soon(running, workloads, reader):
    output = loop.run(run_framed(current(), running, ENDLESS))
    loop.run(read(output, at_once, until=TEN_MEGABYTES))
    workloads.cluster.delete(PODS, running, namespace=workloads.namespace)
    with pytest.raises(OutputIncomplete, match="look before you repeat it"):
        read_soon(output, reader)
    loop.run(output.aclose())


def test_in_twenty_runs_a_slow_reader_loses_nothing_through_the_relay(running):
    turns = asyncio.Semaphore(AT_ONCE)

    async def run():
        digest = hashlib.md5()

        async def reader(data):
            digest.update(data)
            await paced(data)

        async with turns, await run_framed(current(), running, ["seq", "1", str(NUMBERS)]) as output:
            await read(output, reader)
        return digest.hexdigest()

    async def runs():
        return await asyncio.gather(*(run() for _ in range(RUNS)))

    assert loop.run(runs()) == [WHOLE] * RUNS
