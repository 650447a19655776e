"""What the next cell says of a compute that has ended: why its variables are gone, and nothing when none were."""

import pytest

import kt_jupyter as kt
from kt_jupyter.compute import State
from kt_jupyter.kube import PODS, Resource
from tests.cluster.computing import printed


def evict(workloads, pod):
    """Evict a pod as draining its node does."""
    evictions = Resource("", "v1", f"pods/{pod}/eviction", "Eviction")
    workloads.cluster.create(
        evictions,
        {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}},
        namespace=workloads.namespace,
    )


def over(compute, workloads):
    """Wait until the cluster reports a compute's end to who comes anew, and return the status."""
    workloads.over(f"kt-{compute.name}")
    found = compute.status()
    assert found.state is State.ENDED
    return found


def test_after_an_idle_end_without_cells_the_next_one_starts_afresh(computes, workloads):
    compute = computes.start(name="train", idle="2s")
    found = over(compute, workloads)
    assert (found.ended_by, found.kept_nothing) == ("idle", True)
    assert printed(computes.describe(name="train"), "print(6 * 7)") == "42\n"


def test_a_deleted_pod_that_ran_no_cell_is_replaced_by_the_next_one(computes, workloads):
    compute = computes.start(name="train")
    pod = compute.pod
    workloads.cluster.delete(PODS, pod, namespace=workloads.namespace)
    workloads.gone(PODS, pod)
    over(compute, workloads)
    assert printed(compute, "print(6 * 7)") == "42\n"
    assert compute.pod != pod


def test_after_an_eviction_the_next_cell_says_so_here_and_in_a_new_kernel(computes, workloads):
    compute = computes.start(name="train")
    printed(compute, "x = 1")
    evict(workloads, compute.pod)
    other = computes.describe(name="train")
    over(compute, workloads)
    for handle in (compute, other):
        with pytest.raises(kt.SessionEnded, match="Its variables are gone") as told:
            handle.start_cell("x")
        assert told.value.reason in {"evicted", "deleted"}  # of a pod that is gone its Job does not tell which
        assert "--fresh" in told.value.remedy
    other.ready_for_cells(fresh=True, progress=computes.said.append)
    assert printed(other, "print('x' in globals())") == "False\n"


def test_what_a_cell_had_kept_is_missed_by_who_ran_none(computes, workloads):
    compute = computes.start(name="train", idle="3s")
    printed(computes.describe(name="train", idle=None), "x = 1")
    over(compute, workloads)
    with pytest.raises(kt.SessionEnded, match=r"nothing ran for \d+ s. Its variables are gone") as told:
        compute.start_cell("x")
    assert told.value.reason == "idle"
