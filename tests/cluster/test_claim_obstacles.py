"""What keeps a claim from being had, used or gone, as the cluster says it and as kt says it.

One place for the cases that a storage product is judged by; what else is known about each stands with its subject
(``test_binding``: binding, ``test_volume_create``: drift and quotas, ``test_volume_delete``: who holds a volume).
"""

import pytest

import kt_jupyter as kt
from kt_jupyter.errors import Rejected
from kt_jupyter.kube import CLAIMS, NAMESPACES, NODES, PODS, STORAGE_CLASSES, VOLUMES
from kt_jupyter.specs.storage import Sharing, StorageClass
from kt_jupyter.volumes import State
from tests.cluster.workloads import claim, mounting, phase, pod

QUIET = [].append
RESTRICTED = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
SELECTED_NODE = "volume.kubernetes.io/selected-node"


@pytest.fixture
def waiting_class(cluster):
    """The name of a class that makes a disk for the first pod that needs it."""
    classes = [StorageClass.from_manifest(found) for found in cluster.list(STORAGE_CLASSES)]
    found = next((each.name for each in classes if each.waits_for_first_use), None)
    return found or pytest.skip("no class of this cluster waits for the first use")


@pytest.fixture
def unshared_class(cluster, default_class):
    """The name of a class that lets one node at a time write, which Kubernetes itself does not know."""
    if StorageClass.from_manifest(cluster.get(STORAGE_CLASSES, default_class)).sharing is not Sharing.NO:
        pytest.skip("the default class of this cluster is not known to be unable to share")
    return default_class


def test_a_claim_that_waits_for_its_first_consumer_gets_its_disk_where_that_runs(workloads, waiting_class):
    workloads.make(CLAIMS, claim("data", storageClassName=waiting_class))
    assert workloads.event("data", "WaitForFirstConsumer")
    workloads.run("first", "true", **mounting("data"))
    node = workloads.cluster.get(PODS, "first", namespace=workloads.namespace)["spec"]["nodeName"]
    assert workloads.bound("data")["metadata"]["annotations"][SELECTED_NODE] == node


def test_a_disk_of_one_node_keeps_pods_from_the_others(workloads, waiting_class, unshared_class):
    workloads.make(CLAIMS, claim("data", storageClassName=waiting_class))
    workloads.run("first", "true", **mounting("data"))
    (home,) = named_by_its_disk(workloads) or pytest.skip("disks of this class are not tied to a node")
    elsewhere = [node["metadata"]["name"] for node in workloads.cluster.list(NODES) if hostname(node) != home]
    if not elsewhere:
        pytest.skip("this cluster has one node")
    workloads.make(PODS, pod("away", "true", nodeSelector={"kubernetes.io/hostname": elsewhere[0]}, **mounting("data")))
    assert "node affinity" in workloads.event("away", "FailedScheduling")


def test_a_claim_to_share_a_class_that_cannot_is_accepted_and_refused_at_its_first_use(workloads, unshared_class):
    workloads.make(CLAIMS, claim("data", mode="ReadWriteMany", storageClassName=unshared_class))
    workloads.make(PODS, pod("user", "true", **mounting("data")))
    said = workloads.event("data", "ProvisioningFailed")
    assert "only supports ReadWriteOnce" in said
    assert phase(workloads.cluster.get(PODS, "user", namespace=workloads.namespace)) == "Pending"
    status = kt.Volume.from_name("data").wait(progress=QUIET)
    assert (status.state, status.reason in said) == (State.PROBLEM, True)


def test_a_volume_to_share_in_a_class_that_cannot_is_refused_before_it_is_made(namespace, unshared_class):
    vol = kt.Volume("data", "1Gi", "/data", unshared_class, "RWX")
    with pytest.raises(kt.NoSharedStorage, match=f"class {unshared_class} cannot do ReadWriteMany"):
        vol.create()
    assert not vol.exists()


def test_a_missing_class_is_named_by_the_cluster_and_by_kt(workloads):
    workloads.make(CLAIMS, claim("data", storageClassName="no-such-class"))
    assert workloads.event("data", "ProvisioningFailed") == 'storageclass.storage.k8s.io "no-such-class" not found'
    assert kt.Volume.from_name("data").status().words == "Problem: class no-such-class does not exist"


def test_a_claim_that_a_finished_pod_holds_is_terminating_and_says_by_whom(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("done", "true", **mounting("data"))
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    status = kt.Volume.from_name("data").status()
    assert (status.state, phase(status.claim)) == (State.TERMINATING, "Bound")
    assert "done (Succeeded, finished)" in status.words
    assert "delete(force=True)" in status.remedy
    workloads.cluster.delete(PODS, "done", namespace=workloads.namespace)
    workloads.gone(CLAIMS, "data")


def test_nothing_is_scheduled_with_a_claim_that_is_terminating(workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.run("done", "true", **mounting("data"))
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    workloads.make(PODS, pod("late", "true", **mounting("data")))
    assert 'persistentvolumeclaim "data" is being deleted' in workloads.event("late", "FailedScheduling")


def test_what_drifted_is_told_and_the_claim_stays_as_it_is(workloads, default_class):
    made = workloads.make(CLAIMS, claim("data", size="1Gi", storageClassName=default_class))
    with pytest.raises(kt.VolumeDiffers) as refusal:
        kt.Volume("data", "2Gi", "/data", access_mode="ROX").create(notify=QUIET)
    assert refusal.value.differences == {"size": ("1Gi", "2Gi"), "access_mode": ("RWO", "ROX")}
    assert workloads.cluster.get(CLAIMS, "data", namespace=workloads.namespace)["spec"] == made["spec"]


def test_pod_security_refuses_a_pod_that_would_use_the_volume_and_names_what_it_wants(workloads):
    workloads.cluster.patch(NAMESPACES, workloads.namespace, RESTRICTED)
    workloads.make(CLAIMS, claim("data"))
    as_root = pod("root", "true", **mounting("data"), securityContext={"runAsUser": 0})
    with pytest.raises(Rejected, match='Pod Security level "restricted:latest" refuses the pod') as refusal:
        workloads.make(PODS, as_root)
    assert "runAsUser=0" in str(refusal.value)
    assert phase(workloads.run("modest", "true", **mounting("data"))) == "Succeeded"


def named_by_its_disk(workloads):
    """The host names that the disk of the claim is tied to."""
    disk = workloads.cluster.get(VOLUMES, workloads.bound("data")["spec"]["volumeName"])
    terms = ((disk["spec"].get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or []
    return [name for term in terms for each in term["matchExpressions"] for name in each["values"]]


def hostname(node):
    return node["metadata"]["labels"]["kubernetes.io/hostname"]
