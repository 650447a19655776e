"""What a compute is doing, and how it ended, from the server's own objects."""

from dataclasses import replace

import pytest

from kt_jupyter.compute.ending import ending, ending_of_job
from kt_jupyter.compute.finding import ComputeList
from kt_jupyter.compute.status import ComputeStatus, State
from kt_jupyter.specs.compute import manifest
from kt_jupyter.specs.job import RANK_ANNOTATION
from kt_jupyter.specs.options import Options, defaults
from kt_jupyter.specs.pod import Mount
from kt_jupyter.specs.quantity import parse

OPTIONS = Options(cpus=parse("2"), gpus=1, mounts=(Mount("data", "/data"),)).over(defaults("python:3.12-slim"))


def job(name="train", **status):
    made = manifest(name, OPTIONS, command=[], args=[], namespace="team-a", made_by="ada, train.ipynb")
    made["metadata"] |= {"uid": "u1", "creationTimestamp": "2026-11-24T03:00:00Z"}
    return made | {"status": status}


def over(kind):
    return job(conditions=[{"type": kind, "status": "True", "reason": "BackoffLimitExceeded"}], failed=1)


def pod(state=None, *, deleted=False, conditions=(), **status):
    metadata = {"name": "kt-train-x", "uid": "p1"} | ({"deletionTimestamp": "2026-11-24T03:00:00Z"} if deleted else {})
    statuses = [{"name": "main", "state": state}] if state else []
    spec = {"nodeName": "kt-node", "containers": [{"name": "main", "image": "python:3.12-slim"}]}
    return {
        "metadata": metadata,
        "spec": spec,
        "status": {"containerStatuses": statuses, "conditions": list(conditions)} | status,
    }


def terminated(**how):
    return {"terminated": {"exitCode": 0} | how}


RUNNING = {"running": {"startedAt": "2026-11-24T03:00:00Z"}}


def disrupted(reason):
    return [{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "said so"}]


@pytest.mark.parametrize(
    ("seen", "reason", "why"),
    [
        (pod(RUNNING, deleted=True), "deleted", "its pod was deleted"),
        (pod(terminated(message="kt: idle: nothing ran for 1800 s")), "idle", "nothing ran for 1800 s"),
        (pod(terminated(reason="OOMKilled", exitCode=137)), "out of memory", "it had used up its memory"),
        (pod(terminated(exitCode=3)), "crashed", "its program ended with exit code 3"),
        (pod(terminated(exitCode=137)), "crashed", "it was killed"),
        (pod(terminated()), "completed", "its program ended"),
        (pod(RUNNING, conditions=disrupted("PreemptionByScheduler")), "preempted",
         "a pod of higher priority took its place on kt-node"),
        (pod(RUNNING, conditions=disrupted("EvictionByEvictionAPI")), "evicted",
         "it was evicted from kt-node, which is being emptied: said so"),
        (pod(RUNNING, conditions=disrupted("DeletionByTaintManager")), "evicted",
         "its node kt-node was lost or closed: said so"),
        (pod(reason="Evicted", phase="Failed", message="The node was low on resource: memory."), "evicted",
         "its node ended it: The node was low on resource: memory"),
    ],
)  # fmt: skip
def test_how_a_pod_ended_is_said_in_a_word_and_a_clause(seen, reason, why):
    found = ending(seen)
    assert (found.reason, found.why) == (reason, why)


@pytest.mark.parametrize("state", [None, {"waiting": {"reason": "ContainerCreating"}}, RUNNING])
def test_a_pod_that_goes_on_has_not_ended(state):
    assert ending(pod(state)) is None


@pytest.mark.parametrize(
    ("words", "reason", "why", "kept"),
    [
        ("kt: idle: nothing ran for 5 s", "idle", "nothing ran for 5 s", True),
        ("kt: idle: nothing ran for 5 s; nothing was kept", "idle", "nothing ran for 5 s", False),
        ("kt: stopped; nothing was kept", "stopped", "it was stopped", False),
        ("kt: the pod was told to end (SIGTERM); nothing was kept", "deleted", "its pod was deleted", False),
        ("", "completed", "its program ended", None),
    ],
)
def test_what_its_agent_said_last_counts(words, reason, why, kept):
    found = ending(pod(terminated(message=words)))
    assert (found.reason, found.why, found.kept, found.over) == (reason, why, kept, True)


def test_an_eviction_is_the_reason_and_the_agent_knows_what_went_with_it():
    evicted = disrupted("EvictionByEvictionAPI")
    found = ending(pod(terminated(message="kt: the pod was told to end (SIGTERM)", exitCode=143), conditions=evicted))
    assert (found.reason, found.kept) == ("evicted", True)


