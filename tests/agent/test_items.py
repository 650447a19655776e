"""What a generator yields in a pod comes one by one, in order with what it prints; or as a list."""

import asyncio
import pickle
import sys
import threading

import pytest

from kt_jupyter.compute.functions.capture import pack
from tests.agent.driver import Agent


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    directory = tmp_path_factory.mktemp("agent") / "kt"
    with Agent(sys.executable, directory) as agent, agent.client() as made:
        yield made


def several(n):
    for number in range(n):
        print("before", number)
        yield number


async def several_later(n):
    for number in range(n):
        await asyncio.sleep(0)
        print("before", number)
        yield number


def run(client, function, *args, **request):
    return client.call(pack(function, args).payload, **request)


@pytest.mark.parametrize("function", [several, several_later])
def test_items_come_between_the_lines_that_are_printed(client, function):
    ran = run(client, function, 2, items=True)
    seen = [(kind, pickle.loads(content) if kind == "item" else content) for kind, content in ran.events[1:-1]]
    assert seen == [("stdout", "before 0\n"), ("item", 0), ("stdout", "before 1\n"), ("item", 1)]
    assert ran.status == "ok"


@pytest.mark.parametrize("function", [several, several_later])
def test_without_items_the_result_is_their_list(client, function):
    ran = run(client, function, 3)
    assert pickle.loads(ran.blob) == [0, 1, 2]


def test_an_item_that_cannot_be_pickled_is_named_and_the_generator_closed(client):
    def some():
        try:
            yield 1
            yield {"lock": threading.Lock()}
        finally:
            print("closed")

    ran = run(client, some, items=True)
    assert (ran.status, ran.done["phase"]) == ("error", "result")
    assert ran.done["error"]["evalue"].startswith("item['lock']: TypeError")
    assert ran.stdout == "closed\n"


def test_an_exception_comes_after_the_items_before_it(client):
    def some():
        yield 1
        raise KeyError("no more")

    ran = run(client, some, items=True)
    assert [kind for kind, _ in ran.events] == ["started", "item", "error", "done"]
    assert pickle.loads(ran.events[1][1]) == 1


def test_an_interrupted_generator_cleans_up(client):
    def endless():
        try:
            while True:
                print("on")
                yield bytes(100_000)
        finally:
            print("closed")

    work = client.start("call", pack(endless).payload, items=True)
    client.printed(work, "on")
    client.stop(work)
    assert client.wait(work)["status"] == "interrupted"
    assert client.text(work).endswith("closed\n")
