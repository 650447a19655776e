"""What a claim's state means: each cause of waiting has its own words."""

import pytest

from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes.users import PodUse
from kt_jupyter.volumes.verdict import State, judge

STANDARD = StorageClass("standard", "local", waits_for_first_use=True, default=True)
FAST = StorageClass("fast", "csi")
CLASSES = {each.name: each for each in (STANDARD, FAST)}


def claim(phase="Pending", storage_class="fast", *, metadata=None, status=None, **spec):
    named = {} if storage_class is None else {"storageClassName": storage_class}
    return {
        "metadata": {
            "name": "raw",
            "namespace": "team-a",
            "annotations": {"kubetorch.com/mount-path": "/raw"},
            **(metadata or {}),
        },
        "spec": {"resources": {"requests": {"storage": "1Ti"}}, **named, **spec},
        "status": {"phase": phase, **(status or {})},
    }


def event(message, *, type_="Warning", at="2026-11-24T03:00:00Z", reason="ProvisioningFailed"):
    return {"type": type_, "reason": reason, "message": message, "lastTimestamp": at}


def use(name="train-0", *, phase="Running", node="n1", owner=None):
    return PodUse(name, "team-a", "uid", phase, node, owner)


def words(found):
    return f"{found.state.word}: {found.reason}" if found.reason else found.state.word


DELETED = {"deletionTimestamp": "2026-11-24T03:00:00Z", "finalizers": ["kubernetes.io/pvc-protection"]}
SNAPSHOT = {**DELETED, "finalizers": ["snapshot.storage.kubernetes.io/pvc-as-source-protection"]}
SELECTED = {"annotations": {"volume.kubernetes.io/selected-node": "n1"}}
FIRST_CONSUMER = event("waiting for first consumer", type_="Normal", reason="WaitForFirstConsumer")
EXTERNAL = event("waiting for a volume", type_="Normal", reason="ExternalProvisioning")
UNANSWERED = EXTERNAL | {"firstTimestamp": "2026-11-24T02:59:30Z"}
ANSWERED = event("provisioning", type_="Normal", reason="Provisioning")
NO_ROOM = event('failed to provision volume with StorageClass "fast": rpc error: code = Internal desc = no room')
GROWING = {"capacity": {"storage": "512Gi"}}


