"""A function on a pod behaves as if it ran here: what it prints, returns and raises comes back."""

import asyncio
import concurrent.futures
import functools
import hashlib
import importlib
import json
import os
import pathlib
import sys
import time
import uuid

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import adopt

RATE = 0.5


@pytest.fixture(scope="module")
def compute(cluster, shared_namespace):
    """A compute that all tests here share, in a namespace of its own."""
    adopt(cluster.with_namespace(shared_namespace))
    with kt.Compute(cpus=0.5, memory="512Mi", name="functions") as made:
        yield made


@pytest.fixture
def on_pod(compute):
    """Send a function to the compute."""
    return lambda function, **options: kt.fn(function).to(compute, **options)


def scaled(x):
    return x * RATE


@functools.lru_cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


class Model:
    def __init__(self, size=1):
        self.size = size

    def fit(self, *, steps):
        return Model(self.size + steps)


class OddError(Exception):
    def __init__(self, number, *, why):
        super().__init__(f"{number} is odd: {why}")
        self.number = number
        self.why = why


def test_it_returns_what_it_returns_and_takes_its_globals_along(on_pod):
    offset = 1
    assert on_pod(lambda x: scaled(x) + offset)(4) == 3


def test_it_runs_on_the_pod(on_pod, compute):
    import socket

    assert on_pod(socket.gethostname)() == compute.pod
    assert on_pod(lambda: os.environ.get("KT_TEST_ONLY_HERE"))() is None


def test_what_it_prints_is_shown_as_it_comes_both_streams_apart(on_pod, capsys):
    def speak():
        print("to output")
        print("to errors", file=sys.stderr)
        return "said"

    assert on_pod(speak)() == "said"
    shown = capsys.readouterr()
    assert shown.out == "to output\n"
    assert "to errors\n" in shown.err
    assert on_pod(speak, logs=False)() == "said"
    assert capsys.readouterr().out == ""


