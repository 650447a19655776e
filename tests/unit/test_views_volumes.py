"""How volumes read, whole, for each state a claim can be in."""

from datetime import UTC, datetime, timedelta

import pytest

from kt_jupyter.notebook.views.blocks import View
from kt_jupyter.notebook.views.html import to_html
from kt_jupyter.notebook.views.text import to_text
from kt_jupyter.notebook.views.units import age, size
from kt_jupyter.notebook.views.volumes import MARKS, status_view, table
from kt_jupyter.specs import quantity
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.users import PodUse
from kt_jupyter.volumes.verdict import State

CLASSES = {
    "standard": StorageClass("standard", "ebs.csi.aws.com", waits_for_first_use=True, default=True),
    "nfs": StorageClass("nfs", "nfs.csi.k8s.io"),
}


def claim(name="my-data", *, phase="Pending", storage_class="standard", mode="ReadWriteOnce", size="10Gi", **metadata):
    made = datetime.now(UTC) - timedelta(minutes=3, seconds=10)
    return {
        "metadata": {
            "name": name,
            "namespace": "team-a",
            "uid": "1",
            "creationTimestamp": f"{made:%Y-%m-%dT%H:%M:%SZ}",
            "annotations": {"kubetorch.com/mount-path": "/data"},
            **metadata,
        },
        "spec": {
            "accessModes": [mode],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": size}},
        },
        "status": {"phase": phase, **({"capacity": {"storage": size}} if phase == "Bound" else {})},
    }


def status(*args, users=(), **options):
    return VolumeStatus.of(claim(*args, **options), users=users, classes=CLASSES, events=())


def pod(name):
    return PodUse(name, "team-a", "2", "Running", node="kt-node")


def test_a_volume_that_waits_for_its_first_use_says_that_this_is_normal():
    assert (
        to_text(status_view(status(), here="team-a"))
        == """\
Volume my-data    ◌ Waiting for first use: class standard makes the disk when the first pod needs it (normal)
size 10 Gi · RWO (one node at a time) · class standard · namespace team-a · mounted at /data · made 3 min ago
next: %kt_volume ssh my-data   ·   %kt_volume show my-data   ·   %kt_volume delete my-data   ·   %kt_volume"""
    )


def test_a_bound_volume_names_its_users():
    bound = status(phase="Bound", mode="ReadWriteMany", storage_class="nfs", users=[pod("train-0"), pod("train-1")])
    heading, facts, _ = to_text(status_view(bound, here="team-a")).splitlines()
    assert heading == "Volume my-data    ● Bound"
    assert facts.startswith("size 10 Gi · RWX (many nodes at once) · class nfs · namespace team-a")
    assert facts.endswith("mounted at /data · used by train-0, train-1 · made 3 min ago")


def test_commands_for_another_namespace_say_which():
    assert "%kt_volume show my-data -n team-a" in to_text(status_view(status(), here="default"))


def test_a_problem_comes_with_its_remedy():
    text = to_text(status_view(status("raw", storage_class="gp9", size="1Ti"), here="team-a"))
    assert "Volume raw    ▲ Problem: class gp9 does not exist" in text
    assert "Remedy: " in text


def test_a_table_tells_the_reason_in_the_row_and_who_uses_what():
    trainers = [pod(f"train-{n}") for n in range(4)]
    rows = [
        status("raw", storage_class="gp9", size="1Ti"),
        status("checkpoints", phase="Bound", mode="ReadWriteMany", storage_class="nfs", size="50Gi", users=trainers),
        status(),
    ]
    assert to_text(View((table("3 volumes in team-a", rows, with_namespace=False),))).splitlines() == [
        "3 volumes in team-a",
        "  NAME         STATUS                              SIZE  MODE  CLASS     USED BY               AGE",
        "▲ raw          Problem: class gp9 does not exist   1 Ti  RWO   gp9       nobody                3 min",
        "● checkpoints  Bound                              50 Gi  RWX   nfs       train-0, train-1, +2  3 min",
        "◌ my-data      Waiting for first use              10 Gi  RWO   standard  nobody                3 min",
    ]


def test_over_all_namespaces_each_row_says_its_own():
    text = to_text(View((table("All volumes", [status()], with_namespace=True),)))
    assert text.splitlines()[1:] == [
        "  NAMESPACE  NAME     STATUS                  SIZE  MODE  CLASS     USED BY  AGE",
        "◌ team-a     my-data  Waiting for first use  10 Gi  RWO   standard  nobody   3 min",
    ]


def test_without_the_right_to_see_pods_the_column_says_so():
    assert "may not be seen" in to_text(View((table("", [status(users=None)], with_namespace=False),)))


def test_every_state_has_a_mark_of_the_shape_the_core_gives_it():
    assert {state: mark.shape for state, mark in MARKS.items()} == {state: state.shape for state in State}


def test_hostile_annotations_stay_text():
    hostile = status(annotations={"kubetorch.com/mount-path": "/<img src=x onerror=alert(1)>"})
    assert "<img" not in to_html(status_view(hostile))


@pytest.mark.parametrize(
    ("seconds", "short"),
    [(0, "<1 min"), (-5, "<1 min"), (59, "<1 min"), (60, "1 min"), (7200, "2 h"), (3 * 86400, "3 d")],
)
def test_ages_under_a_minute_are_not_counted(seconds, short):
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now).short == short


def test_the_exact_size_and_moment_are_behind_the_short_ones():
    assert size(quantity.parse("10Gi")).exact == "10Gi = 10,737,418,240 bytes"
    assert age(datetime(2026, 11, 24, 12, tzinfo=UTC)).exact == "2026-11-24 12:00:00 UTC"
