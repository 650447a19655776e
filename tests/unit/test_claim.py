"""The claim behind a volume, written out, and when one that exists can serve."""

import pytest

from kt_jupyter.specs import claim as claims
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.specs.claim import claim_manifest, differences
from kt_jupyter.specs.quantity import parse


def existing(*, size="10Gi", has=None, modes=("ReadWriteOnce",), storage_class="standard", **spec):
    return {
        "metadata": {"name": "data", "annotations": {"kubetorch.com/mount-path": "/data"}},
        "spec": {
            "accessModes": list(modes),
            "resources": {"requests": {"storage": size}},
            "storageClassName": storage_class,
            **spec,
        },
        "status": {"phase": "Bound", **({"capacity": {"storage": has}} if has else {})},
    }


def test_the_manifest_of_a_volume():
    manifest = claim_manifest(
        "training-data",
        size=parse("1.5Ti"),
        access_mode=AccessMode.RWX,
        mount_path="/data",
        namespace="ml-team",
        storage_class="juicefs-sc-shared",
    )
    assert manifest == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "training-data",
            "namespace": "ml-team",
            "labels": {
                "app": "kubetorch",
                "kubetorch.com/volume": "training-data",
                "app.kubernetes.io/managed-by": "kt-jupyter",
            },
            "annotations": {"kubetorch.com/mount-path": "/data"},
        },
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1536Gi"}},
            "storageClassName": "juicefs-sc-shared",
        },
    }


def test_a_manifest_without_a_class_lets_the_server_choose():
    manifest = claim_manifest("data", size=parse("1Gi"), access_mode=AccessMode.RWO, mount_path="/data")
    assert manifest["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    assert "namespace" not in manifest["metadata"]


def test_no_class_at_all_is_another_thing_than_the_default_one():
    manifest = claim_manifest("d", size=parse("1Gi"), access_mode=AccessMode.RWO, mount_path="/d", storage_class="")
    assert manifest["spec"]["storageClassName"] == ""


def test_a_long_name_is_shortened_in_the_label_alone():
    name = "checkpoints-" + "x" * 200
    metadata = claim_manifest(name, size=parse("1Gi"), access_mode=AccessMode.RWO, mount_path="/d")["metadata"]
    assert metadata["name"] == name
    assert len(metadata["labels"]["kubetorch.com/volume"]) == 63


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"size": parse("10Gi")},
        {"size": parse("10240Mi")},
        {"size": parse("1Gi")},
        {"access_mode": AccessMode.RWO},
        {"storage_class_name": "standard"},
    ],
    ids=lambda asked: "-".join(asked) or "nothing",
)
def test_a_claim_that_has_what_is_asked_serves(asked):
    assert differences(existing(modes=("ReadWriteOnce", "ReadWriteMany")), **asked) == {}


def test_a_claim_serves_with_what_the_provider_rounded_up():
    assert differences(existing(size="1Gi", has="10Gi"), size=parse("8Gi")) == {}


def test_a_claim_that_is_being_resized_serves_with_what_it_will_have():
    assert differences(existing(size="20Gi", has="10Gi"), size=parse("20Gi")) == {}


@pytest.mark.parametrize(
    ("claim", "asked", "difference"),
    [
        (existing(size="10Gi"), {"size": parse("20Gi")}, {"size": ("10Gi", "20Gi")}),
        (existing(), {"access_mode": AccessMode.RWX}, {"access_mode": ("RWO", "RWX")}),
        (existing(), {"storage_class_name": "nfs"}, {"storage_class": ("standard", "nfs")}),
        (existing(storage_class=""), {"storage_class_name": "nfs"}, {"storage_class": ("none", "nfs")}),
        (existing(volumeMode="Block"), {}, {"volume_mode": ("Block (a raw device)", "Filesystem")}),
    ],
    ids=["smaller", "other mode", "other class", "no class", "raw device"],
)
def test_a_claim_that_cannot_serve_says_in_what(claim, asked, difference):
    assert differences(claim, **asked) == difference


def test_a_claim_that_is_going_away_cannot_serve():
    claim = existing()
    claim["metadata"]["deletionTimestamp"] = "2026-11-24T03:00:00Z"
    assert differences(claim) == {"state": ("Terminating", "usable")}


def test_a_claim_is_read_whatever_it_leaves_out():
    bare = {"metadata": {"name": "x"}, "spec": {}}
    facts = (claims.requested(bare), claims.capacity(bare), claims.access_modes(bare), claims.storage_class(bare))
    assert (*facts, claims.mount_path(bare)) == (None, None, [], None, None)


def test_the_class_may_stand_in_the_old_annotation():
    annotations = {"volume.beta.kubernetes.io/storage-class": "gold"}
    assert claims.storage_class({"metadata": {"annotations": annotations}, "spec": {}}) == "gold"
