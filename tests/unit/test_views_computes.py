"""How computes read, as text and as HTML."""

import pytest

from kt_jupyter.compute import ComputeList, ComputeStatus, Stopped
from kt_jupyter.notebook.outcomes import Detached, PlannedStop
from kt_jupyter.notebook.views import computes
from kt_jupyter.notebook.views.html import to_html
from kt_jupyter.notebook.views.text import to_text
from tests.unit.test_compute_status import RUNNING, job, pod

HERE = "team-a"


def status(**state):
    return ComputeStatus.of(job(**state), [pod(RUNNING)])


def test_a_compute_is_what_it_is_where_and_whose():
    lines = to_text(computes.status_view(status(), here=HERE)).splitlines()
    assert lines[0] == "Compute train    ● Running"
    assert lines[1].startswith(
        "2 CPUs · 2 Gi · 1 GPU · python:3.12-slim · data at /data · ends after 30 min without use · namespace team-a · "
        "pod kt-train-x on kt-node · made "
    )
    assert lines[1].endswith(" by ada, train.ipynb")
    assert lines[2] == "next: %%kt_compute train   ·   %kt_compute logs train   ·   %kt_compute stop train"


def test_a_list_has_one_row_each():
    text = to_text(computes.list_view(ComputeList([status()], namespace="team-a", context="kind-dev")))
    title, head, row = text.splitlines()
    assert title == "1 compute in team-a (kind-dev)"
    assert head.split() == ["NAME", "STATUS", "CPUS", "MEMORY", "GPUS", "VOLUMES", "NODE", "BY", "AGE"]
    assert row.split()[:9] == ["●", "train", "Running", "2", "2", "Gi", "1", "data", "kt-node"]


def test_an_empty_list_says_how_to_begin():
    assert to_text(computes.list_view(ComputeList([], namespace="team-a"))) == (
        "No computes in team-a.\nnext: %%kt_compute --cpus 1"
    )


@pytest.mark.parametrize(
    ("stopped", "text"),
    [
        (Stopped("train", "team-a", existed=False), "Compute train    ○ there is none in team-a, nothing to do"),
        (Stopped("train", "team-a", existed=True, volumes=("a", "b")),
         "Compute train    ✓ stopped\nnamespace team-a · volumes a, b kept"),
    ],
)  # fmt: skip
def test_a_stop_says_what_stays(stopped, text):
    assert to_text(computes.stopped_view(stopped)) == text


def test_a_planned_stop_says_what_would_be_lost():
    text = to_text(computes.planned_stop_view(PlannedStop(status()), here=HERE))
    assert "would be stopped, and its variables lost" in text
    assert text.endswith("next: %kt_compute stop train")


def test_a_command_for_another_namespace_says_so():
    text = to_text(computes.detached_view(Detached("train", "team-b", "7f3a"), here=HERE))
    assert "%kt_compute attach train -n team-b" in text


def test_names_are_no_markup():
    html = to_html(computes.detached_view(Detached("<i>", "team-a", "7f3a"), here=HERE))
    assert "&lt;i&gt;" in html
    assert "<i>" not in html
