"""Starting a pod of ours: what is said while it starts, why it does not, and that nothing is left of it then."""

from concurrent.futures import Future

import pytest

from kt_jupyter.errors import (
    Forbidden,
    ImageNotAvailable,
    PodNotStarted,
    QuotaExceeded,
    Rejected,
    VolumeNotFound,
    VolumeUnusable,
    WaitTimeout,
)
from kt_jupyter.kube import CLAIMS, JOBS, NAMESPACES, PODS, SERVICE_ACCOUNTS
from kt_jupyter.pods import Start, start
from kt_jupyter.specs.job import job
from kt_jupyter.specs.pod import Mount, Placement, Resources, RunAs, label, pod_template
from tests.cluster.workloads import IMAGE, claim

QUIET = [].append
RESTRICTED = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
HUGE = Resources({"cpu": "5000"}, {"cpu": "5000"})
FOREVER = ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"]
RULES = [
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get", "list", "watch", "delete"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
]
EVENTS = {"apiGroups": [""], "resources": ["events"], "verbs": ["list", "watch"]}


def manifest(*, image=IMAGE, command=FOREVER, workers=None, **more):
    return job("probe", pod_template(image, command, labels=label("probe"), **more), lease=120, workers=workers)


@pytest.fixture
def begin(cluster, namespace):
    """Start a Job in the test's namespace."""
    here = cluster.with_namespace(namespace)

    def start_it(*, on=here, progress=QUIET, until="running", timeout=45, **how):
        return start(on, manifest(**how), subject="the probe", until=until, timeout=timeout, progress=progress)

    return start_it


@pytest.fixture
def nothing_is_left(workloads):
    """After the test, wait until there is neither Job nor pod."""
    yield
    workloads.gone(JOBS, "probe")
    with workloads.cluster.watch(PODS, namespace=workloads.namespace) as watch:
        left = {each.object["metadata"]["name"] for each in watch.initial()}
        while left:
            event = watch.next(timeout=45)
            if event.type == "DELETED":
                left.discard(event.object["metadata"]["name"])


def test_a_pod_that_runs_has_a_node_and_says_what_it_went_through(begin):
    told = []
    started = begin(progress=told.append)
    assert started.name.startswith("probe-")
    assert started.node
    assert (started.container, started.exit_code) == ("main", None)
    assert [each.what for each in started.stages] == ["scheduled", "image ready", "running"]
    assert told[0].startswith("◐ waiting for a node")
    assert told[-1].startswith(f"✓ scheduled on {started.node} ")
    assert "◐" not in told[-1]


def test_a_claim_that_waits_for_its_first_consumer_is_bound_on_the_way(begin, workloads):
    workloads.make(CLAIMS, claim("data"))
    started = begin(mounts=[Mount("data", "/data")])
    assert "volume bound" in [each.what for each in started.stages]
    assert workloads.bound("data")


def test_who_attaches_need_not_wait_until_it_runs(cluster, namespace):
    with Start(cluster.with_namespace(namespace), manifest(), subject="the probe", progress=QUIET) as starting:
        scheduled = starting.until("scheduled")
        running = starting.until("running")
    assert scheduled.node == running.node
    assert [each.what for each in running.stages] == ["scheduled", "image ready", "running"]


def test_an_answer_from_the_pod_ends_the_wait(cluster, namespace):
    told, answer = [], Future()
    answer.set_result(None)
    with Start(cluster.with_namespace(namespace), manifest(), subject="the probe", progress=told.append) as starting:
        starting.until("scheduled")
        starting.until("running", unless=answer)
    assert "✓ running" in told[-1]


def test_several_workers_start_together(begin):
    started = begin(workers=2)
    assert len(started.pods) == 2
    assert [pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] for pod in started.pods] == [
        "0",
        "1",
    ]


def test_a_command_that_ends_at_once_has_run(begin):
    assert begin(command=["sh", "-c", "exit 3"]).exit_code in (None, 3)  # it may end after we looked


@pytest.mark.usefixtures("nothing_is_left")
@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"image": "does-not-exist.invalid/x:1"}, ImageNotAvailable, 'image "does-not-exist.invalid/x:1"'),
        ({"image": "No Image"}, ImageNotAvailable, '"No Image" is not the name of an image'),
        ({"command": ["no-such-shell"]}, ImageNotAvailable, f'image "{IMAGE}" has no program "no-such-shell"'),
        ({"run_as": RunAs(None, None, None)}, PodNotStarted, "root is not allowed here"),
        ({"mounts": [Mount("nope", "/data")]}, VolumeNotFound, 'there is no volume "nope"'),
        ({"resources": HUGE, "timeout": 4}, WaitTimeout, "without enough free CPU"),
        ({"placement": Placement(node="elsewhere"), "timeout": 4}, WaitTimeout, "not the one it has to run on"),
    ],
    ids=["no such image", "not an image", "no such program", "root", "no such claim", "no room", "no such node"],
)
def test_what_cannot_start_says_why_in_one_sentence(begin, how, error, words):
    with pytest.raises(error) as refusal:
        begin(**how)
    assert words in refusal.value.fact
    assert refusal.value.fact.startswith("the probe did not start")


