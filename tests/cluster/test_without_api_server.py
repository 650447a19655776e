"""The API server dies by kill -9 under what one is doing, and is started again. Last by name: others feel it too."""

import os
import threading
from pathlib import Path

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS
from tests.cluster.computing import STARTS_WITHIN
from tests.cluster.sessions import Heard
from tests.cluster.workloads import claim
from tests.realcluster import restarting

RUN = os.environ.get("KT_TEST_CLUSTER")
NUMBERS = "import time\nfor i in range(300): print(i); time.sleep(0.03)"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def restart(cluster):
    """Kill the API server, and return when another one is ready."""
    if cluster.is_local:
        pytest.skip("the embedded cluster's pods are processes of its server and end with it")
    if not RUN:
        pytest.skip("this cluster's API server is not the tests' to kill: they have started none")
    return lambda: restarting.ask(Path(RUN), "apiserver")


@pytest.fixture
def meanwhile(restart):
    """The same, while the test goes on."""
    running = []

    def begin():
        running.append(threading.Thread(target=restart))
        running[-1].start()

    yield begin
    for thread in running:
        thread.join()


def test_a_cell_goes_on_and_no_line_is_lost_and_none_comes_twice(sessions, meanwhile):
    session, heard, killed = sessions.start(), Heard(), threading.Event()

    def hear(event):
        heard(event)
        if "\n5\n" in heard.text() and not killed.is_set():
            killed.set()
            meanwhile()

    assert session.start_cell(NUMBERS).follow(hear).status == "ok"
    assert heard.text() == "".join(f"{i}\n" for i in range(300))
    assert [kind for kind in heard.kinds() if kind.startswith("Reconnect")][:2] == ["Reconnecting", "Reconnected"]


def test_a_function_returns_its_value(computes, restart):
    def twice(number):
        import time

        time.sleep(3)
        return 2 * number

    call = kt.fn(twice).to(computes.start()).submit(21)
    restart()
    assert call.result(60) == 42


def test_the_next_cell_finds_its_variables(computes, restart):
    compute = computes.start()
    compute.start_cell("kept = 41").wait(30)
    restart()
    texts = []
    compute.start_cell("print(kept + 1)").follow(lambda event: texts.append(getattr(event, "text", "")))
    assert "".join(texts) == "42\n"


def test_a_compute_that_is_starting_starts(computes, meanwhile):
    compute, said = computes.describe(), []

    def progress(line):
        if not said:
            meanwhile()
        said.append(line)

    compute.start(timeout=STARTS_WITHIN + 60, progress=progress)
    assert compute.status().state.lives


def test_a_terminal_is_the_same_shell(shell_pod, attach, restart):
    terminal = attach(shell_pod())
    terminal.shows("the banner")
    terminal.enter("kept=21; echo set-$((1 + 1))")
    terminal.shows("set-2")
    restart()
    terminal.shows("the same shell")
    terminal.enter("echo kept-$((kept * 2))")
    terminal.shows("kept-42")


def test_a_watch_hears_of_what_comes_after(cluster, namespace, restart):
    with cluster.watch(CLAIMS, namespace=namespace) as watch:
        assert list(watch.initial()) == []
        restart()
        cluster.create(CLAIMS, claim("after"), namespace=namespace)
        assert watch.next(timeout=60).object["metadata"]["name"] == "after"