def test_of_a_pod_that_never_was_nothing_is_lost_and_of_one_that_is_gone_perhaps():
    assert ending_of_job(over("Failed")).kept is None
    assert ComputeStatus.of(over("Failed"), []).ended_by == "deleted"
    late = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "was active"}
    never = job(conditions=[late])
    assert (ending_of_job(never).reason, ComputeStatus.of(never, []).kept_nothing) == ("deadline", True)


@pytest.mark.parametrize(
    ("job_", "pods", "state", "words"),
    [
        (job(), [pod(RUNNING)], State.RUNNING, "Running"),
        (job(), [], State.STARTING, "Starting: waiting for a node"),
        (job(), [pod()], State.STARTING, "Starting: preparing"),
        (job(), [pod({"waiting": {"reason": "ErrImagePull", "message": "not found"}})], State.PROBLEM,
         'Problem: there is no image "python:3.12-slim"'),
        (job(), [pod(RUNNING, deleted=True)], State.ENDING, "Ending: its pod was deleted"),
        (over("Failed"), [pod(terminated(reason="OOMKilled", exitCode=137))], State.ENDED,
         "Ended: it had used up its memory"),
        (over("Failed"), [], State.ENDED, "Ended: its pod was deleted"),
        (over("Complete"), [pod(terminated(message="kt: idle: nothing ran for 5 s"))], State.ENDED,
         "Ended: nothing ran for 5 s"),
    ],
)  # fmt: skip
def test_a_state_is_a_word_and_its_reason(job_, pods, state, words):
    status = ComputeStatus.of(job_, pods)
    assert (status.state, status.words) == (state, words)


def test_what_it_is_is_read_from_its_job():
    status = ComputeStatus.of(job(), [pod(RUNNING)])
    assert (status.name, status.namespace, status.node, status.pod_name) == ("train", "team-a", "kt-node", "kt-train-x")
    assert status.to_dict() | {"image": ""} == {
        "name": "train",
        "namespace": "team-a",
        "status": "Running",
        "reason": "",
        "cpus": "2",
        "memory": "2Gi",
        "gpus": 1,
        "image": "",
        "volumes": [{"name": "data", "path": "/data", "readOnly": False}],
        "idleSeconds": 1800,
        "queue": None,
        "workers": None,
        "pod": "kt-train-x",
        "node": "kt-node",
        "madeBy": "ada, train.ipynb",
        "created": "2026-11-24T03:00:00Z",
    }
    assert repr(status) == "Compute train  2 CPUs  2 Gi  1 GPU  python:3.12-slim  data at /data  Running"


def ranks(*states):
    made = manifest("train", replace(OPTIONS, workers=2), command=[], args=[], namespace="team-a")
    made["metadata"] |= {"uid": "u1", "creationTimestamp": "2026-11-24T03:00:00Z"}
    pods = [pod(state) for state in states]
    for rank, each in enumerate(pods):
        each["metadata"] |= {"name": f"kt-train-{rank}-x", "annotations": {RANK_ANNOTATION: str(rank)}}
    return made, pods[::-1]


def test_workers_run_when_all_of_them_do_and_have_ended_when_one_has():
    assert ComputeStatus.of(*ranks(RUNNING)).state is State.STARTING
    status = ComputeStatus.of(*ranks(RUNNING, RUNNING))
    assert (status.state, status.pod_name, status.options.workers) == (State.RUNNING, "kt-train-0-x", 2)
    ended = ComputeStatus.of(*ranks(RUNNING, terminated(reason="OOMKilled", exitCode=137)))
    assert ended.words == "Ended: it had used up its memory"


def test_of_workers_the_one_that_ended_first_says_why():
    late = terminated(exitCode=143, finishedAt="2026-11-24T03:00:09Z")
    early = terminated(reason="OOMKilled", exitCode=137, finishedAt="2026-11-24T03:00:07Z")
    assert ComputeStatus.of(*ranks(late, early)).ended_by == "out of memory"


def test_problems_come_first_in_a_list():
    broken = ComputeStatus.of(job("z"), [pod({"waiting": {"reason": "ErrImagePull", "message": "not found"}})])
    listed = ComputeList([ComputeStatus.of(job("a"), [pod(RUNNING)]), broken], namespace="team-a")
    assert [row.name for row in listed] == ["z", "a"]


def test_an_empty_list_says_how_to_start_the_first():
    assert "kt.Compute(cpus=1).start()" in repr(ComputeList([], namespace="team-a"))
