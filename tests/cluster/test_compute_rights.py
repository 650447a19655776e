"""The rights of a compute: each that it needs is named where it is missing, and nothing is left then."""

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS
from tests.cluster.computing import printed

NEEDED = {
    "pods": ("list", "watch"),
    "jobs.batch": ("get", "create", "delete"),
    "persistentvolumeclaims": ("get", "create", "delete"),
    # `get` alone does up to Kubernetes 1.34, which asks for `create` only when exec comes over POST.
    "pods/exec": ("get", "create"),
}
MISSED = [
    (verb, resource)
    for resource, verbs in NEEDED.items()
    for verb in verbs
    if verb != "delete" and (verb, resource) != ("create", "pods/exec")
]


def rules(*missing):
    """What a compute needs, but for some of it."""
    for resource, verbs in NEEDED.items():
        plural, _, group = resource.partition(".")
        kept = [verb for verb in verbs if (verb, resource) not in missing]
        yield {"apiGroups": [group], "resources": [plural], "verbs": kept}


def scratch():
    return kt.Volume("scratch", "10Mi", "/scratch", access_mode="RWO")


@pytest.fixture
def left(workloads):
    """What is there of Jobs and volumes, other than what is on its way out."""

    def find():
        found = [
            each["metadata"]
            for kind in (JOBS, CLAIMS)
            for each in workloads.cluster.list(kind, namespace=workloads.namespace)
        ]
        return [each["name"] for each in found if not each.get("deletionTimestamp")]

    return find


def test_with_what_it_needs_and_no_more_it_starts_runs_and_is_stopped(computes, as_user):
    as_user(*rules())
    compute = computes.start(name="train", volumes=[scratch()])
    assert printed(compute, "print(6 * 7)") == "42\n"
    assert kt.fn(abs).to(compute)(-3) == 3
    assert compute.status().pod_name == compute.pod
    assert compute.stop().volumes == ("scratch",)


@pytest.mark.parametrize("missing", MISSED, ids=[" ".join(each) for each in MISSED])
def test_without_a_right_that_it_needs_that_is_named_and_nothing_is_left(missing, computes, as_user, left, namespace):
    as_user(*rules(missing))
    verb, resource = missing
    with pytest.raises(kt.Forbidden, match=f"needs `{verb}` on `{resource}` in namespace {namespace}") as refusal:
        computes.start(name="train", volumes=[scratch()])
    assert "%kt_cluster role" in refusal.value.remedy
    assert left() == []


def test_without_the_right_to_see_nodes_a_pod_that_needs_a_gpu_waits_all_the_same(computes, as_user):
    as_user(*rules())
    with pytest.raises(kt.WaitTimeout):
        computes.describe(gpus=99).start(timeout=1, progress=computes.said.append)
    assert not any("No node" in line for line in computes.said)


@pytest.mark.parametrize(
    ("refused", "stays"),
    [("jobs.batch", ["kt-train", "scratch"]), ("persistentvolumeclaims", ["scratch"])],
)
def test_what_may_not_be_removed_after_a_start_that_failed_is_named(refused, stays, computes, as_user, left):
    as_user(*rules(("delete", refused)))
    with pytest.raises(kt.ImageNotAvailable):
        computes.start(name="train", image="nobody-has/this:1", volumes=[scratch()])
    assert left() == stays
    assert any("Not removed again: volume scratch" in line for line in computes.said)
    assert ("kt-train" in stays) == any("kubectl delete job kt-train" in line for line in computes.said)


def test_without_the_right_to_delete_jobs_stop_names_it_and_it_goes_on(computes, as_user):
    as_user(*rules(("delete", "jobs.batch")))
    compute = computes.start(name="train")
    printed(compute, "x = 41")
    with pytest.raises(kt.Forbidden, match=r"needs `delete` on `jobs\.batch`"):
        compute.stop()
    assert printed(compute, "print(x + 1)") == "42\n"


@pytest.mark.parametrize(
    ("ask", "right"),
    [(lambda _: kt.computes(), r"`list` on `jobs\.batch`"), (lambda compute: compute.logs(), "`get` on `pods/log`")],
    ids=["list", "logs"],
)
def test_what_only_some_ask_for_is_named_to_them(ask, right, computes, as_user, workloads):
    as_user(*rules())
    compute = computes.start(name="train")
    workloads.running(compute.pod)  # until then it has no log, whoever asks
    with pytest.raises(kt.Forbidden, match=f"needs {right}"):
        ask(compute)
