"""Where a pod on a volume may run, as whom, and when there is no way: decided from what the cluster says."""

import pytest

from kt_jupyter.errors import VolumeInUse, VolumeUnusable
from kt_jupyter.specs.pod import RunAs
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes.attaching import Surroundings, attach_plan

WAITING = {"standard": StorageClass("standard", "rancher.io/local-path", waits_for_first_use=True)}
RWO, RWX, ROX, RWOP = "ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"


def claim(*modes, phase="Bound", storage_class="standard", deleted=False, **spec):
    metadata = {"name": "data", "namespace": "team-a", "uid": "c1", "annotations": {}}
    if phase == "Bound":
        spec = {"volumeName": "pvc-1", **spec}
    return {
        "metadata": {**metadata, **({"deletionTimestamp": "2026-11-25T21:30:21Z"} if deleted else {})},
        "spec": {
            "accessModes": list(modes or (RWO,)),
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": storage_class,
            **spec,
        },
        "status": {"phase": phase, **({"capacity": {"storage": "1Gi"}} if phase == "Bound" else {})},
    }


def pod(name, *, node="kt-node", phase="Running", security=None, own=None, labels=None, **spec):
    container = {"name": "main", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/data"}]}
    return {
        "metadata": {"name": name, "namespace": "team-a", "uid": name, "labels": labels or {}},
        "spec": {
            "containers": [{"name": "other", "image": "x"}, {**container, **({"securityContext": own} if own else {})}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
            **({"nodeName": node} if node else {}),
            **({"securityContext": security} if security else {}),
            **spec,
        },
        "status": {"phase": phase},
    }


def plan(found, *pods, read_only=False, run_as=None, **around):
    around = {"classes": WAITING, "events": [], **around}
    return attach_plan(Surroundings(found, pods, **around), read_only=read_only, run_as=run_as)


def where(found, *pods, **around):
    made = plan(found, *pods, **around)
    return made.placement.node, made.why


@pytest.mark.parametrize(
    ("found", "pods", "node", "why"),
    [
        (claim(RWO), [], None, "nobody uses the volume now"),
        (
            claim(RWO, phase="Pending"),
            [],
            None,
            "class standard makes its disk there, at this first use",
        ),
        (
            claim(RWO),
            [pod("train-0", node="kt-node-2")],
            "kt-node-2",
            "the volume is for one node at a time (RWO), and pod train-0 uses it there",
        ),
        (claim(RWO), [pod("done", node="kt-node-2", phase="Succeeded")], None, "nobody uses the volume now"),
        (claim(RWO), [pod("waits", node=None, phase="Pending")], None, "nobody uses the volume now"),
        (claim(RWX), [pod("train-0")], None, "the volume is shared by many nodes (RWX)"),
        (claim(RWO, RWX), [pod("train-0")], None, "the volume is shared by many nodes (RWX)"),
        (claim(ROX), [pod("train-0")], None, "many nodes may read the volume (ROX)"),
        (claim(RWOP), [], None, "nobody else uses the volume now"),
        (claim(RWOP), [pod("done", phase="Failed")], None, "nobody else uses the volume now"),
    ],
    ids=[
        "free",
        "first use",
        "in use on a node",
        "finished pods hold no disk",
        "unscheduled pods neither",
        "shared",
        "shared among others",
        "readers",
        "one pod, none there",
        "one pod, it has finished",
    ],
)
def test_where_it_runs(found, pods, node, why):
    assert where(found, *pods) == (node, why)


def test_of_several_pods_the_one_that_stays_decides():
    starting = pod("a", node="kt-node-2", phase="Pending")
    assert where(claim(RWO), starting, pod("b", node="kt-node"))[0] == "kt-node"


def test_it_puts_up_with_what_that_pod_puts_up_with():
    gpu = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
    usual = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}
    made = plan(claim(RWO), pod("train-0", tolerations=[gpu, usual]))
    assert list(made.placement.tolerations) == [gpu]


def test_a_disk_of_one_node_is_said_to_be_there():
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["kt-node-2"]}]}
    disk = {"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}}}
    assert where(claim(RWO), disk=disk) == (None, "its disk is on kt-node-2, and nobody uses it now")


def node(name, ready):
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


def test_a_node_that_does_not_answer_is_not_waited_for():
    with pytest.raises(VolumeInUse, match="on node kt-node, which does not answer") as refusal:
        plan(claim(RWO), pod("train-0"), nodes=[node("kt-node", "Unknown"), node("kt-node-2", "True")])
    assert refusal.value.pods == ("train-0",)
    assert plan(claim(RWO), pod("train-0"), nodes=[node("kt-node", "True")]).placement.node == "kt-node"


def test_one_pod_at_a_time_names_who_has_it():
    with pytest.raises(VolumeInUse, match=r"train-0 \(Running\) on kt-node has it") as refusal:
        plan(claim(RWOP), pod("train-0"))
    assert "kubectl exec -it -n team-a train-0 -c main -- sh" in refusal.value.remedy


def test_one_pod_that_is_our_own_terminal_is_said_to_be_that():
    ours = {"app.kubernetes.io/managed-by": "kt-jupyter", "kt-jupyter.dev/purpose": "terminal"}
    with pytest.raises(VolumeInUse) as refusal:
        plan(claim(RWOP), pod("kt-sh-data-7f3a", labels=ours))
    assert "It is a terminal of kt_jupyter" in refusal.value.remedy


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (claim(deleted=True), r"is being deleted \(Terminating\)"),
        (claim(phase="Lost", volumeName="pvc-1"), "its disk pvc-1 does not exist any longer"),
        (claim(volumeMode="Block"), "is a raw device"),
        (claim(phase="Pending", storage_class="gp9"), "class gp9 does not exist"),
        (claim(phase="Pending", storage_class=""), "waits for a disk made by hand"),
    ],
    ids=["terminating", "lost", "block", "no class", "by hand"],
)
def test_what_no_pod_can_use(found, words):
    with pytest.raises(VolumeUnusable, match=words):
        plan(found)


