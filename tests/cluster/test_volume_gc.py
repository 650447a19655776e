"""Clearing away terminals: those that have ended, and one's own that nobody has open; never what somebody uses."""

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS, PODS, adopt
from kt_jupyter.volumes.collecting import Use, collect
from tests.cluster.workloads import IMAGE, claim

QUIET = [].append


@pytest.fixture
def here(cluster, workloads):
    workloads.make(CLAIMS, claim("data"))
    return cluster.with_namespace(workloads.namespace)


def opened(**how):
    return kt.Volume.from_name("data", mount_path="/data").ssh(IMAGE, progress=QUIET, timeout=45, **how)


def job_of(workloads, shell):
    found = workloads.cluster.get(PODS, shell.pod, namespace=workloads.namespace)
    return found["metadata"]["labels"]["batch.kubernetes.io/job-name"]


def left_alone(workloads, shell):
    """Make it look as if nobody had renewed its lease for most of it."""
    job = job_of(workloads, shell)
    patch = {"metadata": {"annotations": {"kt-jupyter.dev/lease-seconds": "36000"}}}
    workloads.cluster.patch(JOBS, job, patch, namespace=workloads.namespace)


def test_an_open_terminal_is_kept_and_said_to_be_open(here, workloads):
    shell = opened()
    (helper,) = collect(here, workloads.namespace)
    assert (helper.use, helper.mine, helper.removed, helper.volume) == (Use.OPEN, True, False, "data")
    assert helper.node == shell.node
    assert 0 < helper.left <= 1800
    assert workloads.running(shell.pod)


def test_one_that_nobody_has_open_goes_and_its_volume_is_free(here, workloads):
    shell = opened()
    left_alone(workloads, shell)
    tried = collect(here, workloads.namespace, dry_run=True)
    assert tried.fate(tried[0]) == "would be removed: nobody has it open"
    done = collect(here, workloads.namespace)
    assert done.fate(done[0]) == "removed: nobody has it open"
    workloads.gone(PODS, shell.pod)
    assert list(collect(here, workloads.namespace)) == []


def test_force_takes_the_open_ones_too(here, workloads):
    shell = opened()
    (helper,) = collect(here, workloads.namespace, force=True)
    assert helper.removed
    workloads.gone(PODS, shell.pod)


def test_somebody_elses_is_left_to_them_even_by_force(here, cluster, workloads):
    shell = opened()
    left_alone(workloads, shell)
    grace = adopt(cluster.with_namespace(workloads.namespace).impersonating("grace", ("system:masters",)))
    collection = collect(grace, workloads.namespace, force=True)
    (helper,) = collection
    assert (helper.mine, helper.removed) == (False, False)
    assert collection.fate(helper).startswith("kept: somebody else's; ends by itself in")


def test_one_whose_shell_has_ended_goes_whoever_opened_it(here, cluster, workloads):
    shell = opened()
    job = job_of(workloads, shell)
    # It would go by itself in a moment; here it is kept for the test to see.
    workloads.cluster.patch(JOBS, job, {"spec": {"ttlSecondsAfterFinished": 600}}, namespace=workloads.namespace)
    with workloads.cluster.attach(shell.pod, namespace=workloads.namespace, stdin=True, tty=True) as stream:
        stream.write(b"exit\n")
        assert b"exit" in b"".join(data for _, data in stream)
    workloads.over(job)
    grace = adopt(cluster.with_namespace(workloads.namespace).impersonating("grace", ("system:masters",)))
    (helper,) = collect(grace, workloads.namespace)
    assert (helper.use, helper.removed, helper.left) == (Use.ENDED, True, None)
    workloads.gone(PODS, shell.pod)


def test_other_jobs_are_none_of_its_business(here, workloads):
    workloads.make(JOBS, {"metadata": {"name": "train"}, "spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "c", "image": IMAGE, "command": ["true"]}]}}}})  # fmt: skip
    assert list(collect(here, workloads.namespace, force=True)) == []
    assert workloads.cluster.get(JOBS, "train", namespace=workloads.namespace)


def test_all_namespaces_are_one_list(here, workloads):
    shell = opened()
    found = [each for each in collect(here, None, dry_run=True) if each.namespace == workloads.namespace]
    assert [each.node for each in found] == [shell.node]


def test_the_magic_lists_and_removes(shell, here, workloads):
    terminal = opened()
    text = shell.shown(shell.run("%kt_volume gc --dry-run"))
    assert "TERMINAL" in text
    assert "kept: open" in text
    text = shell.shown(shell.run("%kt_volume gc --force"))
    assert "removed: you have it open" in text
    workloads.gone(PODS, terminal.pod)
    assert "there is nothing to remove" in shell.shown(shell.run("%kt_volume gc"))


def test_the_magic_gives_json(shell, here):
    opened()
    assert '"fate": "kept: open"' in shell.run("%kt_volume gc --dry-run --json")
