"""The reference documentation of Volume, line by line: what it shows works as it stands."""

import pytest

import kt_jupyter as kt


def test_a_volume_is_made_with_the_arguments_of_the_reference(namespace, shared_class):
    vol = kt.Volume(
        name="distributed-data",
        size="1Ti",
        mount_path="/data",
        storage_class=shared_class,
        access_mode="ReadWriteMany",
        namespace=namespace,
    )
    assert vol.config() == {
        "name": "distributed-data",
        "size": "1Ti",
        "access_mode": "ReadWriteMany",
        "mount_path": "/data",
        "storage_class": shared_class,
        "namespace": namespace,
    }


def test_arguments_may_be_given_in_order(default_class):
    vol = kt.Volume("data", "10Gi", "/data", default_class, "ReadWriteOnce", "team-a")
    assert list(vol.config().values()) == ["data", "10Gi", "ReadWriteOnce", "/data", default_class, "team-a"]


def test_the_properties_of_the_reference(namespace, default_class):
    vol = kt.Volume(name="my-data", size="10Gi", mount_path="/data", storage_class=default_class, access_mode="RWO")
    assert (vol.name, vol.pvc_name, vol.size, vol.mount_path) == ("my-data", "my-data", "10Gi", "/data")
    assert (vol.access_mode, vol.storage_class, vol.namespace) == ("ReadWriteOnce", default_class, namespace)


def test_create_returns_the_official_clients_claim(namespace):
    from kubernetes.client import V1PersistentVolumeClaim

    vol = kt.Volume(name="my-data", size="10Gi", mount_path="/data")
    pvc = vol.create()
    assert isinstance(pvc, V1PersistentVolumeClaim)
    assert (pvc.metadata.name, pvc.metadata.namespace) == ("my-data", namespace)
    assert pvc.spec.resources.requests == {"storage": "10Gi"}


def test_a_volume_exists_from_create_to_delete(namespace):
    vol = kt.Volume(name="my-data", size="1Gi", mount_path="/data")
    before = vol.exists()
    vol.create()
    between = vol.exists()
    vol.delete()
    assert (before, between, vol.exists()) == (False, True, False)


def test_an_existing_claim_is_loaded_by_name(namespace):
    kt.Volume(name="existing-pvc", size="10Gi", mount_path="/models").create()
    vol = kt.Volume.from_name(name="existing-pvc", namespace=namespace)
    assert (vol.size, vol.mount_path) == ("10Gi", "/models")


def test_its_mount_path_may_be_overridden(namespace):
    kt.Volume(name="existing-pvc", size="10Gi", mount_path="/models").create()
    assert kt.Volume.from_name(name="existing-pvc", mount_path="/data").config()["mount_path"] == "/data"


def test_the_config_of_a_loaded_volume_is_that_of_the_one_made(namespace):
    made = kt.Volume(name="my-data", size="10Gi", mount_path="/data")
    made.create()
    assert kt.Volume.from_name("my-data").config() == made.config()


def test_without_a_class_a_shared_mode_finds_one(namespace, shared_class):
    vol = kt.Volume(name="kt-global-cache", size="100Gi", mount_path="/cache", access_mode="ReadWriteMany")
    assert vol.storage_class == shared_class


def test_without_a_class_other_modes_get_the_clusters_default(namespace, default_class):
    vol = kt.Volume(name="scratch", size="1Gi", mount_path="/scratch", access_mode="ReadWriteOnce")
    expected = vol.storage_class
    assert vol.create().spec.storage_class_name == expected == default_class


def test_the_claim_is_one_kubetorch_lists(namespace):
    claim = kt.Volume(name="my-data", size="1Gi", mount_path="/data").ensure()
    assert claim["metadata"]["annotations"]["kubetorch.com/mount-path"] == "/data"
    assert claim["metadata"]["labels"]["kubetorch.com/volume"] == "my-data"


@pytest.mark.parametrize("name", ["data.v1", "x" * 70], ids=["dots", "70 characters"])
def test_names_kubetorch_cannot_label_work(namespace, name):
    kt.Volume(name=name, size="1Gi", mount_path="/data").create()
    assert [row.name for row in kt.volumes()] == [name]
