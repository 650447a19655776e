"""What can't be sent, and what is too large, is named: which global, attribute, item or argument it is."""

import functools
import pickle
import socket
import threading
import types

import pytest

import kt_jupyter as kt
from kt_jupyter.compute.functions.capture import Place, contents, pack, pack_value

# A bytearray's pages are the machine's only once they are written to.
BIG = bytearray(100_000_000)
LARGE = bytearray(11_000_000)
LOCK = threading.Lock()
MODEL = types.SimpleNamespace(layers=[types.SimpleNamespace(lock=LOCK)], size=3)
CONNECTIONS = {"db": (1, LOCK), 5: None}


class Own:
    lock = LOCK


class Stubborn:
    def __reduce__(self):
        raise RuntimeError("only the driver may have me")


STUBBORN = Stubborn()


def uses_lock():
    return LOCK


def closes_over():
    lock = LOCK

    def inner():
        return lock

    return inner


def has_default(x, lock=LOCK):
    return x, lock


def has_keyword_default(*, lock=LOCK):
    return lock


def with_attribute():
    return 1


with_attribute.lock = LOCK


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (uses_lock, "uses_lock cannot be sent to a pod: the global `LOCK` of `uses_lock` is a thread lock."),
        (lambda: [uses_lock()], "the global `LOCK` of `uses_lock`"),
        (lambda: MODEL, "the global `MODEL.layers[0].lock` of `<lambda>`"),
        (lambda: CONNECTIONS, 'the global `CONNECTIONS["db"][1]` of `<lambda>`'),
        (closes_over(), "the variable `lock` from around `inner`"),
        (has_default, "the default value of `lock` in `has_default`"),
        (has_keyword_default, "the default value of `lock` in `has_keyword_default`"),
        (with_attribute, "the attribute `lock` of `with_attribute`"),
        (Own, "the attribute `lock` of `Own`"),
        (functools.partial(uses_lock), "the global `LOCK` of `uses_lock`"),
        (functools.partial(len, MODEL), "`len.args[0].layers[0].lock` is a thread lock"),
        (lambda: STUBBORN, r"is a .*Stubborn \(only the driver may have me\)\."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_cannot_be_pickled_is_named_with_its_path(function, named):
    with pytest.raises(kt.NotPicklable, match=named.replace("[", r"\[") if "Stubborn" not in named else named):
        pack(function)


def test_an_argument_that_cannot_be_pickled_is_named():
    def f(first, second=None, *rest):
        return first, second, rest

    for args, kwargs, path in [
        ((1, {"a": LOCK}), {}, 'second["a"]'),
        ((1, 2, LOCK), {}, "args[2]"),
        ((1,), {"second": MODEL}, "second.layers[0].lock"),
        (((x for x in "ab"),), {}, "first"),
    ]:
        with pytest.raises(kt.NotPicklable, match="f cannot be called on a pod: the argument") as caught:
            pack(f, args, kwargs)
        assert caught.value.path == path


def test_a_variable_that_cannot_be_pickled_is_named():
    with socket.socket() as conn, pytest.raises(kt.NotPicklable) as caught:
        pack_value({"conn": conn}, "state")
    assert str(caught.value).startswith('state cannot be sent to a pod: the variable `state["conn"]` is a socket.')
    assert pickle.loads(pack_value([1], "state").payload) == [1]


def test_what_is_too_large_is_refused_with_its_name():
    with pytest.raises(kt.TooLarge, match=r"100 MB .* the global `BIG` of `<lambda>` \(bytearray, 95.4 Mi\)") as caught:
        pack(lambda: len(BIG))
    assert caught.value.name == "BIG"
    assert caught.value.size >= 100_000_000


def test_an_argument_may_be_as_large_as_it_likes():
    packed = pack(len, (BIG,))
    assert len(packed.payload) > 100_000_000
    assert packed.heavy == ()


def test_what_is_large_is_told_and_sent():
    packed = pack(lambda: len(LARGE))
    assert [str(content) for content in packed.heavy] == ["the global `LARGE` of `<lambda>` (bytearray, 10.5 Mi)"]
    assert pack(len, (LARGE,)).heavy == ()


def test_the_contents_of_a_function_are_listed_by_size():
    few, many = [1], list(range(1000))

    def helper(start=few):
        return start

    def f():
        return helper(), many, LOCK

    found = contents(f, Place("variable", "f"))
    assert [(content.place.path, content.type) for content in found] == [("many", "list"), ("start", "list")]


def test_packages_are_those_that_the_pod_needs():
    import cloudpickle
    import yaml
    from IPython.core import display

    def mentions():
        return yaml.safe_load("1")

    def imports():
        import os

        import does_not_exist.part
        from aiohttp import web

        try:
            import maybe
        except ImportError:
            maybe = None
        return os, does_not_exist, web, maybe

    def imports_at_times(x):
        if x:
            import torch
        return torch

    def imports_after(x):
        if x:
            return 1
        import torch

        return torch

    assert pack(mentions).packages == {"yaml"}
    assert pack(lambda: display.HTML).packages == {"IPython"}
    assert pack(imports).packages == {"does_not_exist", "aiohttp"}
    assert pack(imports_at_times).packages == pack(imports_after).packages == set()
    assert pack(lambda: cloudpickle.dumps, (LARGE,)).packages == set()
