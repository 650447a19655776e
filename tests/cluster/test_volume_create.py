"""Making volumes: idempotent, never silently another one than was asked for, refused before anything is made."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, LIMIT_RANGES, STORAGE_CLASSES
from kt_jupyter.specs.storage import Sharing, StorageClass

QUIET = [].append


def volume(name="my-data", size="10Gi", mount_path="/data", **options):
    return kt.Volume(name, size, mount_path, **{"access_mode": "RWO", **options})


def claim(cluster, namespace, name="my-data"):
    return cluster.get(CLAIMS, name, namespace=namespace)


def test_creating_twice_is_the_same_as_once(cluster, namespace):
    first = volume().ensure()
    assert volume().ensure()["metadata"]["uid"] == first["metadata"]["uid"]


def test_notebooks_that_make_the_same_volume_at_once_all_get_it(namespace):
    with ThreadPoolExecutor(8) as notebooks:
        made = list(notebooks.map(lambda _: volume().ensure(notify=QUIET), range(8)))
    assert len({each["metadata"]["uid"] for each in made}) == 1


@pytest.mark.parametrize(
    "asked", [{"size": "1Gi"}, {"size": "10240Mi"}, {"access_mode": None}, {"mount_path": "/elsewhere"}], ids=str
)
def test_one_that_can_serve_is_used(namespace, asked):
    uid = volume().ensure()["metadata"]["uid"]
    assert volume(**asked).ensure()["metadata"]["uid"] == uid


def test_the_mount_path_of_the_handle_counts_and_the_annotation_stays(cluster, namespace):
    volume().ensure()
    other = volume(mount_path="/elsewhere")
    other.ensure()
    assert other.mount_path == "/elsewhere"
    assert kt.Volume.from_name("my-data").mount_path == "/data"


def test_a_claim_somebody_else_made_is_used(cluster, namespace):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    made = cluster.create(CLAIMS, {"metadata": {"name": "my-data"}, "spec": spec}, namespace=namespace)
    assert volume().ensure()["metadata"]["uid"] == made["metadata"]["uid"]


@pytest.mark.parametrize(
    ("asked", "difference"),
    [
        ({"size": "20Gi"}, {"size": ("10Gi", "20Gi")}),
        ({"access_mode": "ROX"}, {"access_mode": ("RWO", "ROX")}),
    ],
    ids=["larger", "other mode"],
)
def test_one_that_cannot_serve_is_an_error_with_both_ways_out(namespace, asked, difference):
    volume().ensure()
    with pytest.raises(kt.VolumeDiffers) as refusal:
        volume(**asked).create()
    assert refusal.value.differences == difference
    assert 'kt.Volume.from_name("my-data", mount_path="/data")' in refusal.value.remedy
    assert 'kt.Volume("my-data-2"' in refusal.value.remedy


def test_another_class_is_a_difference(namespace, default_class, broken_class):
    volume().ensure()
    with pytest.raises(kt.VolumeDiffers) as refusal:
        volume(storage_class=broken_class).create()
    assert refusal.value.differences == {"storage_class": (default_class, broken_class)}


def test_one_that_is_being_deleted_cannot_serve(namespace, pods):
    volume().ensure()
    pods.running("holder", "my-data")
    volume().delete(force=True, wait=False, progress=QUIET)
    with pytest.raises(kt.VolumeDiffers, match="being deleted"):
        volume().create()


def test_a_dry_run_is_checked_by_the_server_and_keeps_nothing(namespace):
    vol = volume()
    assert vol.create(dry_run=True).spec.volume_mode == "Filesystem"
    assert not vol.exists()


def test_the_manifest_is_what_create_sends(cluster, namespace, default_class):
    vol = volume(storage_class=default_class)
    manifest = vol.manifest()
    made = vol.ensure()
    assert manifest["spec"].items() <= made["spec"].items()
    assert manifest["metadata"]["labels"].items() <= made["metadata"]["labels"].items()


def test_a_mode_left_open_is_the_best_that_can_be_had(cluster, namespace, shared_class):
    made = volume(access_mode=None).ensure(notify=QUIET)
    assert made["spec"]["accessModes"] == ["ReadWriteMany"]
    assert made["spec"]["storageClassName"] == shared_class


def test_a_mode_left_open_in_a_class_of_one_node_is_said(namespace, default_class, cluster):
    if kind(cluster, default_class) is Sharing.YES:
        pytest.skip("the default class is shared")
    said = []
    made = volume(access_mode=None, storage_class=default_class).ensure(notify=said.append)
    assert made["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert said[0].startswith("ReadWriteOnce: one node at a time")


def test_sharing_in_a_class_that_cannot_is_refused_or_the_drivers_to_decide(cluster, namespace, default_class):
    vol = volume(access_mode="RWX", storage_class=default_class)
    verdict = kind(cluster, default_class)
    if verdict is Sharing.NO:
        with pytest.raises(kt.NoSharedStorage, match=f"class {default_class} cannot do ReadWriteMany"):
            vol.create()
        assert not vol.exists()
    elif verdict is not Sharing.YES:
        said = []
        vol.ensure(notify=said.append)
        assert "its driver decides" in said[0]


def test_an_unknown_class_is_answered_with_those_there_are(namespace, default_class):
    vol = volume(storage_class="gp9")
    with pytest.raises(kt.StorageClassNotFound, match='no storage class "gp9"') as refusal:
        vol.create()
    assert default_class in refusal.value.remedy
    assert not vol.exists()


def test_an_unknown_namespace_is_named(namespace):
    with pytest.raises(kt.NamespaceNotFound, match=f"{namespace}-typo"):
        volume(namespace=f"{namespace}-typo").create()
    with pytest.raises(kt.NamespaceNotFound, match=f"{namespace}-typo"):
        kt.Volume.from_name("my-data", namespace=f"{namespace}-typo").config()


def test_an_exhausted_quota_is_said_with_its_numbers(workloads):
    workloads.quota("storage", {"requests.storage": "5Gi"})
    vol = volume()
    with pytest.raises(kt.QuotaExceeded, match="5Gi"):
        vol.create()
    assert not vol.exists()


def test_a_limit_range_is_said_with_its_numbers(cluster, namespace):
    limit = {"type": "PersistentVolumeClaim", "min": {"storage": "500Mi"}, "max": {"storage": "2Gi"}}
    body = {"metadata": {"name": "storage"}, "spec": {"limits": [limit]}}
    cluster.create(LIMIT_RANGES, body, namespace=namespace)
    with pytest.raises(kt.QuotaExceeded, match="2Gi"):
        volume().create()
    with pytest.raises(kt.QuotaExceeded, match="500Mi"):
        volume(size="100Mi").create()


def test_without_the_right_to_read_classes_the_server_chooses(namespace, as_user, default_class):
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list", "create"]})
    said = []
    made = volume(access_mode=None).ensure(notify=said.append)
    assert made["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert "storage classes may not be listed here" in said[0]


def test_without_the_right_to_create_the_missing_verb_is_named(namespace, as_user):
    as_user({"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list"]})
    with pytest.raises(kt.Forbidden, match="`create` on `persistentvolumeclaims`"):
        volume().create()


def test_a_volume_of_no_name_offers_those_like_it(namespace):
    volume().ensure()
    with pytest.raises(kt.VolumeNotFound, match="my-dta") as refusal:
        kt.Volume.from_name("my-dta").config()
    assert "Close to it: my-data" in refusal.value.remedy


def test_a_claim_without_the_annotation_asks_for_a_mount_path(cluster, namespace):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    cluster.create(CLAIMS, {"metadata": {"name": "bare"}, "spec": spec}, namespace=namespace)
    vol = kt.Volume.from_name("bare")
    with pytest.raises(kt.InvalidMountPath) as refusal:
        _ = vol.mount_path
    assert 'kt.Volume.from_name("bare", mount_path="/data")' in refusal.value.remedy
    assert vol.config()["mount_path"] is None
    assert vol.ensure()["metadata"]["name"] == "bare"


def test_after_a_deletion_create_makes_the_like_and_not_the_same(cluster, namespace, shared_class):
    volume("shared", storage_class=shared_class, access_mode="RWX").ensure()
    vol = kt.Volume.from_name("shared")
    vol.wait(progress=QUIET)
    before = vol.config()
    vol.delete(progress=QUIET)
    again = vol.ensure()
    assert vol.config() == before
    assert "volumeName" not in again["spec"] or again["spec"]["volumeName"].startswith("pvc-")


def kind(cluster, name):
    return StorageClass.from_manifest(cluster.get(STORAGE_CLASSES, name)).sharing
