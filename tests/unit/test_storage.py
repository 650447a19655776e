"""What storage classes can do, which one is the default, and which one shared volumes get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_jupyter.specs.storage import Sharing, StorageClass, default_class, provisioner_of, shared_class, sharing

DEFAULT = "storageclass.kubernetes.io/is-default-class"
BETA_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class"

GP3 = StorageClass("gp3", "ebs.csi.aws.com", default=True)
EFS = StorageClass("efs", "efs.csi.aws.com")
NFS = StorageClass("nfs", "nfs.csi.k8s.io")
NFS_DEFAULT = StorageClass("z-nfs", "nfs.csi.k8s.io", default=True)
TRIDENT = StorageClass("ontap", "csi.trident.netapp.io")
MYSTERY = StorageClass("mystery", "storage.example.com")
S3 = StorageClass("a-bucket", "s3.csi.scality.com")
BY_HAND = StorageClass("a-gcs", "gcsfuse.csi.storage.gke.io")
MINIKUBE = StorageClass("standard", "k8s.io/minikube-hostpath", default=True)


@pytest.mark.parametrize(
    ("provisioner", "parameters", "verdict"),
    [
        ("nfs.csi.k8s.io", {}, Sharing.YES),
        ("cephfs.csi.ceph.com", {}, Sharing.YES),
        ("rook-ceph.cephfs.csi.ceph.com", {}, Sharing.YES),
        ("openshift-storage.cephfs.csi.ceph.com", {}, Sharing.YES),
        ("csi.juicefs.com", {}, Sharing.YES),
        ("cluster.local/nfs-client-nfs-subdir-external-provisioner", {}, Sharing.YES),
        ("local.kt-jupyter.dev/shared", {}, Sharing.YES),
        ("csi.trident.netapp.io", {"backendType": "ontap-nas-economy"}, Sharing.YES),
        ("csi.trident.netapp.io", {"backendType": "ontap-san"}, Sharing.NO),
        ("csi.trident.netapp.io", {}, Sharing.CONDITIONAL),
        ("kubernetes.io/portworx-volume", {"sharedv4": "true"}, Sharing.YES),
        ("org.democratic-csi.iscsi", {"csi.storage.k8s.io/fstype": "ext4"}, Sharing.NO),
        ("org.democratic-csi.nfs", {"csi.storage.k8s.io/fstype": "nfs"}, Sharing.YES),
        ("linstor.csi.linbit.com", {}, Sharing.CONDITIONAL),
        ("s3.csi.aws.com", {}, Sharing.OBJECT_STORE),
        ("rancher.io/local-path", {}, Sharing.SINGLE_NODE),
        ("ebs.csi.aws.com", {}, Sharing.NO),
        ("rook-ceph.rbd.csi.ceph.com", {}, Sharing.NO),
        ("local.kt-jupyter.dev/directory", {}, Sharing.NO),
        ("storage.example.com", {}, Sharing.UNKNOWN),
        ("notnfs.csi.k8s.io", {}, Sharing.UNKNOWN),
        ("", {}, Sharing.UNKNOWN),
    ],
)
def test_a_provisioner_shares_or_does_not(provisioner, parameters, verdict):
    assert sharing(provisioner, parameters) is verdict


def test_a_class_is_read_from_the_servers_object():
    manifest = {
        "metadata": {"name": "efs", "annotations": {BETA_DEFAULT: "true"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "provisioner": "efs.csi.aws.com",
        "parameters": {"provisioningMode": "efs-ap"},
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Retain",
        "allowVolumeExpansion": True,
    }
    assert StorageClass.from_manifest(manifest) == StorageClass(
        name="efs",
        provisioner="efs.csi.aws.com",
        parameters={"provisioningMode": "efs-ap"},
        waits_for_first_use=True,
        reclaim_policy="Retain",
        expandable=True,
        default=True,
        created="2026-01-01T00:00:00Z",
    )


def test_a_class_with_only_what_the_server_requires_is_read():
    manifest = {"metadata": {"name": "plain", "annotations": {DEFAULT: "false"}}, "provisioner": "p"}
    assert StorageClass.from_manifest(manifest) == StorageClass("plain", "p")


def test_the_newest_of_several_defaults_counts():
    old = StorageClass("old", default=True, created="2025-01-01T00:00:00Z")
    new = StorageClass("new", default=True, created="2026-01-01T00:00:00Z")
    newest_but_no_default = StorageClass("other", created="2026-06-01T00:00:00Z")
    assert default_class([old, new, newest_but_no_default]) == new


def test_of_defaults_of_one_age_the_first_by_name_counts():
    assert default_class([StorageClass("b", default=True), StorageClass("a", default=True)]).name == "a"


def test_without_a_default_there_is_none():
    assert default_class([EFS, NFS]) is None


@pytest.mark.parametrize(
    ("classes", "in_use", "chosen"),
    [
        ([GP3, NFS, EFS], (), EFS),
        ([GP3, NFS, EFS], ("nfs",), NFS),
        ([GP3, NFS, EFS], ("nfs.csi.k8s.io",), NFS),
        ([GP3, MYSTERY], ("mystery",), MYSTERY),
        ([GP3, MYSTERY, EFS], ("storage.example.com",), MYSTERY),
        ([EFS, NFS_DEFAULT], (), NFS_DEFAULT),
        ([GP3, TRIDENT], (), None),
        ([GP3], ("gp3",), None),
        ([MINIKUBE], ("standard",), None),
        ([GP3, MYSTERY], (), None),
        ([GP3, S3, BY_HAND], (), None),
        ([], (), None),
    ],
    ids=lambda value: "-".join(each.name for each in value) if isinstance(value, list) else None,
)  # fmt: skip
def test_the_class_for_shared_volumes_is_one_that_can(classes, in_use, chosen):
    assert shared_class(classes, in_use=in_use) == chosen


def test_a_class_that_may_share_is_the_last_resort():
    assert shared_class([GP3, TRIDENT], conditional=True) == TRIDENT
    assert shared_class([GP3, TRIDENT, NFS], conditional=True) == NFS


@given(st.permutations([GP3, NFS, EFS, TRIDENT, MYSTERY, S3, BY_HAND]))
def test_the_order_in_which_the_server_lists_classes_does_not_matter(classes):
    assert shared_class(classes) == EFS


@pytest.mark.parametrize(
    "name", ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"]
)
def test_a_claim_tells_its_provisioner(name):
    assert provisioner_of({"metadata": {"annotations": {name: "efs.csi.aws.com"}}}) == "efs.csi.aws.com"


def test_a_claim_without_annotations_tells_nothing():
    assert provisioner_of({"metadata": {}}) == ""
