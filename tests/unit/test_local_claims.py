"""What the volume controller decides about a claim."""

from kt_jupyter.local.controllers import claims
from kt_jupyter.local.controllers.claims import Bind, Lose, Provision, Say, UseClass, Wait, decide

WFFC = {"metadata": {"name": "later"}, "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer"}
NOW = {"metadata": {"name": "now"}, "provisioner": "p", "volumeBindingMode": "Immediate"}
CLASSES = {"later": WFFC, "now": NOW}


def claim(*, annotations=None, size="1Gi", modes=("ReadWriteOnce",), phase="Pending", **spec):
    return {
        "metadata": {"name": "c", "namespace": "n", "uid": "u", "annotations": annotations or {}},
        "spec": {"accessModes": list(modes), "resources": {"requests": {"storage": size}}, **spec},
        "status": {"phase": phase},
    }


def volume(
    name="v", *, size="1Gi", modes=("ReadWriteOnce",), storage_class="", reference=None, labels=None, phase="Available"
):
    spec = {"capacity": {"storage": size}, "accessModes": list(modes), "storageClassName": storage_class}
    if reference:
        spec["claimRef"] = reference
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": {"phase": "Available"}}


def by_name(*volumes):
    return {one["metadata"]["name"]: one for one in volumes}


def test_a_class_that_waits_for_its_consumer_waits():
    decision = decide(claim(storageClassName="later"), {}, CLASSES, [])
    assert decision == Say("WaitForFirstConsumer", "waiting for first consumer to be created before binding")


def test_pods_without_a_node_are_named_as_what_is_waited_for():
    decision = decide(claim(storageClassName="later"), {}, CLASSES, ["a", "b"])
    assert decision == Say("WaitForPodScheduled", "waiting for pods a,b to be scheduled")


def test_once_a_node_is_selected_the_provisioner_is_asked():
    selected = claim(storageClassName="later", annotations={claims.SELECTED_NODE: "node"})
    assert decide(selected, {}, CLASSES, []) == Provision("p")


def test_an_immediate_class_asks_its_provisioner_at_once():
    assert decide(claim(storageClassName="now"), {}, CLASSES, []) == Provision("p")


def test_a_missing_class_is_named():
    decision = decide(claim(storageClassName="gp9"), {}, CLASSES, [])
    assert decision == Say("ProvisioningFailed", 'storageclass.storage.k8s.io "gp9" not found', warning=True)


def test_the_empty_class_is_no_class_and_never_defaulted():
    default = {
        **NOW,
        "metadata": {"name": "now", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    }
    assert decide(claim(storageClassName=""), {}, {"now": default}, []).reason == "FailedBinding"
    assert decide(claim(), {}, {"now": default}, []) == UseClass("now")


def test_of_several_default_classes_the_newest_counts():
    mark = {"storageclass.kubernetes.io/is-default-class": "true"}
    made = [("b", "2026-01-02T00:00:00Z"), ("a", "2026-01-02T00:00:00Z"), ("old", "2026-01-01T00:00:00Z")]
    found = [{"metadata": {"name": name, "creationTimestamp": time, "annotations": mark}} for name, time in made]
    assert claims.default_class(found)["metadata"]["name"] == "a"


def test_the_smallest_volume_that_fits_is_taken():
    volumes = by_name(volume("big", size="9Gi"), volume("fits", size="2Gi"), volume("small", size="1Mi"))
    assert decide(claim(storageClassName=""), volumes, CLASSES, []) == Bind(volumes["fits"])


def test_a_volume_reserved_for_the_claim_comes_first():
    reserved = volume("mine", size="9Gi", reference={"namespace": "n", "name": "c"})
    assert decide(claim(storageClassName=""), by_name(volume("free"), reserved), CLASSES, []) == Bind(reserved)


def test_a_selector_chooses_by_labels():
    volumes = by_name(volume("plain"), volume("fast", labels={"disk": "ssd"}))
    wanting = claim(storageClassName="", selector={"matchLabels": {"disk": "ssd"}})
    assert decide(wanting, volumes, CLASSES, []) == Bind(volumes["fast"])


def test_a_volume_that_was_asked_for_and_does_not_fit_says_why():
    decision = decide(claim(storageClassName="", volumeName="v"), by_name(volume(size="1Mi")), CLASSES, [])
    assert decision == Say(
        "VolumeMismatch", 'Cannot bind to requested volume "v": requested PV is too small', warning=True
    )


def test_a_volume_of_somebody_else_is_not_taken():
    taken = volume(reference={"namespace": "n", "name": "other", "uid": "x"})
    decision = decide(claim(storageClassName="", volumeName="v"), by_name(taken), CLASSES, [])
    assert decision == Say("FailedBinding", 'volume "v" already bound to a different claim.', warning=True)


def test_a_volume_that_does_not_exist_yet_is_waited_for():
    assert decide(claim(volumeName="v"), {}, CLASSES, []) == Wait()


def test_a_bound_claim_without_its_volume_is_lost():
    bound = claim(volumeName="v", annotations={claims.BIND_COMPLETED: "yes"}, phase="Bound")
    assert decide(bound, {}, CLASSES, []).reason == "ClaimLost"
    assert isinstance(decide(bound, by_name(volume(reference={"name": "x", "uid": "x"})), CLASSES, []), Lose)


def test_what_is_lost_stays_lost():
    bound = claim(volumeName="v", annotations={claims.BIND_COMPLETED: "yes"}, phase="Lost")
    assert decide(bound, {}, CLASSES, []) == Wait()
