"""The I/O thread: interrupted, forked, ended."""

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from kt_jupyter.kube import CLAIMS, connect, loop, session
from tests.client.scripted import EMPTY, Answer, Hold


def test_ctrl_c_ends_a_call_and_its_connection(server, configured):
    """A real SIGINT, sent when the server has the request and keeps it waiting."""

    def keep_waiting(_):
        os.kill(os.getpid(), signal.SIGINT)
        return Answer(parts=[Hold()])

    server.answer = keep_waiting
    cluster = configured()
    with pytest.raises(KeyboardInterrupt):
        cluster.list(CLAIMS)
    assert server.gone.wait(5)
    server.answer = lambda _: EMPTY
    assert cluster.list(CLAIMS) == []


# Ctrl-C may come before `run` has been entered: the work is then nobody's.
@pytest.mark.filterwarnings("ignore:.*Queue.get:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine 'Queue.get' was never awaited")
@pytest.mark.timeout(60, method="thread")  # the other method needs the timer
def test_ctrl_c_at_whatever_moment_leaves_no_work_behind_that_takes_what_the_next_one_waits_for(alarm):
    queue = loop.run(_queue())
    for microseconds in [*range(1, 120)] * 10:
        with pytest.raises(KeyboardInterrupt), alarm(microseconds):
            loop.run(queue.get())
        loop.call_soon(lambda: queue.put_nowait("taken"))
        assert loop.run(queue.get(), timeout=5) == "taken"


async def _queue():
    return asyncio.Queue()


@pytest.fixture
def alarm():
    """Raise KeyboardInterrupt after so many microseconds, as SIGINT does; and again, if a destructor swallowed it."""

    @contextlib.contextmanager
    def within(microseconds):
        try:
            signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6, 1)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield within
    signal.signal(signal.SIGALRM, before)


def test_a_call_from_the_loops_own_thread_is_an_error_and_not_a_standstill(server, configured):
    cluster = configured()

    async def call():
        return cluster.list(CLAIMS)

    with pytest.raises(RuntimeError, match="on the kt-io thread"):
        loop.run(call())


def test_calls_of_many_threads_share_the_loop(server, configured):
    server.answer = lambda _: EMPTY
    cluster, results = configured(), []
    threads = [threading.Thread(target=lambda: results.append(cluster.list(CLAIMS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[]] * 8


def test_a_cluster_goes_on_after_the_loop_was_ended(server, configured):
    server.answer = lambda _: EMPTY
    cluster = configured()
    cluster.list(CLAIMS)
    loop.stop()
    assert cluster.list(CLAIMS) == []
    assert server.connections == 2


def test_a_watch_does_not_outlive_its_loop(server, configured):
    server.answer = lambda seen: Answer(parts=[Hold()]) if "watch" in seen.query else EMPTY
    with configured().watch(CLAIMS) as events:
        loop.stop()
        with pytest.raises(RuntimeError, match="a loop that has ended"):
            events.next(1)


def script(body, kubeconfig):
    """Run a program of its own with warnings as errors, and return what it printed."""
    head = f"""
        import os, sys
        from kt_jupyter.kube import CLAIMS, connect, loop
        cluster = connect(kubeconfig={str(kubeconfig)!r})
    """
    program = textwrap.dedent(head) + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_parent_and_child_both_go_on_after_a_fork(server, write_kubeconfig):
    server.answer = lambda _: EMPTY
    body = """
        cluster.list(CLAIMS)
        child = os.fork()
        if child == 0:
            print("child", len(cluster.list(CLAIMS)), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        print("parent", len(cluster.list(CLAIMS)))
    """
    assert script(body, write_kubeconfig(server.url)) == ["child", "0", "parent", "0"]
    assert server.connections == 2
    assert server.requests[0].connection == server.requests[2].connection


def test_a_program_that_ends_says_nothing_about_what_it_left_open(server, write_kubeconfig):
    server.answer = lambda seen: Answer(parts=[Hold()]) if "watch" in seen.query else EMPTY
    body = """
        cluster.subscribe(CLAIMS, lambda batch: None)
        watch = cluster.watch(CLAIMS).__enter__()
        print(len(cluster.list(CLAIMS)))
    """
    assert script(body, write_kubeconfig(server.url)) == ["0"]


def test_importing_loads_no_library_that_a_call_needs():
    heavy = {"httpcore2", "anyio", "yaml", "kubernetes", "aiohttp", "ipywidgets", "IPython"}
    program = f"import sys, kt_jupyter.kube; print(sorted({heavy!r} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_cluster_that_nobody_holds_closes_its_connection(server, write_kubeconfig):
    server.answer = lambda _: EMPTY
    cluster = connect(kubeconfig=write_kubeconfig(server.url))
    cluster.list(CLAIMS)
    session.reset()
    del cluster
    gc.collect()
    assert server.gone.wait(5)
