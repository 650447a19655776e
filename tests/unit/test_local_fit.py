"""Which node a pod gets, and the sentence when it gets none: recorded from a real 1.34 scheduler."""

from kt_jupyter.local.controllers import fit
from kt_jupyter.local.controllers.fit import Situation, choose


def node(name="a", *, cpu="2", memory="4Gi", labels=None, taints=None, **spec):
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": {"taints": taints or [], **spec},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}},
    }


def pod(name="p", *, where=None, phase="Pending", requests=None, **spec):
    container = {"name": "c", "resources": {"requests": requests or {}}}
    placed = {"nodeName": where} if where else {}
    return {
        "metadata": {"name": name},
        "spec": {"containers": [container], **placed, **spec},
        "status": {"phase": phase},
    }


def on_nodes(*names):
    return [node(name) for name in names]


def test_the_emptier_node_is_taken():
    assert choose(pod(), on_nodes("a", "b"), Situation([pod(where="a")])) == ("b", "")


def test_more_than_any_node_has_is_said_resource_by_resource():
    asked = pod(requests={"cpu": "999", "memory": "900Ti", "nvidia.com/gpu": "1"})
    assert choose(asked, on_nodes("a", "b"), Situation([]))[1] == (
        "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory, 2 Insufficient nvidia.com/gpu. "
        "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    )


def test_what_other_pods_hold_is_not_free():
    held = [pod("other", where="a", requests={"cpu": "1500m"})]
    node_, why = choose(pod(requests={"cpu": "600m"}), on_nodes("a"), Situation(held))
    assert node_ is None
    assert why.endswith("preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.")


def test_what_finished_pods_held_is_free():
    held = [pod("other", where="a", phase="Succeeded", requests={"cpu": "2"})]
    assert choose(pod(requests={"cpu": "2"}), on_nodes("a"), Situation(held))[0] == "a"


def test_the_largest_init_container_counts_where_it_is_more():
    asked = pod(requests={"cpu": "1"}, initContainers=[{"name": "i", "resources": {"limits": {"cpu": "3"}}}])
    assert fit.requests(asked)["cpu"] == 3


def test_a_selector_that_no_node_matches():
    assert choose(pod(nodeSelector={"a": "b"}), on_nodes("a", "b"), Situation([]))[1] == (
        "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, "
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    )


def test_a_pod_pinned_by_name_whose_volume_is_elsewhere_says_both():
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    here = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["a"]}]}
    volume = {"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [here]}}}}
    _, why = choose(pod(affinity=affinity), on_nodes("a", "b"), Situation([], volumes=[volume]))
    assert why.startswith(
        "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, "
        "1 node(s) didn't satisfy plugin(s) [NodeAffinity]."
    )


def test_a_claim_for_one_pod_only_that_is_taken():
    _, why = choose(pod(), on_nodes("a", "b"), Situation([], taken_once={"claim"}))
    assert why.startswith(
        "0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
        "already in-use by another pod."
    )


def test_a_taint_keeps_away_who_does_not_tolerate_it():
    tainted = [node(taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}])]
    assert "1 node(s) had untolerated taint(s)" in choose(pod(), tainted, Situation([]))[1]
    tolerant = pod(tolerations=[{"key": "gpu", "operator": "Exists"}])
    assert choose(tolerant, tainted, Situation([]))[0] == "a"


def test_a_cordoned_node_takes_nothing_new():
    assert "1 node(s) were unschedulable" in choose(pod(), [node(unschedulable=True)], Situation([]))[1]


def test_a_selector_term_without_conditions_matches_nothing():
    assert not fit.matches_terms(node(), [{}])


def test_expressions_compare_numbers_too():
    big = node(labels={"memory": "64"})
    assert fit.matches_terms(big, [{"matchExpressions": [{"key": "memory", "operator": "Gt", "values": ["32"]}]}])
    assert not fit.matches_terms(big, [{"matchExpressions": [{"key": "memory", "operator": "Lt", "values": ["32"]}]}])
    assert not fit.matches_terms(big, [{"matchExpressions": [{"key": "memory", "operator": "DoesNotExist"}]}])