@pytest.mark.parametrize(
    ("found", "facts", "expected"),
    [
        (claim("Bound", status={"capacity": {"storage": "1Ti"}}), {}, "Bound"),
        (claim("Bound", status={"capacity": {"storage": "2Ti"}}), {}, "Bound"),
        (claim("Bound", status={"capacity": {"storage": "1024Gi"}}), {}, "Bound"),
        (claim("Bound", status=GROWING), {}, "Resizing: 1 Ti asked for, 512 Gi so far"),
        (
            claim("Bound", status=GROWING | {"conditions": [{"type": "FileSystemResizePending", "status": "True"}]}),
            {},
            "Resizing: 1 Ti when a pod next uses it, 512 Gi until then",
        ),
        (
            claim("Bound", status=GROWING | {"allocatedResourceStatuses": {"storage": "ControllerResizeInfeasible"}}),
            {},
            "Problem: it cannot grow to 1 Ti",
        ),
        (
            claim("Bound", status={"healthStatus": {"conditions": [{"status": "Inaccessible"}]}}),
            {},
            "Problem: its storage reports Inaccessible",
        ),
        (
            claim("Lost", volumeName="pv-1"),
            {},
            "Lost: its disk pv-1 does not exist any longer, and its data with it",
        ),
        (claim(volumeName="pv-1"), {}, "Pending: waits for the disk pv-1"),
        (claim(storage_class=""), {}, "Pending: waits for a disk made by hand: it asks for no storage class"),
        (claim(storage_class=None), {}, "Pending: waits for the cluster's default class"),
        (claim(storage_class=None), {"classes": CLASSES}, "Pending: waits for the cluster's default class"),
        (
            claim(storage_class=None),
            {"classes": {"fast": FAST}},
            "Problem: it names no storage class and the cluster has no default one; classes here: fast",
        ),
        (claim(storage_class="gp9"), {"classes": CLASSES}, "Problem: class gp9 does not exist"),
        (
            claim(storage_class="gp9"),
            {"events": [event('storageclass.storage.k8s.io "gp9" not found')]},
            "Problem: class gp9 does not exist",
        ),
        (
            claim(),
            {"classes": CLASSES, "events": [NO_ROOM]},
            "Problem: no room",
        ),
        (
            claim(),
            {"events": [event("new", at="2026-11-24T03:00:02Z"), event("old", at="2026-11-24T03:00:01Z")]},
            "Problem: new",
        ),
        (
            claim(),
            {"classes": CLASSES, "events": [EXTERNAL]},
            "Pending: class fast makes the disk",
        ),
        (
            claim(),
            {"classes": CLASSES, "events": [UNANSWERED]},
            "Problem: the provisioner of its class does not answer; it may not be running",
        ),
        (claim(), {"classes": CLASSES, "events": [UNANSWERED, ANSWERED]}, "Pending: class fast makes the disk"),
        (
            claim(storage_class="standard"),
            {"classes": CLASSES},
            "Waiting for first use: class standard makes the disk when the first pod needs it (normal)",
        ),
        (
            claim(storage_class="standard"),
            {"events": [FIRST_CONSUMER]},
            "Waiting for first use: class standard makes the disk when the first pod needs it (normal)",
        ),
        (
            claim(storage_class="standard"),
            {"classes": CLASSES, "users": [use(node=None, phase="Pending")]},
            "Pending: pod train-0 needs it and waits for a node",
        ),
        (
            claim(storage_class="standard", metadata=SELECTED),
            {"classes": CLASSES},
            "Pending: class standard makes the disk",
        ),
        (
            claim(selector={"matchLabels": {}}),
            {"classes": CLASSES},
            "Pending: waits for a disk made by hand: it has a selector",
        ),
        (claim("Bound", metadata=DELETED), {"users": [use()]}, "Terminating: held by train-0 (Running)"),
        (
            claim("Bound", metadata=DELETED),
            {"users": [use(phase="Succeeded", owner="Job train"), use("other")]},
            "Terminating: held by train-0 (Succeeded, finished, of Job train) and 1 more",
        ),
        (claim("Bound", metadata=DELETED), {"users": []}, "Terminating"),
        (claim("Bound", metadata=DELETED), {}, "Terminating: pods may hold it (no right to list them)"),
        (
            claim("Bound", metadata=SNAPSHOT),
            {"users": []},
            "Terminating: held by the finalizer snapshot.storage.kubernetes.io/pvc-as-source-protection",
        ),
        ({"metadata": {"name": "x"}, "spec": {}}, {}, "Pending: waits for the cluster's default class"),
    ],
)
def test_a_state_in_words(found, facts, expected):
    assert words(judge(found, **facts)) == expected


def test_a_missing_class_has_a_remedy_that_can_be_pasted():
    verdict = judge(claim(storage_class="gp9"), classes=CLASSES)
    assert verdict.remedy == (
        'kt.Volume.from_name("raw", namespace="team-a").delete(); '
        'kt.Volume("raw", size="1Ti", mount_path="/raw", storage_class="standard", namespace="team-a").create()'
    )


def test_a_finished_pod_that_holds_a_volume_can_be_removed():
    verdict = judge(claim("Bound", metadata=DELETED), users=[use(phase="Succeeded")])
    assert verdict.remedy == 'kt.Volume.from_name("raw", namespace="team-a").delete(force=True)'


def test_a_long_message_is_cut():
    verdict = judge(claim(), events=[event("words " * 200)])
    assert len(verdict.reason) == 200
    assert verdict.reason.endswith("…")


def test_problems_rank_first_and_every_state_has_a_shape():
    assert {state for state in State if state.rank == 0} == {State.PROBLEM, State.LOST}
    assert all(len(state.shape) == 1 for state in State)