def test_a_provisioner_that_refuses_is_quoted():
    said = {
        "involvedObject": {"uid": "c1"},
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": "no quota left",
        "lastTimestamp": "2026-11-25T21:30:21Z",
    }
    with pytest.raises(VolumeUnusable, match="no quota left"):
        plan(claim(phase="Pending"), events=[said])


def test_a_bound_volume_that_cannot_grow_can_be_opened():
    found = claim()
    found["status"]["conditions"] = [{"type": "ControllerResizeError", "status": "True", "message": "no"}]
    assert plan(found)


def test_a_first_use_and_a_volume_for_readers_are_said():
    assert plan(claim(phase="Pending")).notices == (
        "Volume data is used for the first time: class standard makes its disk for this.",
    )
    made = plan(claim(ROX))
    assert (made.read_only, made.notices) == (
        True,
        ("Volume data is for many readers (ROX): the terminal only reads.",),
    )
    assert plan(claim(RWO)).notices == ()


@pytest.mark.parametrize(
    ("security", "own", "run_as"),
    [
        ({"runAsUser": 7, "runAsGroup": 8, "fsGroup": 9}, None, RunAs(7, 8, 9)),
        ({"runAsUser": 7, "fsGroup": 9}, {"runAsUser": 5, "runAsGroup": 6}, RunAs(5, 6, 9)),
        ({"fsGroup": 9}, None, RunAs(1000, 9, 9)),
        ({"runAsUser": 0, "fsGroup": 9}, None, RunAs(1000, 9, 9)),
        ({"runAsUser": 7}, None, RunAs(7, None, None)),
    ],
    ids=["as the pod", "as its container", "in its group", "never as root", "without a group"],
)
def test_it_runs_as_the_pod_that_uses_the_volume(security, own, run_as):
    made = plan(claim(RWO), pod("train-0", security=security, own=own))
    assert (made.run_as, made.like) == (run_as, "train-0")


def test_pods_that_say_nothing_or_root_are_not_copied():
    made = plan(claim(RWO), pod("silent"), pod("root", security={"runAsUser": 0}))
    assert (made.run_as, made.like) == (RunAs(1000, 1000, 1000), None)


def test_a_running_pod_is_copied_before_a_finished_one():
    made = plan(
        claim(RWO),
        pod("a", phase="Succeeded", security={"runAsUser": 5}),
        pod("b", security={"runAsUser": 7}),
    )
    assert made.like == "b"


def test_whoever_is_asked_for_counts_and_existing_data_is_given_to_nobody():
    asked = RunAs(1001, 100, None)
    assert plan(claim(RWO), run_as=asked).run_as == RunAs(1001, 100, None)
    assert plan(claim(RWO, phase="Pending"), run_as=asked).run_as == RunAs(1001, 100, 100)
    assert plan(claim(RWO), pod("t", security={"fsGroup": 9}), run_as=asked).run_as == RunAs(1001, 100, 9)


def test_where_every_namespace_has_ids_of_its_own_they_are_left_to_the_cluster():
    space = {"metadata": {"name": "team-a", "annotations": {"openshift.io/sa.scc.uid-range": "1000680000/10000"}}}
    assert plan(claim(RWO), namespace=space).run_as == RunAs(None, None, None)


def test_the_plan_is_one_sentence():
    made = plan(claim(RWO), pod("train-0", security={"runAsUser": 7, "runAsGroup": 8}), read_only=True)
    assert made.sentence("a terminal") == (
        "Starts a terminal on node kt-node, read-only, as user 7:8, like pod train-0: "
        "the volume is for one node at a time (RWO), and pod train-0 uses it there."
    )
