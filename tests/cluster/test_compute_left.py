"""Cells that are left to themselves: they come with their pod, and nobody waits for it."""

import pytest

import kt_jupyter as kt
from kt_jupyter.compute import State
from kt_jupyter.kube import JOBS
from tests.cluster.computing import STARTS_WITHIN, printed
from tests.shells import opened
from tests.waiting import eventually


def read(computes, compute, cell):
    """Attach to a cell as another kernel does; what it printed."""
    texts, theirs = [], computes.describe(name=compute.name)
    work = theirs.session(timeout=STARTS_WITHIN).attach(cell)
    assert work.follow(lambda event: texts.append(getattr(event, "text", ""))).status == "ok"
    return "".join(texts)


def test_a_cell_is_left_to_a_compute_that_is_not_there_yet_and_runs_by_itself(computes):
    compute = computes.describe(name="train")
    cell = compute.leave_cell("print('nobody', 'waited')")
    assert compute.pod is None
    assert read(computes, compute, cell) == "nobody waited\n"


def test_it_is_left_to_one_that_runs_too(computes):
    compute = computes.start(name="train")
    compute.start_cell("x = 41").wait(STARTS_WITHIN)
    assert read(computes, compute, compute.leave_cell("print(x + 1)")) == "42\n"


def test_the_cells_after_it_wait_their_turn_and_have_its_variables(computes):
    compute = computes.describe(name="train")
    compute.leave_cell("x = 41")
    assert printed(compute, "print(x + 1)") == "42\n"


def test_one_that_no_node_takes_says_what_it_waits_for_and_is_stopped(computes, workloads):
    compute = computes.describe(name="train", gpus=99)
    compute.leave_cell("pass")
    eventually(lambda: "GPU" in compute.status().words)  # which its pod tells, not its Job
    assert compute.status().state is State.STARTING
    compute.stop()
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_one_that_the_server_does_not_take_is_refused_and_makes_nothing(computes, workloads):
    compute = computes.describe(name="train", volumes=["nothing"])
    with pytest.raises(kt.VolumeNotFound, match='"nothing"'):
        compute.leave_cell("pass")
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_a_cell_too_long_for_a_pods_arguments_waits_for_the_pod(computes):
    compute = computes.describe(name="train")
    cell = compute.leave_cell(f"text = {'x' * 50_000!r}\nprint(len(text))")
    assert compute.pod is not None
    assert read(computes, compute, cell) == "50000\n"


def test_detach_returns_before_the_pod_is_there_and_attach_waits_for_it(computes, workloads, capfd):
    with opened() as shell:
        left = shell.run(
            f"%%kt_compute train --cpus 0.5 --memory 256Mi -n {workloads.namespace} --detach\nprint('ran')"
        )
        assert "runs by itself as soon as its pod starts" in shell.shown(left)
    with opened() as other:
        other.run(f"%kt_compute attach train -n {workloads.namespace}")
        assert capfd.readouterr().out.endswith("ran\n")
