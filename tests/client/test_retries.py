"""Sent again, when that is safe, and for as long as was said."""

import pytest

from kt_jupyter.errors import OutcomeUnknown, ServerBusy
from kt_jupyter.kube import CLAIMS
from kt_jupyter.kube.limits import Limits
from tests.client.scripted import EMPTY, Answer, Cut, failure

MADE = Answer({"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}}, status=201)


def first(*answers):
    """Answer the first requests with these, and all after them with the last."""
    waiting = list(answers)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Answer(cut=True), id="the connection breaks"),
        pytest.param(Answer(parts=[b'{"items": [', Cut()]), id="the answer breaks off"),
        pytest.param(failure(429, "TooManyRequests"), id="429"),
        pytest.param(failure(500, "InternalError", "etcdserver: leader changed"), id="500"),
        pytest.param(Answer(b"<html>Bad Gateway</html>", status=502), id="502"),
        pytest.param(failure(503, "ServiceUnavailable"), id="503"),
        pytest.param(failure(504, "Timeout"), id="504"),
    ],
)
def test_a_read_is_repeated(server, configured, refusal):
    server.answer = first(refusal, EMPTY)
    assert configured().list(CLAIMS) == []
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [429, 503])
def test_a_change_is_repeated_when_the_server_refused_before_acting(server, configured, code):
    refusal = failure(code, "TooManyRequests")
    refusal.headers["Retry-After"] = "0"
    server.answer = first(refusal, MADE)
    assert configured().create(CLAIMS, {"metadata": {"name": "data"}})["metadata"]["name"] == "data"
    assert [seen.method for seen in server.requests] == ["POST", "POST"]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda cluster: cluster.create(CLAIMS, {"metadata": {"name": "data"}}), id="create"),
        pytest.param(lambda cluster: cluster.patch(CLAIMS, "data", {}), id="patch"),
        pytest.param(lambda cluster: cluster.delete(CLAIMS, "data"), id="delete"),
    ],
)
@pytest.mark.parametrize("answer", [Answer(cut=True), Answer(parts=[b'{"kind', Cut()])], ids=["no answer", "half"])
def test_a_change_that_may_have_been_made_is_sent_once(server, configured, call, answer):
    server.answer = lambda _: answer
    with pytest.raises(OutcomeUnknown, match="it may or may not have been done") as caught:
        call(configured())
    assert caught.value.remedy == "Look whether it was before you repeat it."
    assert len(server.requests) == 1


def test_a_change_that_a_proxy_answered_for_the_server_is_sent_once(server, configured):
    server.answer = lambda _: failure(503, "ServiceUnavailable")
    with pytest.raises(ServerBusy):
        configured().create(CLAIMS, {})
    assert len(server.requests) == 1


def test_a_change_is_sent_again_when_an_idle_connection_had_been_closed(server, configured, caplog):
    answer = Answer(MADE.body, close=True)
    server.answer = lambda _: answer
    cluster = configured()
    for _ in range(20):
        cluster.create(CLAIMS, {"metadata": {"name": "data"}})
        assert server.gone.wait(10)  # else the next one may be on its way when the connection ends
        server.gone.clear()
    assert len(server.requests) == 20
    assert caplog.records == []


def test_a_question_is_repeated_although_its_form_is_a_create(server, configured):
    server.answer = first(Answer(cut=True), Answer({"status": {"resourceRules": [], "incomplete": False}}))
    assert not configured().rights().allows("get", CLAIMS)


def test_the_server_is_waited_for_as_long_as_it_asks_and_not_longer_than_was_said(server, configured):
    refusal = failure(429, "TooManyRequests", "too many requests, please try again later")
    refusal.headers["Retry-After"] = "1"
    server.answer = lambda _: refusal
    with pytest.raises(ServerBusy, match=r"too busy for `list` .* after 1 s of waiting as it asked") as caught:
        configured(limits=Limits(busy=1.5)).list(CLAIMS)
    assert caught.value.server == "too many requests, please try again later"
    assert len(server.requests) == 2


def test_a_long_wait_is_announced(server, configured, capfd, monkeypatch):
    monkeypatch.setattr("kt_jupyter.kube.api._PATIENT", 1.0)
    refusal = failure(429, "TooManyRequests")
    refusal.headers["Retry-After"] = "1"
    server.answer = first(refusal, EMPTY)
    configured(limits=Limits()).list(CLAIMS)
    assert "here asks to wait 1 s; Ctrl-C stops, 30 s is the end." in capfd.readouterr().err
