"""What a watch tells is the truth, whatever happens to the wire."""

import itertools
import threading

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kt_jupyter.errors import ClusterUnreachable, Forbidden, NotFound
from kt_jupyter.kube import CLAIMS, List
from kt_jupyter.kube.limits import Limits
from tests.client.scripted import Answer, Cut, Hold, failure
from tests.client.truth import Truth, bookmark, error, kick, line, too_old

# Each fault is given the lines a healthy server would send, and the truth.


def dropped_at(position):
    """The connection breaks after so many bytes."""
    return lambda lines, _: Answer(parts=[b"".join(lines)[:position], Cut()])


def in_pieces(size):
    """Lines arrive in pieces of so many bytes, then the server ends the watch in good order."""

    def fault(lines, _):
        whole = b"".join(lines)
        return Answer(parts=[whole[start : start + size] for start in range(0, len(whole), size)])

    return fault


FAULTS = st.one_of(
    st.integers(0, 2000).map(dropped_at),
    st.integers(1, 40).map(in_pieces),
    st.sampled_from(
        [
            lambda lines, truth: too_old(),
            lambda lines, truth: failure(410, "Expired", "too old"),
            lambda lines, truth: Answer(parts=[*lines, error(500, "InternalError")]),
            lambda lines, truth: failure(500, "InternalError", "boom"),
            lambda lines, truth: failure(429, "TooManyRequests"),
            lambda lines, truth: Answer(b"<html>Bad Gateway</html>", status=502),
            lambda lines, truth: Answer(cut=True),
            lambda lines, truth: Answer(parts=[*lines, *lines]),  # everything twice
            lambda lines, truth: Answer(parts=[*lines, bookmark(1), bookmark(truth.version), bookmark(truth.version)]),
            lambda lines, truth: Answer(parts=lines or [bookmark(truth.version)]),
            lambda lines, truth: Answer(parts=[*lines, b'{"type": "ADDED", "object"\n']),  # mangled
            lambda lines, truth: Answer(parts=[*lines, b"\n\n"]),
            lambda lines, truth: Answer(parts=[]),
        ]
    ),
)
CHANGES = st.lists(st.tuples(st.sampled_from(["put", "drop"]), st.sampled_from("abc")), max_size=12)
ROUNDS = st.lists(st.tuples(CHANGES, FAULTS, st.booleans()), min_size=1, max_size=6)

# Shrinking runs a failing example, and its time limits, hundreds of times.
QUICKLY = [Phase.explicit, Phase.reuse, Phase.generate]
BRISK = Limits(connect=2, read=1, backoff=0.001, backoff_most=0.002, stall=5, outage=20)


