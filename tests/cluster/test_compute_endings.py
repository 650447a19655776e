"""What the next cell says of a compute that has ended: why its variables are gone, and nothing when none were."""

import pytest

import kt_jupyter as kt
from kt_jupyter.compute import State
from kt_jupyter.kube import CLAIMS, JOBS, PODS, Resource
from tests.cluster.computing import STARTS_WITHIN, printed
from tests.cluster.workloads import claim
from tests.waiting import eventually

LEFT_OPEN = {"cpus": None, "memory": None}


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
    compute = computes.start(name="train", idle="5s")
    found = over(compute, workloads)
    assert (found.ended_by, found.kept_nothing) == ("idle", True)
    assert printed(computes.describe(name="train"), "print(6 * 7)") == "42\n"


def test_a_deleted_pod_that_ran_no_cell_is_replaced_by_the_next_one(computes, workloads):
    compute = computes.start(name="train")
    pod, session = compute.pod, compute.session()
    workloads.cluster.delete(PODS, pod, namespace=workloads.namespace)
    eventually(lambda: session.ended)
    over(compute, workloads)
    assert printed(compute, "print(6 * 7)") == "42\n"
    assert compute.pod != pod


def test_after_an_eviction_the_next_cell_says_so_here_and_in_a_new_kernel(computes, workloads):
    compute = computes.start(name="train")
    session = compute.session()
    printed(compute, "x = 1")
    evict(workloads, compute.pod)
    other = computes.describe(name="train")
    eventually(lambda: session.ended)
    over(compute, workloads)
    for handle in (compute, other):
        with pytest.raises(kt.SessionEnded, match="Its variables are gone") as told:
            handle.start_cell("x")
        assert told.value.reason in {"evicted", "deleted"}  # of a pod that is gone its Job does not tell which
        assert "--fresh" in told.value.remedy
    other.ready_for_cells(fresh=True, progress=computes.said.append)
    assert printed(other, "print('x' in globals())") == "False\n"


def test_one_that_was_started_anew_elsewhere_is_told_of_once_and_then_used(computes):
    compute = computes.start(name="train")
    session = compute.session()
    printed(compute, "x = 1")
    elsewhere = computes.describe(name="train")
    elsewhere.start(fresh=True, timeout=STARTS_WITHIN, progress=computes.said.append)
    printed(elsewhere, "y = 2")
    eventually(lambda: session.ended)
    with pytest.raises(kt.SessionEnded, match="Its variables are gone") as told:
        compute.start_cell("x")
    assert "has been started since" in told.value.remedy
    assert printed(compute, "print('x' in globals(), y)") == "False 2\n"


def test_what_a_cell_had_kept_is_missed_by_who_ran_none(computes, workloads):
    compute = computes.start(name="train", idle="5s")
    session = compute.session()
    printed(computes.describe(name="train", idle=None), "x = 1")
    eventually(lambda: session.ended)
    over(compute, workloads)
    with pytest.raises(kt.SessionEnded, match=r"nothing ran for \d+ s. Its variables are gone") as told:
        compute.start_cell("x")
    assert told.value.reason == "idle"


# -- started anew -----------------------------------------------------------------------------------------------------


def test_one_that_ended_is_started_as_it_was_but_for_what_is_said(computes, workloads):
    workloads.make(CLAIMS, claim("data"))
    first = computes.start(name="train", memory="300Mi", env_vars={"A": "1"}, volumes=["data:/data"], idle="5s")
    over(first, workloads)
    anew = computes.describe(name="train", idle="1h", **LEFT_OPEN)
    anew.ready_for_cells(progress=computes.said.append)
    assert "Compute train is as it was: cpus 500m, memory 300 Mi, env vars A, volumes data at /data." in computes.said
    assert printed(anew, "import os; print(os.environ['A'], os.path.ismount('/data'))") == "1 True\n"
    options = anew.status().options
    assert (str(options.cpus), str(options.memory), options.idle) == ("500m", "300Mi", 3600)


def test_a_running_one_that_is_started_anew_stays_as_it_was_but_for_what_is_said(computes, workloads):
    workloads.make(CLAIMS, claim("data"))
    computes.start(name="train", volumes=["data:/data"])
    anew = computes.describe(name="train", cpus=None, memory="300Mi")
    anew.start(fresh=True, timeout=STARTS_WITHIN, progress=computes.said.append)
    assert repr(anew.status()).startswith("Compute train  0.5 CPUs  300 Mi  ")
    assert [each.claim for each in anew.status().volumes] == ["data"]


def test_a_kernel_knows_how_it_was_also_when_nothing_is_left_of_it(computes, workloads):
    compute = computes.start(name="train")
    session = compute.session()
    printed(compute, "x = 1")
    workloads.cluster.delete(JOBS, "kt-train", namespace=workloads.namespace)
    eventually(lambda: session.ended)
    anew = computes.describe(name="train", **LEFT_OPEN)
    anew.take_over(compute)
    with pytest.raises(kt.SessionEnded, match="Its variables are gone"):
        anew.ready_for_cells()
    anew.ready_for_cells(fresh=True, progress=computes.said.append)
    assert str(anew.status().options.memory) == "256Mi"


def test_one_that_was_stopped_is_forgotten(computes, workloads):
    computes.start(name="train").stop()
    anew = computes.describe(name="train", cpus=None)
    anew.start(timeout=STARTS_WITHIN, progress=computes.said.append)
    assert str(anew.status().options.cpus) == "1"
    assert not [line for line in computes.said if "as it was" in line]