def test_methods_classes_partials_and_cached_functions_run(on_pod):
    assert on_pod(Model(2).fit)(steps=3).size == 5
    assert isinstance(on_pod(Model)(7), Model)
    assert on_pod(functools.partial(scaled, 8))() == 4
    assert on_pod(fibonacci)(30) == 832040


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A module of one's own, as it lies beside a notebook, that uses another one."""
    (tmp_path / "kt_rates.py").write_text("RATE = 3\n")
    (tmp_path / "kt_beside.py").write_text(
        "import json\nimport kt_rates\n\nclass Model:\n    def __init__(self, size):\n        self.size = size\n\n"
        "def scaled(x):\n    return json.dumps(x * kt_rates.RATE)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("kt_beside")
    for name in ("kt_beside", "kt_rates"):
        del sys.modules[name]


def test_a_module_of_ones_own_goes_along_as_it_is_now_and_an_installed_one_does_not(on_pod, beside, monkeypatch):
    assert on_pod(beside.scaled)(2) == "6"
    assert on_pod(lambda: beside.Model(7))().size == 7
    monkeypatch.setattr(beside.kt_rates, "RATE", 4)
    monkeypatch.setattr(json, "kt_set_here", True, raising=False)
    assert on_pod(lambda: (beside.scaled(2), hasattr(json, "kt_set_here")))() == ("8", False)


def test_a_coroutine_function_is_awaited_there(on_pod):
    async def later(x):
        await asyncio.sleep(0.01)
        return x + 1

    assert on_pod(later)(1) == 2


def test_an_exception_is_raised_here_with_its_type(on_pod):
    def divide(x):
        return 1 / x

    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        on_pod(divide)(0)
    assert "in divide" in str(caught.value.__cause__) or "divide" in str(caught.value.__cause__)
    assert "return 1 / x" in str(caught.value.__cause__)


def test_an_exception_of_ones_own_keeps_its_attributes_or_is_told_as_text(on_pod):
    def check(number):
        raise OddError(number, why="it is")

    with pytest.raises(kt.RemoteError, match="OddError: 3 is odd: it is") as caught:
        on_pod(check)(3)
    assert caught.value.type_name == "OddError"
    assert "in check" in caught.value.traceback or "check" in caught.value.traceback


def test_calls_do_not_spoil_each_other_unless_they_share_a_process(on_pod):
    def count():
        import builtins

        builtins.kt_seen = getattr(builtins, "kt_seen", 0) + 1
        return builtins.kt_seen

    assert [on_pod(count)() for _ in range(2)] == [1, 1]
    assert [on_pod(count, shared=True)() for _ in range(2)] == [1, 2]


def test_a_process_that_ends_itself_is_an_error_and_the_next_call_runs(on_pod):
    with pytest.raises(kt.CallEnded, match="exit code 3") as caught:
        on_pod(os._exit)(3)
    assert (caught.value.reason, caught.value.exit_code) == ("exited", 3)
    with pytest.raises(kt.CallEnded, match="signal 11") as caught:
        on_pod(lambda: os.kill(os.getpid(), 11))()
    assert caught.value.signal == 11
    assert on_pod(scaled)(2) == 1


def test_a_call_that_takes_too_long_is_interrupted(on_pod):
    with pytest.raises(kt.CallTimeout, match=r"0\.3 s"):
        on_pod(time.sleep, timeout=0.3)(60)


def test_large_arguments_and_results_arrive_whole(on_pod):
    data = os.urandom(1 << 20) * 30

    def back(data):
        return hashlib.sha256(data).hexdigest(), data[::-1]

    digest, reverse = on_pod(back)(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert reverse == data[::-1]


def test_hundreds_of_megabytes_come_whole(computes):
    def made():
        import hashlib
        import random

        data = random.Random(7).randbytes(250_000_000)
        return hashlib.sha256(data).hexdigest(), data

    digest, data = kt.fn(made).to(computes.describe(memory="1Gi"))()
    assert hashlib.sha256(data).hexdigest() == digest


def test_a_result_that_cannot_be_sent_back_is_named(on_pod):
    def lock():
        import threading

        return {"ok": 1, "lock": threading.Lock()}

    with pytest.raises(kt.NotPicklable, match=r"what lock returned cannot be sent back .*lock"):
        on_pod(lock)()


def test_a_package_that_the_image_lacks_is_named_before_anything_runs(on_pod, capsys):
    def uses():
        print("began")
        import kt_no_such_package

        return kt_no_such_package

    with pytest.raises(kt.PackageMissing, match="needs the package kt_no_such_package") as caught:
        on_pod(uses)()
    assert caught.value.packages == ("kt_no_such_package",)
    assert "began" not in capsys.readouterr().out


def test_a_function_that_cannot_be_sent_starts_nothing(namespace):
    import threading

    lock = threading.Lock()
    compute = kt.Compute(name="never")
    with pytest.raises(kt.NotPicklable, match="variable `lock` from around"):
        kt.fn(lambda: lock).to(compute)()
    assert compute.status().state.name == "ABSENT"


# ---- futures


def test_a_submitted_call_is_a_future(on_pod):
    def work(x):
        print("working")
        return x + 1

    call = on_pod(work).submit(1)
    assert isinstance(call, concurrent.futures.Future)
    seen = []
    call.add_done_callback(seen.append)
    assert concurrent.futures.wait([call], timeout=30).done == {call}
    assert (call.result(), call.exception(), call.done(), call.running()) == (2, None, True, False)
    assert call.logs() == "working\n"
    assert seen == [call]
    assert call.state == "returned"


def test_a_submitted_call_that_raises_has_the_exception(on_pod):
    call = on_pod(int).submit("x")
    assert isinstance(call.exception(30), ValueError)
    with pytest.raises(ValueError, match="invalid literal"):
        call.result()
    assert call.state == "raised"


def test_a_call_can_be_awaited(on_pod):
    async def both():
        return await asyncio.gather(on_pod(scaled).submit(2), on_pod(scaled).submit(4))

    assert asyncio.run(both()) == [1, 2]


def test_the_log_of_a_running_call_is_what_it_has_printed_so_far(on_pod, tmp_path):
    def wait():
        print("begun")
        time.sleep(60)

    call = on_pod(wait).submit()
    with pytest.raises(TimeoutError):
        call.result(0.2)
    deadline = time.monotonic() + 20
    while call.logs() != "begun\n":
        assert time.monotonic() < deadline
    assert call.running()
    assert call.cancel()
    assert call.cancelled()


def test_a_cancelled_call_is_interrupted_there_and_cleans_up(on_pod):
    def work():
        try:
            print("begun")
            time.sleep(60)
        finally:
            print("cleaned up")

    call = on_pod(work).submit()
    while "begun" not in call.logs():
        assert call.running()
    assert call.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        call.result()
    assert call.logs(follow=True) == "begun\ncleaned up\n"
    assert not call.cancel() or call.state == "cancelled"


# ---- many


def test_map_gives_results_in_order_and_runs_so_many_at_once(on_pod):
    sign = f"/tmp/{uuid.uuid4().hex}"  # of the last call, for which the first one waits

    def work(x):
        if x == 15:
            pathlib.Path(sign).touch()
        deadline = time.time() + 30
        while x == 0 and not pathlib.Path(sign).exists() and time.time() < deadline:
            time.sleep(0.01)
        return x * 10, pathlib.Path(sign).exists()

    results = list(on_pod(work).map(range(16), at_once=2))
    assert [value for value, _ in results] == list(range(0, 160, 10))
    assert results[0][1]  # it held up no others


def test_map_stops_at_the_first_exception_or_gives_them_all(on_pod):
    assert list(on_pod(int).map(["1", "2"])) == [1, 2]
    with pytest.raises(ValueError, match="invalid literal"):
        list(on_pod(int).map(["1", "x", "2"]))
    found = list(on_pod(int).map(["1", "x"], return_exceptions=True))
    assert found[0] == 1
    assert isinstance(found[1], ValueError)
    assert list(on_pod(pow).map([2, 3], [3, 2])) == [8, 9]


# ---- items


def test_a_generators_items_come_one_by_one(on_pod, capsys):
    def epochs(n):
        for number in range(n):
            print("epoch", number)
            yield {"epoch": number}

    items = on_pod(epochs)(3)
    assert next(items) == {"epoch": 0}
    assert list(items) == [{"epoch": 1}, {"epoch": 2}]
    assert capsys.readouterr().out == "epoch 0\nepoch 1\nepoch 2\n"


def test_an_async_generators_items_come_too(on_pod):
    async def ticks():
        for number in range(3):
            await asyncio.sleep(0)
            yield number

    assert list(on_pod(ticks)()) == [0, 1, 2]


def test_an_exception_in_a_generator_comes_after_its_items(on_pod):
    def some():
        yield 1
        raise KeyError("no more")

    items = on_pod(some)()
    assert next(items) == 1
    with pytest.raises(KeyError, match="no more"):
        next(items)


def test_leaving_a_generator_ends_it_there(on_pod):
    def endless():
        try:
            while True:
                yield 1
                time.sleep(0.01)
        finally:
            print("closed")

    items = on_pod(endless)()
    assert next(items) == 1
    items.close()
    assert items.call.logs(follow=True).endswith("closed\n")


def test_a_submitted_generator_gives_the_list_of_its_items(on_pod):
    def several(n):
        yield from range(n)

    assert on_pod(several).submit(3).result(30) == [0, 1, 2]
