"""Which mode and class a new volume gets; who uses a claim."""

import pytest

from kt_jupyter.errors import NoSharedStorage, StorageClassNotFound
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.volumes.choice import Market, choose
from kt_jupyter.volumes.pasting import python_arguments
from kt_jupyter.volumes.users import claims_of, name_some, users_by_claim, users_of

RWO, RWX, ROX = AccessMode.RWO, AccessMode.RWX, AccessMode.ROX


def storage_class(name, provisioner, *, default=False):
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {"metadata": {"name": name, "annotations": annotations}, "provisioner": provisioner}


def shared_claim(storage_class_name, provisioner, **spec):
    return {
        "metadata": {"name": "x", "annotations": {"volume.kubernetes.io/storage-provisioner": provisioner}},
        "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": storage_class_name, **spec},
        "status": {"phase": "Bound"},
    }


GP3 = storage_class("gp3", "ebs.csi.aws.com", default=True)
EFS = storage_class("efs", "efs.csi.aws.com")
ODD = storage_class("odd", "storage.example.com")
HOSTPATH = storage_class("hostpath", "docker.io/hostpath", default=True)
BUCKET = storage_class("bucket", "s3.csi.scality.com")
TRIDENT = storage_class("ontap", "csi.trident.netapp.io")


@pytest.mark.parametrize(
    ("mode", "name", "classes", "own", "chosen"),
    [
        (None, None, [GP3, EFS], [], (RWX, "efs", "efs")),
        (None, None, [GP3], [], (RWO, None, "gp3")),
        (None, None, [HOSTPATH], [], (RWO, None, "hostpath")),
        (None, None, [GP3, BUCKET], [], (RWO, None, "gp3")),
        (None, None, [GP3, TRIDENT], [], (RWO, None, "gp3")),
        (None, None, [GP3, ODD], [shared_claim("odd", "storage.example.com")], (RWX, "odd", "odd")),
        (None, None, [GP3, ODD], [shared_claim("odd", "storage.example.com", volumeMode="Block")], (RWO, None, "gp3")),
        (None, None, None, [], (RWO, None, None)),
        (None, None, None, [shared_claim("efs", "efs.csi.aws.com")], (RWX, "efs", "efs")),
        (None, "efs", [GP3, EFS], [], (RWX, "efs", "efs")),
        (None, "gp3", [GP3, EFS], [], (RWO, "gp3", "gp3")),
        (None, "odd", [ODD], [], (RWO, "odd", "odd")),
        (None, "odd", None, [], (RWO, "odd", "odd")),
        (None, "", [GP3], [], (RWO, "", None)),
        (RWX, None, [GP3, EFS], [], (RWX, "efs", "efs")),
        (RWX, None, [GP3, TRIDENT], [], (RWX, "ontap", "ontap")),
        (RWX, None, None, [], (RWX, None, None)),
        (RWX, "odd", [ODD], [], (RWX, "odd", "odd")),
        (RWX, "bucket", [BUCKET], [], (RWX, "bucket", "bucket")),
        (RWO, None, [GP3, EFS], [], (RWO, None, "gp3")),
        (RWO, "efs", [GP3, EFS], [], (RWO, "efs", "efs")),
        (ROX, None, [GP3], [], (ROX, None, "gp3")),
    ],
)
def test_what_a_new_claim_asks_for(mode, name, classes, own, chosen):
    choice = choose(mode, name, Market.of(classes, own))
    assert (choice.access_mode, choice.storage_class, choice.expected_class) == chosen


@pytest.mark.parametrize(
    ("mode", "name", "classes", "said"),
    [
        (None, None, [GP3], "no storage class here is known to be shared"),
        (None, None, None, "storage classes may not be listed here"),
        (None, None, [EFS], ""),
        (None, "gp3", [GP3], "class gp3: one node at a time"),
        (RWX, "odd", [ODD], "its driver decides"),
        (RWX, "bucket", [BUCKET], "an object store: no append, rename or lock"),
        (RWX, None, [TRIDENT], "if its backend is set up for it"),
        (RWX, None, None, "cannot be checked"),
        (RWO, None, [EFS], "no default storage class"),
        (RWO, None, [GP3], ""),
    ],
)
def test_what_is_worth_saying_about_the_choice(mode, name, classes, said):
    notices = " ".join(choose(mode, name, Market.of(classes, [])).notices)
    assert said in notices
    assert bool(said) == bool(notices)


def test_an_unknown_class_is_answered_with_those_there_are():
    with pytest.raises(StorageClassNotFound, match="gp9") as refusal:
        choose(RWO, "gp9", Market.of([GP3, EFS], []))
    assert refusal.value.remedy == "Classes here: efs (shared by many nodes), gp3 (one node at a time)."


@pytest.mark.parametrize("name", [None, "gp3"])
def test_sharing_is_never_weakened_when_it_was_asked_for(name):
    with pytest.raises(NoSharedStorage) as refusal:
        choose(RWX, name, Market.of([GP3], []))
    assert "gp3 (one node at a time)" in refusal.value.remedy
    assert 'access_mode="ReadWriteOnce"' in refusal.value.remedy


def pod(name, *volumes, phase="Running", node="n1", **metadata):
    meta = {"name": name, "namespace": "team-a", "uid": name, **metadata}
    spec = {"volumes": list(volumes), **({"nodeName": node} if node else {})}
    return {"metadata": meta, "spec": spec, "status": {"phase": phase}}


def mounts(claim):
    return {"name": "v0", "persistentVolumeClaim": {"claimName": claim}}


def test_a_pods_claims_are_those_it_names_and_those_made_for_it():
    found = claims_of(pod("a", mounts("data"), {"name": "scratch", "ephemeral": {}}, {"name": "tmp", "emptyDir": {}}))
    assert list(found) == ["data", "a-scratch"]


def test_the_users_of_a_claim_are_told_apart():
    job = [{"kind": "Job", "name": "train", "controller": True}, {"kind": "Other", "name": "x"}]
    listed = [
        pod("c", mounts("data"), phase="Succeeded", ownerReferences=job),
        pod("b", mounts("data"), node=None, phase="Pending"),
        pod("a", mounts("data"), deletionTimestamp="2026-11-24T03:00:00Z"),
        pod("d", mounts("other")),
    ]
    written = [str(use) for use in users_of("data", listed)]
    assert written == ["a (ending)", "b (Pending)", "c (Succeeded, finished, of Job train)"]
    assert [use.holds for use in users_of("data", listed)] == [True, False, True]
    assert {key: len(uses) for key, uses in users_by_claim(listed).items()} == {
        ("team-a", "data"): 3,
        ("team-a", "other"): 1,
    }


def test_many_pods_are_named_in_part():
    uses = users_of("data", [pod(f"p{i}", mounts("data")) for i in range(6)])
    assert name_some(uses) == "p0 (Running), p1 (Running), p2 (Running), p3 (Running) and 2 more"


def test_arguments_to_paste_are_python():
    written = python_arguments("data", mount_path='/a "b"\\é', namespace=None)
    assert eval(f"dict(name={written})") == {"name": "data", "mount_path": '/a "b"\\é'}
