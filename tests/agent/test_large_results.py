"""Large results: sent while they are pickled."""

import builtins
import os
import pickle

import pytest

LARGE = 1 << 24


def large_with(reduce):
    """A call that gives much, and after it something that is pickled by an expression."""
    value = f"[bytes({LARGE}), type('Last', (), {{'__reduce__': lambda self: {reduce}}})()]"
    return pickle.dumps((builtins.eval, (value,), {}), protocol=5)


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "go on"
    os.mkfifo(path)
    return path


def waits_for(fifo):
    return large_with(f"(open({str(fifo)!r}).read(), (int, ()))[1]")


def hear_the_large_part(client, work):
    client.until(lambda: len(client.blobs.get(work, b"")) >= LARGE or None)


def test_what_is_pickled_arrives_while_the_rest_is_not(client, fifo):
    work = client.start("call", waits_for(fifo))
    hear_the_large_part(client, work)
    fifo.write_text("")
    assert client.wait(work)["status"] == "ok"
    assert pickle.loads(client.blobs[work]) == [bytes(LARGE), 0]


def test_who_comes_back_in_the_middle_goes_on_from_there(everywhere, client, fifo):
    work = client.start("call", waits_for(fifo))
    hear_the_large_part(client, work)
    client.raw.close()
    with everywhere.client() as again:
        again.blobs[work] = client.blobs[work][: LARGE // 3]
        again.ask(ask="attach", id=work.hex(), blob=LARGE // 3)
        fifo.write_text("")
        assert again.wait(work)["status"] == "ok"
        assert pickle.loads(again.blobs[work]) == [bytes(LARGE), 0]


def test_a_value_whose_end_cannot_be_pickled_is_an_error_though_its_beginning_was_sent(client):
    ran = client.call(large_with("1 / 0"))
    assert (ran.status, ran.done["phase"]) == ("error", "result")
    assert "result[1]: ZeroDivisionError" in ran.done["error"]["evalue"]
    assert pickle.loads(client.call(pickle.dumps((abs, (-1,), {}))).blob) == 1


def test_of_a_process_that_dies_over_its_result_nothing_is_kept(everywhere, client):
    work = client.start("call", large_with("__import__('os').kill(__import__('os').getpid(), 9)"))
    done = client.until(lambda: next(iter(client.of(work, "done")), None))
    assert (done["status"], done["blob"]["size"]) == ("crashed", 0)
    assert not (everywhere.directory / f"{work.hex()}.out").exists()
    assert pickle.loads(client.call(pickle.dumps((abs, (-1,), {}))).blob) == 1


def test_variables_of_a_cell_are_sent_as_they_are_pickled_too(client):
    ran = client.cell(f"a, b = b'a' * {LARGE}, b'b' * {LARGE}", outputs=["a", "lost", "b"])
    values = {name: pickle.loads(ran.blob[start : start + size]) for name, start, size in ran.done["values"]}
    assert values == {"a": b"a" * LARGE, "b": b"b" * LARGE}
    assert [each["name"] for each in ran.done["problems"]] == ["lost"]
