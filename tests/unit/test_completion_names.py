"""The cache behind Tab: it never waits for a cluster, and never says why not."""

import time
from concurrent.futures import Future

from kt_jupyter.errors import ClusterUnreachable, Forbidden
from kt_jupyter.notebook.completion.names import Names


def answered(names):
    future = Future()
    future.set_result(names)
    return future


def refused(error):
    future = Future()
    future.set_exception(error)
    return future


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self):
        return self.now


def test_names_that_arrive_at_once_are_offered():
    assert Names(lambda kind, namespace: answered([kind, str(namespace)]))("volume", "a") == ["volume", "a"]


def test_a_cluster_that_never_answers_costs_less_than_300_ms():
    names = Names(lambda *_: Future())
    begin = time.perf_counter()
    assert names("volume", None) == []
    assert time.perf_counter() - begin < 0.3


def test_an_answer_that_came_late_is_there_for_the_next_tab():
    slow = Future()
    names = Names(lambda *_: slow)
    assert names("volume", None) == []
    slow.set_result(["my-data"])
    assert names("volume", None) == ["my-data"]


def test_while_a_refresh_is_slow_the_names_known_before_are_offered():
    clock, answers = Clock(), [answered(["old"]), Future()]
    names = Names(lambda *_: answers.pop(0), clock=clock)
    names("volume", None)
    clock.now += 60
    assert names("volume", None) == ["old"]


def test_fresh_names_are_not_asked_for_again():
    asked = []
    names = Names(lambda *what: asked.append(what) or answered(["my-data"]))
    assert names("volume", None) == names("volume", None)
    assert asked == [("volume", None)]


def test_after_forgetting_the_cluster_is_asked_again():
    answers = [answered(["old"]), answered(["new"])]
    names = Names(lambda *_: answers.pop(0))
    names("volume", None)
    names.forget()
    assert names("volume", None) == ["new"]


def test_names_of_another_cluster_are_not_offered():
    scopes = ["kind-dev", "kind-dev", "prod"]
    answers = [answered(["my-data"]), answered([])]
    names = Names(lambda *_: answers.pop(0), scope=lambda: scopes.pop(0))
    assert [names("volume", None) for _ in range(3)] == [["my-data"], ["my-data"], []]


def test_without_rights_nothing_is_offered_and_nothing_is_said(capsys):
    assert Names(lambda *_: refused(Forbidden("you may not")))("volume", None) == []
    assert capsys.readouterr() == ("", "")


def test_an_unreachable_cluster_is_left_in_peace_for_a_while():
    asked = []
    names = Names(lambda *what: asked.append(what) or refused(ClusterUnreachable("no answer")))
    assert [names("volume", None), names("volume", None)] == [[], []]
    assert len(asked) == 1


def test_without_anybody_to_ask_nothing_is_offered():
    assert Names(lambda *_: None)("volume", None) == []
