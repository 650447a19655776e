"""How long a Job of ours lives without anybody who needs it, and whether somebody does."""

from datetime import UTC, datetime, timedelta

import pytest

from kt_jupyter.pods.lease import held, lease_of, seconds_left
from kt_jupyter.specs.job import job
from kt_jupyter.specs.pod import pod_template

BEGAN = datetime(2026, 11, 25, 12, tzinfo=UTC)


def leased(deadline, *, started=True):
    made = job("j", pod_template("alpine:latest", ["sh"]), lease=1800)
    made["spec"]["activeDeadlineSeconds"] = deadline
    return {**made, "status": {"startTime": "2026-11-25T12:00:00Z"} if started else {}}


def after(seconds):
    return BEGAN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("deadline", "lived", "left", "holds"),
    [
        (1800, 0, 1800, True),
        (1800, 440, 1360, True),
        (1800, 500, 1300, False),
        (5400, 3600, 1800, True),
        (5400, 4200, 1200, False),
    ],
    ids=["new", "to be renewed soon", "not renewed", "renewed", "no longer renewed"],
)
def test_whoever_holds_it_renews_it_four_times_a_lease(deadline, lived, left, holds):
    assert seconds_left(leased(deadline), after(lived)) == left
    assert held(leased(deadline), after(lived)) is holds


def test_what_has_not_begun_is_held_by_whoever_starts_it():
    assert seconds_left(leased(1800, started=False)) is None
    assert held(leased(1800, started=False))


@pytest.mark.parametrize(("text", "seconds"), [("60", 60), ("0", 1800), ("-5", 1800), ("soon", 1800), (None, 1800)])
def test_a_lease_that_is_none_counts_as_the_usual_one(text, seconds):
    annotations = {"kt-jupyter.dev/lease-seconds": text} if text is not None else None
    assert lease_of({"metadata": {"annotations": annotations}}) == seconds