@pytest.mark.usefixtures("nothing_is_left")
def test_a_class_that_does_not_exist_ends_the_wait(begin, workloads):
    workloads.make(CLAIMS, claim("data", storageClassName="no-such-class"))
    with pytest.raises(VolumeUnusable, match="class no-such-class does not exist"):
        begin(mounts=[Mount("data", "/data")])


@pytest.mark.usefixtures("nothing_is_left")
def test_a_quota_refuses_before_anything_is_made(begin, workloads):
    workloads.quota("none", {"pods": "0"})
    with pytest.raises(QuotaExceeded, match='the quota "none" is used up'):
        begin()


@pytest.mark.usefixtures("nothing_is_left")
def test_who_may_not_make_pods_hears_of_the_quota_from_the_job(begin, workloads, as_user):
    workloads.quota("none", {"pods": "0"})
    with pytest.raises(QuotaExceeded, match='the quota "none" is used up'):
        begin(on=as_user(*RULES, EVENTS))


def test_without_the_right_to_see_events_it_starts_all_the_same(begin, as_user):
    assert begin(on=as_user(*RULES)).node


@pytest.mark.usefixtures("nothing_is_left")
def test_without_the_right_to_see_pods_the_missing_verb_is_named(begin, as_user):
    with pytest.raises(Forbidden, match="`list` on `pods`"):
        begin(on=as_user(RULES[0]))


@pytest.mark.usefixtures("nothing_is_left")
def test_pod_security_takes_our_pod_and_refuses_root(begin, workloads):
    workloads.cluster.patch(NAMESPACES, workloads.namespace, RESTRICTED)
    with pytest.raises(Rejected, match='Pod Security level "restricted:latest" refuses the pod'):
        begin(run_as=RunAs(0, 0, None))
    started = begin()
    workloads.cluster.delete(JOBS, "probe", namespace=workloads.namespace)
    assert started.node


@pytest.mark.usefixtures("nothing_is_left")
def test_ctrl_c_removes_what_was_made_and_says_so(begin):
    told = []

    def press(line):
        told.append(line)
        if "without enough free CPU" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin(resources=HUGE, progress=press)
    assert told[-1].endswith("stopped; what was made is removed.")


@pytest.mark.usefixtures("nothing_is_left")
def test_an_error_of_the_callers_own_removes_it_too(cluster, namespace):
    def fail():
        with Start(cluster.with_namespace(namespace), manifest(), subject="the probe", progress=QUIET) as starting:
            starting.until("scheduled")
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fail()


@pytest.mark.usefixtures("nothing_is_left")
def test_a_job_that_somebody_deletes_ends_the_wait(begin, workloads):
    def delete(line):
        if "without enough free CPU" in line:
            workloads.cluster.delete(JOBS, "probe", namespace=workloads.namespace)

    with pytest.raises(PodNotStarted, match=r"somebody deleted it|its pod was deleted"):
        begin(resources=HUGE, progress=delete)


def test_a_job_that_is_gone_before_it_is_watched_ends_the_wait_too(cluster, workloads):
    made = workloads.make(JOBS, manifest(resources=HUGE))
    workloads.cluster.delete(JOBS, "probe", namespace=workloads.namespace)
    workloads.gone(JOBS, "probe")
    for pod in workloads.pods("job-name=probe"):
        workloads.gone(PODS, pod["metadata"]["name"])
    with (
        pytest.raises(PodNotStarted, match="the probe did not start: somebody deleted it"),
        Start(cluster, made, subject="the probe", existing=made, timeout=10, progress=QUIET) as starting,
    ):
        starting.until("running")


def test_a_job_that_has_failed_says_what_its_pod_says_whichever_is_heard_of_first(cluster, workloads):
    made = workloads.make(JOBS, manifest(command=["no-such-shell"]))
    workloads.over("probe")
    for _ in range(10):
        with (
            pytest.raises(ImageNotAvailable, match='has no program "no-such-shell"'),
            Start(cluster, made, subject="the probe", existing=made, timeout=10, progress=QUIET) as starting,
        ):
            starting.until("running")


def test_a_name_that_is_taken_is_left_to_whoever_has_it(begin, workloads):
    first = begin()
    with pytest.raises(Exception, match='there is a Job "probe"'):
        begin()
    assert workloads.running(first.name)


@pytest.mark.usefixtures("nothing_is_left")
def test_without_anybody_who_renews_its_lease_it_ends_and_goes(cluster, workloads):
    lasting = manifest()
    lasting["spec"] |= {"activeDeadlineSeconds": 8, "ttlSecondsAfterFinished": 0}
    started = start(cluster.with_namespace(workloads.namespace), lasting, subject="the probe", progress=QUIET)
    workloads.gone(PODS, started.name)


@pytest.mark.usefixtures("nothing_is_left")
def test_a_pod_waits_for_the_service_account_of_a_new_namespace(begin, workloads):
    """The controller makes one anew; until then the Job's pods are refused, which is no reason to give up."""
    workloads.cluster.delete(SERVICE_ACCOUNTS, "default", namespace=workloads.namespace)
    workloads.until(SERVICE_ACCOUNTS, "default", lambda account: account)
    started = begin()
    workloads.cluster.delete(JOBS, "probe", namespace=workloads.namespace)
    assert started.node
