"""What several ranks do, told as one: whole lines, each with its rank."""

import pytest

from kt_jupyter.compute.session import Display, Done, Reconnecting, Result, Stopping, Text
from kt_jupyter.compute.session.lanes import Lanes, marked


@pytest.fixture
def told():
    """Tell events of ranks one after the other; what is made of them."""
    lanes = Lanes()
    return lambda *events: [each for rank, event in events for each in lanes.told(rank, event)]


def out(text):
    return Text("stdout", text)


def test_a_line_waits_until_it_is_whole(told):
    assert told((0, out("epo")), (1, out("epoch 1\n")), (0, out("ch 1\nep"))) == [
        out("[1] epoch 1\n"),
        out("[0] epoch 1\n"),
    ]


def test_what_is_left_comes_at_the_end_of_its_rank(told):
    assert told((0, out("a")), (1, out("b")), (1, Done("x", "ok"))) == [out("[1] b\n")]


def test_the_streams_of_a_rank_are_told_apart(told):
    assert told((0, out("a")), (0, Text("stderr", "b\n")), (0, out("c\n"))) == [
        Text("stderr", "[0] b\n"),
        out("[0] ac\n"),
    ]


def test_a_line_without_end_is_not_waited_for(told):
    (long,) = told((2, out("x" * 10_000)))
    assert long.text == f"[2] {'x' * 10_000}\n"


def test_a_bar_is_shown_as_it_last_was(told):
    assert told((0, out("10%\r50%\r")), (0, out("100%\n"))) == [out("[0] 100%\n")]


def test_displays_are_rank_0s_and_text_for_the_others(told):
    plot = Display({"image/png": "…", "text/plain": "<Figure>"})
    assert told((0, plot), (1, plot)) == [plot, out("[1] <Figure>\n")]
    assert told((1, Result({"text/plain": "42"}))) == [out("[1] 42\n")]


def test_a_stop_is_told_once_and_a_lost_connection_with_its_rank(told):
    stopping = Stopping("interrupt")
    assert told((0, stopping), (1, stopping), (1, Reconnecting("reset"))) == [stopping, Reconnecting("rank 1: reset")]


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("a", "[7] a\n"), ("a\n\nb\r\n", "[7] a\n[7] \n[7] b\n")])
def test_each_line_is_marked(text, shown):
    assert marked(text, 7) == shown
