"""How calls end that do not simply return: stopped by hand, with their pod, or while nobody was connected."""

import contextlib
import gc
import hashlib
import time

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import PODS, loop
from tests.cluster.computing import printed
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("namespace")


@pytest.fixture
def compute(computes):
    return computes.start(name="functions")


def busy():
    try:
        print("begun")
        while True:
            time.sleep(0.05)
    finally:
        print("cleaned up")


def stubborn():
    print("begun")
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(60)


def test_stop_interrupts_the_function_in_its_pod(compute, voice, capsys):
    with voice.stop_on("begun"), pytest.raises(KeyboardInterrupt) as caught:
        kt.fn(busy).to(compute)()
    assert "cleaned up" in capsys.readouterr().out
    assert "time.sleep(0.05)" in str(caught.value.__cause__)
    assert kt.fn(len).to(compute)("it still runs") == 13


def test_a_second_stop_ends_a_function_that_does_not_heed_the_first(compute, voice):
    with voice.stop_on("begun", times=2), pytest.raises(KeyboardInterrupt):
        kt.fn(stubborn).to(compute)()
    assert kt.fn(len).to(compute)("it still runs") == 13


def test_a_loop_that_is_stopped_ends_the_generator(compute, voice):
    def endless():
        try:
            print("begun")
            while True:
                time.sleep(0.05)
                yield 1
        finally:
            print("closed")

    items = kt.fn(endless).to(compute)()
    with voice.stop_on("begun"), pytest.raises(KeyboardInterrupt), items:
        for _ in items:  # Stop may come between two items, where only the block sees it
            pass
    assert items.call.logs(follow=True).endswith("closed\n")


LIMIT = """
import os, resource
family, hard = [os.getppid()], resource.getrlimit(resource.RLIMIT_NPROC)[1]
for pid in family:
    with open(f"/proc/{{pid}}/task/{{pid}}/children") as children:
        family += map(int, children.read().split())
    resource.prlimit(pid, resource.RLIMIT_NPROC, ({most}, hard))
try:
    os.fork() or os._exit(0)
except BlockingIOError:
    print("full")
"""


def test_where_there_is_no_room_for_a_process_a_call_says_so_and_the_next_one_runs(compute):
    if printed(compute, LIMIT.format(most=1)) != "full\n":
        pytest.skip("the pods of this cluster belong to this machine's root, for whom this limit does not hold")
    with pytest.raises(
        kt.CallEnded, match=f"abs on pod {compute.pod} was not run: the pod has as many processes"
    ) as told:
        kt.fn(abs).to(compute)(-3)
    assert told.value.reason == "not started"
    printed(compute, LIMIT.format(most="hard"))
    assert kt.fn(abs).to(compute)(-3) == 3


def test_a_deleted_pod_is_said_with_its_reason_within_three_seconds(compute, cluster, namespace):
    call = kt.fn(busy).to(compute).submit()
    eventually(lambda: "begun" in call.logs())
    cluster.delete(PODS, compute.pod, namespace=namespace)
    deleted = time.monotonic()
    with pytest.raises(kt.SessionEnded) as caught:
        call.result(30)
    assert time.monotonic() - deleted < 3
    assert caught.value.reason == "deleted"
    assert "deleted" in str(caught.value)
    assert call.state == "pod ended"


def test_a_call_outlives_the_connection(compute):
    """Every stream of this kernel is cut, again and again, while the call prints and works."""

    def work():
        for number in range(200):
            print(f"line {number}")
            time.sleep(0.01)
        return b"x" * 5_000_000

    call = kt.fn(work).to(compute).submit()
    for _ in range(5):
        time.sleep(0.3)
        loop.run(cut(compute))
    assert hashlib.sha256(call.result(60)).hexdigest() == hashlib.sha256(b"x" * 5_000_000).hexdigest()
    assert call.logs() == "".join(f"line {number}\n" for number in range(200))


async def cut(compute):
    link = compute.session()._talk._link
    if link is not None:
        link.abort()


def test_calls_that_run_when_the_kernel_leaves_go_on(compute, computes):
    kt.fn(time.sleep).to(compute).submit(60)
    compute.close()
    again = computes.start(name="functions")
    assert [work.label for work in again.session().works() if work.state == "running"] == ["sleep"]


def test_a_generator_that_nobody_holds_any_more_is_ended(compute):
    def endless():
        while True:
            yield time.sleep(0.05)

    items = kt.fn(endless).to(compute)()
    next(items)
    del items
    gc.collect()
    eventually(lambda: all(work.state == "done" for work in compute.session().works()))
