"""Deleting volumes: refused while pods hold them, the right one only, and leaving nothing."""

import pytest

import kt_jupyter as kt
from kt_jupyter.errors import Conflict
from kt_jupyter.kube import CLAIMS, PODS
from kt_jupyter.volumes import Deletion, State, deletion
from tests.waiting import eventually

QUIET = [].append


@pytest.fixture
def vol(namespace):
    made = kt.Volume("my-data", size="1Gi", mount_path="/data", access_mode="RWO")
    made.ensure()
    return made


def test_a_volume_nobody_uses_is_gone_afterwards(vol):
    done = vol.delete(progress=QUIET)
    assert (done.existed, done.gone, done.data) == (True, True, "none")
    assert not vol.exists()


def test_what_happens_to_the_data_is_said_before(namespace, shared_class):
    vol = kt.Volume("full", size="1Gi", mount_path="/data", storage_class=shared_class, access_mode="RWX")
    vol.ensure()
    vol.wait(progress=QUIET)
    said = []
    done = vol.delete(progress=said.append)
    assert said == [f"Deleting volume full: {done.fate}."]
    assert (done.data, done.reclaim_policy) == ("destroyed", "Delete")


def test_a_volume_that_pods_use_is_not_deleted_and_they_are_named(vol, pods):
    pods.running("train-0", "my-data")
    with pytest.raises(kt.VolumeInUse, match=r"train-0 \(Running\)") as refusal:
        vol.delete()
    assert refusal.value.pods == ("train-0",)
    assert "deletionTimestamp" not in vol.status().claim["metadata"]


def test_a_finished_pod_holds_it_too(vol, pods):
    pods.finished("done", "my-data")
    with pytest.raises(kt.VolumeInUse, match=r"done \(Succeeded, finished\)") as refusal:
        vol.delete()
    assert "vol.delete(force=True), in a magic --force" in refusal.value.remedy


def test_force_removes_finished_pods_and_then_the_volume(vol, pods, cluster, namespace):
    pods.finished("done", "my-data")
    assert vol.delete(force=True, progress=QUIET).gone
    assert not vol.exists()
    assert "done" not in [pod["metadata"]["name"] for pod in cluster.list(PODS, namespace=namespace)]


def test_force_leaves_running_pods_alone_and_says_who_is_waited_for(vol, pods):
    pods.running("train-0", "my-data")
    said = []
    with pytest.raises(kt.WaitTimeout, match=r"held by train-0 \(Running\)"):
        vol.delete(force=True, timeout=1, progress=said.append)
    assert said[1].startswith("Waiting for train-0 (Running)")
    status = vol.status()
    assert (status.state, status.reason) == (State.TERMINATING, "held by train-0 (Running)")


@pytest.fixture
def end_it(pods):
    """A progress that ends the pod train-0 as soon as it is waited for; the lines are in its `said`."""

    def end_it(line):
        end_it.said.append(line)
        if line.startswith("Waiting for train-0 (Running)"):
            pods.delete("train-0")

    end_it.said = []
    return end_it


def test_the_wait_ends_when_the_last_pod_does(vol, pods, end_it):
    pods.running("train-0", "my-data")
    assert vol.delete(force=True, progress=end_it).gone
    assert end_it.said[-1] == "Volume my-data is gone."


def test_a_pod_that_is_ending_is_waited_for(vol, pods):
    pods.running("train-0", "my-data")
    pods.delete("train-0")
    assert vol.delete(progress=QUIET).gone


def test_a_pod_without_a_node_does_not_hold_it_and_is_named(vol, pods):
    pods.unscheduled("hopeful", "my-data")
    said = []
    assert vol.delete(progress=said.append).gone
    assert "hopeful" in said[1]


def test_without_the_wait_it_is_said_that_it_is_not_gone(vol, pods):
    pods.running("train-0", "my-data")
    assert not vol.delete(force=True, wait=False, progress=QUIET).gone


def test_a_dry_run_refuses_nothing_and_changes_nothing(vol, pods):
    pods.running("train-0", "my-data")
    plan = vol.delete(dry_run=True)
    assert [use.name for use in plan.pods] == ["train-0"]
    assert plan.would.startswith("deleting it ")
    assert "deletionTimestamp" not in vol.status().claim["metadata"]


def test_what_does_not_exist_is_nothing_to_delete(namespace):
    said = []
    done = kt.Volume.from_name("nothing").delete(progress=said.append)
    assert done == Deletion("nothing", namespace, existed=False)
    assert "Nothing to delete" in said[0]


def test_a_namesake_made_meanwhile_is_left_alone(cluster, namespace, vol):
    plan = deletion.plan(cluster, namespace, "my-data")
    vol.delete(progress=QUIET)
    vol.ensure()
    with pytest.raises(Conflict, match="made anew"):
        deletion.carry_out(cluster, plan)
    assert vol.exists()


def test_a_claim_that_is_going_already_is_waited_for(cluster, namespace, vol, pods, end_it):
    pods.running("train-0", "my-data")
    cluster.delete(CLAIMS, "my-data", namespace=namespace)
    assert vol.delete(force=True, progress=end_it).gone


def test_a_finalizer_of_somebody_else_is_named_and_left_alone(cluster, namespace, vol):
    cluster.patch(CLAIMS, "my-data", {"metadata": {"finalizers": ["example.com/backup"]}}, namespace=namespace)
    with pytest.raises(kt.WaitTimeout, match="held by a finalizer"):
        vol.delete(timeout=0.5, progress=QUIET)
    # Beside the cluster's own, which its controller takes away in its own time.
    eventually(lambda: vol.status().words == "Terminating: held by the finalizer example.com/backup")
    cluster.patch(CLAIMS, "my-data", {"metadata": {"finalizers": []}}, namespace=namespace)


def test_without_the_right_to_delete_the_missing_verb_is_named(vol, as_user):
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims", "pods"], "verbs": ["get", "list"]})
    with pytest.raises(kt.Forbidden, match="`delete` on `persistentvolumeclaims`"):
        kt.Volume.from_name("my-data").delete(progress=QUIET)


def test_without_the_right_to_list_pods_it_is_said_and_the_cluster_protects_them(vol, as_user):
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list", "watch", "delete"]})
    said = []
    assert kt.Volume.from_name("my-data").delete(progress=said.append).gone
    assert said[1].startswith("Pods may not be listed here")


def test_without_the_right_to_read_disks_the_class_says_what_happens(namespace, shared_class, as_user):
    made = kt.Volume("full", size="1Gi", mount_path="/data", storage_class=shared_class, access_mode="RWX")
    made.ensure()
    made.wait(progress=QUIET)
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims", "pods"], "verbs": ["get", "list", "delete"]})
    plan = kt.Volume.from_name("full").delete(dry_run=True)
    assert (plan.data, plan.reclaim_policy) == ("unknown", None)
    assert "cannot be read here" in plan.would
