"""Cards and tables of computes that stay true, as a notebook gets them."""

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import PODS
from kt_jupyter.notebook.live import Live, cards
from tests.waiting import eventually


class Front:
    """A notebook's front end: what stands at each place now."""

    session = None

    def __init__(self):
        self.places = {}
        self.kernel = self.display_pub = self
        self.watched = True

    def get_parent(self, _):
        return {"content": {"allow_stdin": self.watched}}

    def publish(self, data, *, transient, update=False):
        assert update == (transient["display_id"] in self.places)
        self.places[transient["display_id"]] = data["text/plain"]

    @property
    def shown(self):
        return list(self.places.values())


@pytest.fixture
def front():
    return Front()


@pytest.fixture
def live(front):
    made = Live(front)
    yield made
    made.close()


def test_a_card_says_what_becomes_of_the_compute(live, front, computes, cluster, namespace):
    compute = computes.describe(name="train")
    live.show_one(compute)
    assert front.shown[0].startswith("Compute train    ○ Not started")
    compute.start()
    eventually(lambda: "● Running" in front.shown[0])
    cluster.delete(PODS, compute.pod, namespace=namespace)
    eventually(lambda: "its pod was deleted" in front.shown[0])
    compute.stop()
    eventually(lambda: "○ Not started" in front.shown[0])


def test_a_table_has_those_that_there_are(live, front, computes):
    live.show_all(kt.computes())
    assert front.shown[0].startswith("No computes in")
    computes.start(name="one")
    eventually(lambda: "● one" in front.shown[0])
    computes.start(name="two", cpus=0.1).stop()
    eventually(lambda: "two" not in front.shown[0] and "1 compute" in front.shown[0])


def test_what_keeps_one_from_starting_is_said_there_too(live, front, computes):
    live.show_all(kt.computes())
    computes.describe(name="huge", cpus=1000).leave_cell("1")
    eventually(lambda: "without enough free CPU" in front.shown[0])


def test_of_many_cards_the_newest_stay_true(live, front, computes, monkeypatch):
    monkeypatch.setattr(cards, "_MOST", 1)
    compute = computes.describe(name="train")
    live.show_one(compute)
    live.show_one(compute)
    compute.start()
    eventually(lambda: "● Running" in front.shown[1])
    assert "○ Not started" in front.shown[0]


def test_where_nobody_watches_it_is_shown_as_anything_else(live, front, computes):
    front.watched = False
    with pytest.raises(NotImplementedError):
        live.show_one(computes.describe(name="train"))
    assert front.shown == []
