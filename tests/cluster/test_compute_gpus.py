"""A compute with GPUs, where a node has some: one that the tests say it has, as no GPU is needed to be scheduled."""

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import NODES, PODS
from kt_jupyter.specs.resources import GPU
from tests.cluster.computing import printed

TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}


@pytest.fixture
def gpu_node(cluster):
    """The name of a node that has one GPU, and takes only who asks for it."""
    if not (cluster.is_local or cluster.context == "kt-real"):
        pytest.skip("says of a node that it has a GPU: only on clusters that the tests make")
    name = max(node["metadata"]["name"] for node in cluster.list(NODES))

    def set_to(count, taints):
        amounts = {GPU: count}
        cluster.patch(NODES, name, {"status": {"capacity": amounts, "allocatable": amounts}}, subresource="status")
        cluster.patch(NODES, name, {"spec": {"taints": taints}})

    set_to("1", [TAINT])
    yield name
    set_to(None, None)


def test_a_gpu_is_had_from_a_node_that_is_kept_for_those_who_ask_for_one(computes, cluster, gpu_node):
    compute = computes.start(gpus=1)
    pod = cluster.get(PODS, compute.pod, namespace=compute.namespace)
    assert pod["spec"]["nodeName"] == gpu_node
    assert printed(compute, "print(1)") == "1\n"


def test_when_somebody_has_the_only_gpu_it_is_said_at_once(computes, gpu_node):
    computes.start(gpus=1, name="first")
    second = computes.describe(gpus=1, name="second")
    said = []
    with pytest.raises(kt.WaitTimeout):
        second.start(timeout=3, progress=said.append)
    assert said[0].startswith(f"No node has 1 GPU free: {gpu_node} 0 of 1.")
