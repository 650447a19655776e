"""What state a volume is in, in words, and the wait until that is known."""

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, STORAGE_CLASSES, adopt
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes import State

QUIET = [].append


def made(name="my-data", **options):
    vol = kt.Volume(name, size="1Gi", mount_path="/data", **{"access_mode": "RWO", **options})
    vol.ensure(notify=QUIET)
    return vol


@pytest.fixture
def waiting_class(cluster):
    """A class that makes disks for the first pod only."""
    classes = [StorageClass.from_manifest(found) for found in cluster.list(STORAGE_CLASSES)]
    found = next((each.name for each in classes if each.waits_for_first_use), None)
    return found or pytest.skip("no class of this cluster waits for the first use")


def test_waiting_for_the_first_use_is_normal_and_said_so(namespace, waiting_class):
    status = made(storage_class=waiting_class).wait()
    assert status.state is State.WAITING
    assert status.words == (
        f"Waiting for first use: class {waiting_class} makes the disk when the first pod needs it (normal)"
    )


def test_a_bound_volume_has_a_size_and_nothing_to_explain(namespace, shared_class):
    status = made(storage_class=shared_class, access_mode="RWX").wait(progress=QUIET)
    assert (status.words, status.capacity >= status.requested) == ("Bound", True)
    assert (status.access_modes, status.storage_class, status.mount_path) == ("RWX", shared_class, "/data")


def test_a_volume_that_cannot_be_had_says_why(namespace, broken_class):
    status = made(storage_class=broken_class).wait(progress=QUIET)
    assert status.state is State.PROBLEM
    assert status.reason


def test_at_the_end_of_its_patience_the_wait_returns_what_it_sees(cluster, namespace):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": ""}
    cluster.create(CLAIMS, {"metadata": {"name": "by-hand"}, "spec": spec}, namespace=namespace)
    said = []
    status = kt.Volume.from_name("by-hand").wait(timeout=0.2, progress=said.append)
    assert status.words == "Pending: waits for a disk made by hand: it asks for no storage class"
    assert said[0] == said[-1] == f"by-hand: {status.words}"


def test_a_missing_class_is_a_problem_with_a_remedy_to_paste(cluster, namespace, default_class):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "gp9"}
    annotations = {"kubetorch.com/mount-path": "/raw"}
    cluster.create(CLAIMS, {"metadata": {"name": "raw", "annotations": annotations}, "spec": spec}, namespace=namespace)
    status = kt.Volume.from_name("raw").status()
    assert status.words == "Problem: class gp9 does not exist"
    exec(status.remedy, {"kt": kt})
    assert kt.Volume.from_name("raw").storage_class == default_class


def test_without_the_right_to_read_classes_the_event_tells(cluster, namespace, as_user):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "gp9"}
    cluster.create(CLAIMS, {"metadata": {"name": "raw"}, "spec": spec}, namespace=namespace)
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims", "events"], "verbs": ["get", "list", "watch"]})
    assert kt.Volume.from_name("raw").wait(progress=QUIET).words == "Problem: class gp9 does not exist"


def test_the_pods_that_use_it_are_named(namespace, pods):
    vol = made()
    pods.running("train-0", "my-data")
    pods.unscheduled("hopeful", "my-data")
    assert vol.status().used_by == ("hopeful", "train-0")
    assert [(use.name, use.holds) for use in vol.users()] == [("hopeful", False), ("train-0", True)]


def test_without_the_right_to_list_pods_its_users_are_unknown(namespace, as_user):
    vol = made()
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list"]})
    assert kt.Volume.from_name(vol.name).status().used_by is None


def test_a_volume_that_is_described_and_not_made_has_a_status_too(namespace):
    status = kt.Volume("my-data", size="1Gi", mount_path="/data", access_mode="RWO").status()
    assert (status.state, status.words, status.age) == (State.ABSENT, "Not made yet", "–")


def test_a_volume_of_a_name_that_does_not_exist_has_none(namespace):
    with pytest.raises(kt.VolumeNotFound):
        kt.Volume.from_name("nothing").status()


def test_a_handle_says_what_it_knows_without_a_request(namespace, default_class):
    kt.Volume("my-data", "1Gi", "/data", storage_class=default_class, access_mode="RWO").ensure()
    vol = kt.Volume.from_name("my-data")
    before = repr(vol)
    vol.config()
    assert (before, repr(vol)) == ("Volume my-data", f"Volume my-data  1 Gi  RWO  {default_class}  at /data")


def test_a_handle_stays_with_the_cluster_and_namespace_it_began_with(cluster, namespace):
    vol = made()
    adopt(cluster.with_namespace("default"))
    assert (vol.namespace, vol.exists()) == (namespace, True)