@pytest.mark.timeout(300)
@settings(max_examples=60, deadline=None, phases=QUICKLY, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
def test_the_states_seen_are_the_truth_whatever_breaks(server, configured, rounds):
    truth = Truth()
    server.answer = truth
    truth.put("a")
    pending = list(rounds)

    def next_round():
        """Change the truth while no stream is open, then break the next one."""
        while pending:
            changes, fault, forget = pending.pop(0)
            for verb, name in changes:
                getattr(truth, verb)(name)
            truth.oldest = truth.version if forget else truth.oldest
            yield fault
        truth.put("end")

    truth.faults = next_round()
    replica, versions = {}, {}
    with configured(limits=BRISK).watch(CLAIMS) as events:
        while "end" not in replica:
            apply(events.next(10), replica, versions)
    assert replica == truth.objects


def apply(event, replica, versions):
    """Do what an event says, and check that it could follow what was seen before."""
    metadata = event.object["metadata"]
    name, version = metadata["name"], int(metadata["resourceVersion"])
    known = replica.get(name)
    if event.type == "ADDED":
        assert known is None
    else:
        assert known is not None
        assert known["metadata"]["uid"] == metadata["uid"]
    if event.type == "DELETED":
        del replica[name]
        return
    assert version > versions.get(name, 0), "an older state, or the same one twice"
    versions[name] = version
    replica[name] = event.object


def test_a_line_that_breaks_at_any_byte_is_neither_lost_nor_told_twice(server, configured):
    truth = Truth()
    server.answer = truth
    cluster = configured(limits=BRISK)
    with cluster.watch(CLAIMS) as events:
        assert events.initial() == []
        whole = 0
        for position in itertools.count():
            truth.put("a")
            whole = len(line(truth.history[-1][1]))
            if position > whole:
                break
            truth.faults = iter([dropped_at(position)])
            truth.history, since = truth.history[-1:], truth.version
            kick(truth)
            assert int(events.next(5).object["metadata"]["resourceVersion"]) == since
    assert position > 100


def seen_by(events, count):
    return [(event.type, event.object["metadata"]["name"]) for event in (events.next(5) for _ in range(count))]


def versions(server):
    return [seen.query.get("resourceVersion") for seen in server.requests]


def test_a_watch_begins_with_what_exists(server, configured):
    truth = Truth()
    truth.put("a")
    truth.put("b")
    server.answer = truth
    with configured().watch(CLAIMS) as events:
        assert [event.type for event in events.initial()] == ["ADDED", "ADDED"]
        assert server.requests[0].query == {"limit": "500"}


def test_a_stream_that_goes_silent_is_begun_again_where_it_was(server, configured):
    truth = Truth()
    server.answer = truth
    truth.faults = iter([lambda lines, truth: truth.put("a") or Answer(parts=[Hold()])])
    with configured(limits=Limits(stall=0.2, backoff=0.001)).watch(CLAIMS) as events:
        assert seen_by(events, 1) == [("ADDED", "a")]
    assert versions(server)[:3] == [None, "10", "10"]


def test_a_bookmark_moves_the_place_to_go_on_from(server, configured):
    truth = Truth()
    server.answer = truth
    truth.faults = iter([lambda lines, truth: Answer(parts=[bookmark(77)]), lambda lines, truth: Answer(cut=True)])
    with configured().watch(CLAIMS) as events:
        while len(server.requests) < 4:
            with pytest.raises(TimeoutError):
                events.next(0.05)
    assert versions(server)[:4] == [None, "10", "77", "77"]


def test_an_object_made_anew_during_a_gap_is_told_as_deleted_and_added(server, configured):
    truth = Truth()
    truth.put("a")
    server.answer = truth

    def renew(lines, truth):
        truth.drop("a")
        truth.put("a")
        truth.oldest = truth.version
        return Answer(cut=True)

    truth.faults = iter([renew])
    with configured().watch(CLAIMS) as events:
        assert seen_by(events, 3) == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a")]


def test_one_object_is_watched_by_its_name(server, configured):
    server.answer = Truth()
    with configured().watch(CLAIMS, name="data", field_selector="x=y", label_selector="a=b"):
        pass
    assert server.requests[0].query["fieldSelector"] == "metadata.name=data,x=y"
    assert server.requests[0].query["labelSelector"] == "a=b"


def test_a_wait_that_times_out_loses_nothing_and_ctrl_c_neither(server, configured):
    truth = Truth()
    server.answer = truth
    with configured(limits=BRISK).watch(CLAIMS) as events:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                events.next(0.01)
        truth.put("a")
        kick(truth)
        assert seen_by(events, 1) == [("ADDED", "a")]


@pytest.mark.parametrize(
    ("answer", "kind"), [(failure(403, "Forbidden", "no"), Forbidden), (Answer(b"404 page not found", 404), NotFound)]
)
def test_what_is_refused_at_the_start_is_raised_at_the_start(server, configured, answer, kind):
    server.answer = lambda _: answer
    with pytest.raises(kind), configured().watch(CLAIMS):
        pass


def test_what_is_refused_later_ends_the_watch_after_the_events_before_it(server, configured):
    truth = Truth()
    truth.put("a")
    server.answer = truth
    truth.faults = iter([lambda lines, truth: failure(403, "Forbidden", "no longer")])
    with configured().watch(CLAIMS) as events:
        assert seen_by(events, 1) == [("ADDED", "a")]
        for _ in range(2):
            with pytest.raises(Forbidden):
                events.next(5)


def test_an_outage_ends_the_watch_with_the_address_and_the_time(server, configured):
    truth = Truth()
    server.answer = lambda seen: Answer(cut=True) if "watch" in seen.query else truth(seen)
    impatient = Limits(backoff=0.01, backoff_most=0.05, outage=0.3)
    words = r"no answer from https://127.*the connection was closed .*tried"
    with configured(limits=impatient).watch(CLAIMS) as events, pytest.raises(ClusterUnreachable, match=words):
        events.next(10)


def test_leaving_a_watch_closes_its_connection(server, configured):
    server.answer = Truth()
    with configured().watch(CLAIMS) as events, pytest.raises(TimeoutError):
        events.next(0.1)
    assert server.gone.wait(5)


def test_a_watch_is_used_inside_its_block(server, configured):
    server.answer = Truth()
    with pytest.raises(RuntimeError, match="inside its `with` block"):
        configured().watch(CLAIMS).next(1)


def test_leaving_a_watch_ends_its_iteration_in_another_thread(server, configured):
    truth = Truth()
    truth.put("a")
    server.answer = truth
    seen, first = [], threading.Event()

    def read(events):
        for event in events:
            seen.append(event.type)
            first.set()
        seen.append("end")

    with configured().watch(CLAIMS) as events:
        reader = threading.Thread(target=read, args=(events,))
        reader.start()
        assert first.wait(5)
    reader.join(5)
    assert seen == ["ADDED", "end"]


def test_a_watch_does_not_hold_up_other_requests(server, configured):
    server.answer = Truth()
    cluster = configured()
    with cluster.watch(CLAIMS):
        assert cluster.later(List(CLAIMS)).result(5) == []


def test_a_subscription_calls_back_with_the_list_and_every_change_until_it_is_closed(server, configured):
    truth = Truth()
    truth.put("a")
    server.answer = truth
    batches, arrived = [], threading.Condition()

    def called(batch):
        with arrived:
            batches.append([(event.type, event.object["metadata"]["name"]) for event in batch])
            arrived.notify()

    subscription = configured(limits=BRISK).subscribe(CLAIMS, called)
    with arrived:
        assert arrived.wait_for(lambda: batches == [[("ADDED", "a")]], 5)
    truth.put("b")
    kick(truth)
    with arrived:
        assert arrived.wait_for(lambda: batches[1:] == [[("ADDED", "b")]], 5)
    subscription.close()
    assert server.gone.wait(5) or subscription.live is False


def test_a_subscription_tells_why_it_ended(server, configured):
    server.answer = lambda _: failure(403, "Forbidden", "no")
    ended, errors = threading.Event(), []
    subscription = configured().subscribe(
        CLAIMS, lambda batch: None, on_end=lambda error: (errors.append(error), ended.set())
    )
    assert ended.wait(5)
    subscription.close()
    assert isinstance(errors[0], Forbidden)
