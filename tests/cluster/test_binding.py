"""Claims: when they bind, what keeps them from it, what deleting does, and what pods see of their data."""

from kt_jupyter.kube import CLAIMS, PODS, VOLUMES
from tests.cluster.workloads import claim, mounting, phase, pod

PROTECTION = "kubernetes.io/pvc-protection"


def test_a_claim_of_the_default_class_binds_at_the_latest_when_a_pod_uses_it(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("writer", "echo kept > /data/file", **mounting("data"))
    found = workloads.bound("data")
    assert found["status"]["capacity"] == {"storage": "10Mi"}
    assert found["status"]["accessModes"] == ["ReadWriteOnce"]
    assert found["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] == "yes"


def test_what_one_pod_wrote_the_next_one_reads(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("writer", "echo kept > /data/file", **mounting("data"))
    workloads.run("reader", "cat /data/file", **mounting("data"))
    assert workloads.log("reader") == "kept\n"


def test_a_claim_can_be_mounted_where_the_image_has_no_such_directory(workloads):
    workloads.make(CLAIMS, claim("data"))
    place = "/opt/ml/checkpoints/run-1"
    workloads.run("deep", f"cd {place} && touch x && pwd", **mounting("data", place))
    assert workloads.log("deep") == f"{place}\n"


def test_a_sub_path_is_a_directory_of_the_claim(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("sub", "echo one > /data/file", **mounting("data", subPath="a/b"))
    workloads.run("all", "cat /data/a/b/file", **mounting("data"))
    assert workloads.log("all") == "one\n"


def test_the_volume_of_a_claim_says_whose_it_is(workloads):
    made = workloads.make(CLAIMS, claim("data"))
    workloads.run("user", "true", **mounting("data"))
    name = workloads.bound("data")["spec"]["volumeName"]
    volume = workloads.cluster.get(VOLUMES, name)
    assert name == f"pvc-{made['metadata']['uid']}"
    assert volume["spec"]["claimRef"]["uid"] == made["metadata"]["uid"]
    assert phase(volume) == "Bound"


def test_a_class_that_does_not_exist_is_named_in_an_event(workloads):
    workloads.make(CLAIMS, claim("data", storageClassName="no-such-class"))
    assert workloads.event("data", "ProvisioningFailed") == 'storageclass.storage.k8s.io "no-such-class" not found'


def test_a_claim_without_class_waits_for_a_volume_made_by_hand(workloads):
    workloads.make(CLAIMS, claim("data", storageClassName=""))
    said = "no persistent volumes available for this claim and no storage class is set"
    assert workloads.event("data", "FailedBinding") == said


def test_a_broken_provisioner_says_why_in_an_event(workloads, broken_class):
    workloads.make(CLAIMS, claim("data", storageClassName=broken_class))
    assert workloads.event("data", "ProvisioningFailed")
    assert phase(workloads.cluster.get(CLAIMS, "data", namespace=workloads.namespace)) == "Pending"


def test_a_shared_claim_is_written_by_two_pods_at_once(workloads, shared_class):
    workloads.make(CLAIMS, claim("both", mode="ReadWriteMany", storageClassName=shared_class))
    wait = "touch /data/$0; while [ ! -e /data/one ] || [ ! -e /data/two ]; do sleep 0.1; done"
    for name in ("one", "two"):
        manifest = pod(name, **mounting("both"))
        manifest["spec"]["containers"][0]["command"] = ["sh", "-c", wait, name]
        workloads.make(PODS, manifest)
    assert [phase(workloads.ended(name)) for name in ("one", "two")] == ["Succeeded", "Succeeded"]


def test_a_volume_made_by_hand_binds_the_claim_that_fits_it(workloads):
    name = f"by-hand-{workloads.namespace}"
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": name,
        "hostPath": {"path": "/tmp"},
    }
    workloads.cluster.create(VOLUMES, {"metadata": {"name": name}, "spec": spec})
    workloads.make(CLAIMS, claim("data", storageClassName=name))
    found = workloads.bound("data")
    assert (found["spec"]["volumeName"], found["status"]["capacity"]["storage"]) == (name, "1Gi")
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    workloads.until(VOLUMES, name, lambda volume: phase(volume) == "Released" or None)
    workloads.cluster.delete(VOLUMES, name)


def test_a_claim_whose_volume_vanished_is_lost(workloads):
    name = f"lost-{workloads.namespace}"
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": name,
        "hostPath": {"path": "/tmp"},
    }
    workloads.cluster.create(VOLUMES, {"metadata": {"name": name}, "spec": spec})
    workloads.make(CLAIMS, claim("data", storageClassName=name))
    workloads.bound("data")
    workloads.cluster.delete(VOLUMES, name)
    workloads.cluster.patch(VOLUMES, name, {"metadata": {"finalizers": None}})
    workloads.until(CLAIMS, "data", lambda claim: phase(claim) == "Lost" or None)
    assert workloads.event("data", "ClaimLost").endswith("Data on the volume is lost!")


def test_a_finished_pod_keeps_its_claim_from_going(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("user", "true", **mounting("data"))
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    held = workloads.until(CLAIMS, "data", lambda claim: claim if "deletionTimestamp" in claim["metadata"] else None)
    assert held["metadata"]["finalizers"] == [PROTECTION]
    workloads.cluster.delete(PODS, "user", namespace=workloads.namespace)
    workloads.gone(CLAIMS, "data")


def test_a_pod_that_has_no_node_does_not_keep_its_claim(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.make(PODS, pod("nowhere", nodeSelector={"example.com/none": "here"}, **mounting("data")))
    workloads.event("nowhere", "FailedScheduling")
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    workloads.gone(CLAIMS, "data")


def test_deleting_a_claim_deletes_its_volume_where_the_class_says_so(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("user", "echo x > /data/file", **mounting("data"))
    volume = workloads.bound("data")["spec"]["volumeName"]
    workloads.cluster.delete(PODS, "user", namespace=workloads.namespace)
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    workloads.gone(VOLUMES, volume)


def test_a_pod_whose_claim_does_not_exist_waits_for_it(workloads):
    workloads.make(PODS, pod("early", "true", **mounting("data")))
    assert 'persistentvolumeclaim "data" not found' in workloads.event("early", "FailedScheduling")
    workloads.make(CLAIMS, claim("data"))
    assert phase(workloads.ended("early")) == "Succeeded"


def test_a_claim_for_one_pod_only_is_refused_to_a_second(workloads):
    workloads.make(CLAIMS, claim("mine", mode="ReadWriteOncePod"))
    workloads.make(PODS, pod("first", "sleep 600", **mounting("mine")))
    workloads.running("first")
    workloads.make(PODS, pod("second", "true", **mounting("mine")))
    assert "ReadWriteOncePod access mode already in-use" in workloads.event("second", "FailedScheduling")
