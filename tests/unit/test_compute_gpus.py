"""What is said of GPUs that no node has free."""

from kt_jupyter.compute.gpus import told


def node(name, gpus):
    return {
        "metadata": {"name": name},
        "status": {"allocatable": {"cpu": "8"} | ({"nvidia.com/gpu": gpus} if gpus else {})},
    }


def pod(node, gpus, phase="Running"):
    container = {"resources": {"limits": {"nvidia.com/gpu": gpus}}}
    return {"spec": {"nodeName": node, "containers": [container]}, "status": {"phase": phase}}


def test_nothing_is_said_when_a_node_has_them():
    assert told(2, [node("a", None), node("b", "4")], [pod("b", "2")]) is None


def test_finished_pods_use_none():
    assert told(4, [node("b", "4")], [pod("b", "2", "Succeeded")]) is None


def test_what_each_node_has_is_said():
    said = told(8, [node("a", "8"), node("b", "4"), node("c", None)], [pod("a", "8")])
    assert said == "No node has 8 GPUs free: a 0 of 8, b 4 of 4. The pod waits for them."


def test_a_cluster_without_gpus_says_so():
    said = told(1, [node("a", None)], [])
    assert (
        said == "No node has 1 GPU: none has any (nvidia.com/gpu). The pod waits, since an autoscaler may add a node."
    )


def test_without_the_right_to_see_pods_only_what_nodes_have_is_known():
    assert told(8, [node("a", "4")], [], used_known=False) == "No node has 8 GPUs at all: a 4. The pod waits for them."


def test_of_many_nodes_a_few_are_named():
    said = told(8, [node(f"n{i}", "1") for i in range(9)], [])
    assert "n5 1 of 1 and 3 more" in said


def test_for_several_workers_it_is_said_for_how_many_there_are_some():
    nodes = [node("a", "8"), node("b", "4")]
    assert told(4, nodes, [], workers=3) is None
    said = told(4, nodes, [pod("a", "1")], workers=3)
    assert said == (
        "The nodes have GPUs for 2 of 3 workers with 4 GPUs each: a 7 of 8, b 4 of 4 free. The others wait."
    )
