"""What the job controller decides: whole lives of jobs, played step by step."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from kt_jupyter.local.controllers import indexes, jobfacts, jobplan
from kt_jupyter.local.controllers.jobs import pod_manifest

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def job(**spec):
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "alpine"}]}}
    body = {"parallelism": 1, "completions": 1, "backoffLimit": 6, "template": template, **spec}
    return {"metadata": {"name": "j", "namespace": "n", "uid": "u"}, "spec": body, "status": {}}


class World:
    """A job and its pods, moved forward as the job controller and a node would."""

    def __init__(self, **spec):
        self.job = job(**spec)
        self.pods = []
        self.now = START
        self.made = 0
        self.events = []

    def step(self):
        if self.verdict:
            return None
        plan = jobplan.plan(self.job, self.pods, self.now)
        self.job["status"] = plan.status
        self.events += [event.reason for event in plan.events]
        for pod in self.pods:
            if pod["metadata"]["name"] in plan.delete:
                pod["metadata"]["deletionTimestamp"] = jobplan.stamp(self.now)
            if pod["metadata"]["name"] in plan.release:
                pod["metadata"].pop("finalizers", None)
        for index in plan.create:
            self.made += 1
            pod = pod_manifest(self.job, index)
            pod["metadata"].update(
                name=f"p{self.made}", uid=f"uid{self.made}", creationTimestamp=jobplan.stamp(self.now)
            )
            self.pods.append({**pod, "status": {"phase": "Running"}})
        return plan

    def settle(self):
        """Step until nothing changes any more."""
        before = None
        while before != (before := (repr(self.job), repr(self.pods))):
            self.step()

    def end(self, pod, code):
        pod["status"] = {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [
                {"name": "c", "state": {"terminated": {"exitCode": code, "finishedAt": jobplan.stamp(self.now)}}}
            ],
        }

    def vanish(self):
        """The node confirms deletions."""
        self.pods = [pod for pod in self.pods if "deletionTimestamp" not in pod["metadata"]]

    @property
    def active(self):
        return [pod for pod in self.pods if jobfacts.is_active(pod)]

    @property
    def verdict(self):
        found = jobfacts.finished_condition(self.job)
        return found and found["type"]


def test_a_job_makes_a_pod_and_is_complete_when_it_succeeds():
    world = World()
    world.settle()
    (pod,) = world.pods
    world.end(pod, 0)
    world.settle()
    assert (world.verdict, world.job["status"]["succeeded"], world.events) == ("Complete", 1, ["Completed"])


def test_a_failed_pod_is_replaced_only_after_a_pause():
    world = World()
    world.settle()
    world.end(world.pods[0], 1)
    world.settle()
    assert (len(world.pods), world.step().again) == (1, 10.0)
    world.now += dt.timedelta(seconds=10)
    world.settle()
    assert len(world.pods) == 2


def test_the_pause_doubles_with_each_failure_and_has_an_end():
    world = World(backoffLimit=20)
    pauses = []
    for _ in range(9):
        world.settle()
        world.end(world.active[0], 1)
        world.settle()
        pauses.append(world.step().again)
        world.now += dt.timedelta(seconds=pauses[-1])
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_more_failures_than_the_limit_end_the_job():
    world = World(backoffLimit=0, parallelism=2, completions=2)
    world.settle()
    world.end(world.pods[0], 1)
    world.settle()
    assert world.verdict is None  # its other pod is still ending
    world.vanish()
    world.settle()
    assert (world.verdict, world.job["status"]["failed"]) == ("Failed", 2)
    assert [one["type"] for one in world.job["status"]["conditions"]] == ["FailureTarget", "Failed"]


def test_the_deadline_ends_a_job_and_raising_it_in_time_does_not():
    world = World(activeDeadlineSeconds=5)
    world.settle()
    assert world.step().again == 5.0
    world.job["spec"]["activeDeadlineSeconds"] = 50
    world.now += dt.timedelta(seconds=6)
    world.settle()
    assert world.active
    world.now += dt.timedelta(seconds=50)
    world.settle()
    world.vanish()
    world.settle()
    assert (world.verdict, world.events) == ("Failed", ["DeadlineExceeded"])


def test_suspending_deletes_pods_and_resuming_starts_the_clock_anew():
    world = World(suspend=True, activeDeadlineSeconds=5)
    world.settle()
    assert (world.pods, world.job["status"].get("startTime")) == ([], None)
    world.now += dt.timedelta(seconds=100)
    world.job["spec"]["suspend"] = False
    world.settle()
    assert (len(world.active), world.events) == (1, ["Suspended", "Resumed"])


def test_a_deleted_pod_counts_as_failed_and_is_replaced():
    world = World()
    world.settle()
    world.pods[0]["metadata"]["deletionTimestamp"] = jobplan.stamp(world.now)
    world.settle()
    world.now += dt.timedelta(seconds=10)
    world.settle()
    assert (len(world.active), world.job["status"]["failed"]) == (1, 1)


def test_a_failure_that_the_policy_ignores_does_not_count():
    rules = [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [42]}}]
    world = World(backoffLimit=0, podFailurePolicy={"rules": rules})
    world.settle()
    world.end(world.pods[0], 42)
    world.settle()
    assert world.verdict is None
    assert world.job["status"].get("failed", 0) == 0


def test_a_failure_can_end_the_job_at_once():
    rules = [{"action": "FailJob", "onExitCodes": {"containerName": "c", "operator": "NotIn", "values": [1]}}]
    world = World(podFailurePolicy={"rules": rules})
    world.settle()
    world.end(world.pods[0], 3)
    world.settle()
    (condition,) = [one for one in world.job["status"]["conditions"] if one["type"] == "Failed"]
    assert condition["reason"] == "PodFailurePolicy"
    assert condition["message"] == "Container c for pod n/p1 failed with exit code 3 matching FailJob rule at index 0"


def test_a_job_without_completions_is_done_when_one_pod_succeeded_and_all_have_ended():
    world = World(completions=None, parallelism=3)
    world.settle()
    for pod in world.pods:
        world.end(pod, 0)
    world.settle()
    assert (len(world.pods), world.verdict) == (3, "Complete")


@given(
    parallelism=st.integers(1, 4),
    completions=st.integers(1, 6),
    indexed=st.booleans(),
    codes=st.lists(st.sampled_from([0, 0, 0, 1]), max_size=40),
)
def test_whatever_fails_every_completion_is_counted_once(parallelism, completions, indexed, codes):
    mode = "Indexed" if indexed else "NonIndexed"
    world = World(parallelism=parallelism, completions=completions, completionMode=mode, backoffLimit=100)
    for code in [*codes, *([0] * completions)]:
        world.now += dt.timedelta(seconds=700)  # past any pause
        world.settle()
        assert len(world.active) <= parallelism
        if world.verdict:
            break
        world.end(world.active[0], code)
    world.settle()
    assert world.verdict == "Complete"
    assert world.job["status"]["succeeded"] == completions
    assert sum(pod["status"]["phase"] == "Succeeded" for pod in world.pods) == completions
    assert world.job["status"].get("failed", 0) == sum(pod["status"]["phase"] == "Failed" for pod in world.pods)
    if indexed:
        assert indexes.parse(world.job["status"]["completedIndexes"]) == set(range(completions))


@given(st.sets(st.integers(0, 60)))
def test_indexes_are_read_as_they_were_written(numbers):
    assert indexes.parse(indexes.write(numbers)) == numbers


def test_an_indexed_pod_knows_its_index_three_ways():
    pod = pod_manifest(job(completionMode="Indexed"), 3)
    assert pod["metadata"]["generateName"] == "j-3-"
    assert pod["metadata"]["annotations"] == {"batch.kubernetes.io/job-completion-index": "3"}
    assert pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] == "3"
    assert pod["spec"]["hostname"] == "j-3"
    assert pod["spec"]["containers"][0]["env"][0]["name"] == "JOB_COMPLETION_INDEX"


def test_long_job_names_leave_room_for_the_index():
    assert len(indexes.name_prefix("x" * 63, 12)) == 58
    assert indexes.name_prefix("x" * 63, 12).endswith("x-12-")
