"""Jobs: how often their pods run, how they are counted, and how a job ends."""

from kt_jupyter.kube import JOBS, NAMESPACES, PODS
from tests.cluster.workloads import condition, job, phase, terminated


def active(job):
    return ((job or {}).get("status") or {}).get("active")


def suspended(job):
    return condition(job, "Suspended") if (job or {}).get("status") else None


def test_a_job_whose_pod_succeeds_is_complete(workloads):
    workloads.make(JOBS, job("ok", "exit 0"))
    found, verdict = workloads.over("ok")
    assert (verdict, found["status"]["succeeded"]) == ("Complete", 1)
    assert condition(found, "Complete")["reason"] == "CompletionsReached"
    assert condition(found, "SuccessCriteriaMet")["status"] == "True"
    assert workloads.event("ok", "Completed") == "Job completed"


def test_a_job_whose_pods_fail_too_often_has_failed(workloads):
    workloads.make(JOBS, job("bad", "exit 1"))
    found, verdict = workloads.over("bad")
    assert (verdict, found["status"]["failed"]) == ("Failed", 1)
    assert condition(found, "Failed")["reason"] == "BackoffLimitExceeded"
    assert workloads.event("bad", "BackoffLimitExceeded") == "Job has reached the specified backoff limit"


def test_a_failed_pod_is_replaced_within_the_backoff_limit(workloads):
    workloads.make(JOBS, job("again", "exit 1", backoffLimit=1))
    found, _ = workloads.over("again")
    assert found["status"]["failed"] == 2
    assert len(workloads.pods("job-name=again")) == 2


def test_the_pods_of_an_indexed_job_know_their_index(workloads):
    spec = {"completions": 3, "parallelism": 3, "completionMode": "Indexed"}
    workloads.make(JOBS, job("ranks", "echo $JOB_COMPLETION_INDEX $(hostname)", **spec))
    found, verdict = workloads.over("ranks")
    assert (verdict, found["status"]["completedIndexes"]) == ("Complete", "0-2")
    said = sorted(workloads.log(pod["metadata"]["name"]) for pod in workloads.pods("job-name=ranks"))
    assert said == ["0 ranks-0\n", "1 ranks-1\n", "2 ranks-2\n"]


def test_no_more_pods_run_at_once_than_the_parallelism(workloads):
    workloads.make(JOBS, job("queue", "sleep 1", completions=3, parallelism=1))
    found, _ = workloads.over("queue")
    assert found["status"]["succeeded"] == 3
    starts = sorted(terminated(pod)["startedAt"] for pod in workloads.pods("job-name=queue"))
    assert len(set(starts)) == 3


def test_a_job_past_its_deadline_fails_and_its_pods_go(workloads):
    workloads.make(JOBS, job("slow", "sleep 600", activeDeadlineSeconds=2))
    found, verdict = workloads.over("slow")
    assert verdict == "Failed"
    assert condition(found, "Failed")["message"] == "Job was active longer than specified deadline"
    for pod in workloads.pods("job-name=slow"):  # one that has ended may be in the list for a moment
        workloads.gone(PODS, pod["metadata"]["name"])


def test_raising_the_deadline_lets_a_job_live_on(workloads):
    workloads.make(JOBS, job("lease", "sleep 6", activeDeadlineSeconds=5))
    workloads.until(JOBS, "lease", active)
    workloads.cluster.patch(JOBS, "lease", {"spec": {"activeDeadlineSeconds": 600}}, namespace=workloads.namespace)
    assert workloads.over("lease")[1] == "Complete"


def test_a_job_with_a_time_to_live_goes_by_itself_and_takes_its_pods_along(workloads):
    workloads.make(JOBS, job("brief", "exit 0", ttlSecondsAfterFinished=0))
    workloads.gone(JOBS, "brief")
    assert workloads.pods("job-name=brief") == []


def test_a_suspended_job_makes_no_pods_until_it_is_resumed(workloads):
    workloads.make(JOBS, job("held", "exit 0", suspend=True))
    workloads.until(JOBS, "held", suspended)
    assert workloads.pods("job-name=held") == []
    workloads.cluster.patch(JOBS, "held", {"spec": {"suspend": False}}, namespace=workloads.namespace)
    assert workloads.over("held")[1] == "Complete"


def test_a_job_whose_pods_are_refused_says_so_in_an_event(workloads):
    label = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    workloads.cluster.patch(NAMESPACES, workloads.namespace, label)
    workloads.make(JOBS, job("root", "id", pod_extra={"securityContext": {}}))
    assert "violates PodSecurity" in workloads.event("root", "FailedCreate")


def test_deleting_a_job_in_the_background_removes_its_pods(workloads):
    workloads.make(JOBS, job("going", "sleep 600"))
    workloads.until(JOBS, "going", active)
    (pod,) = workloads.pods("job-name=going")
    workloads.cluster.delete(JOBS, "going", namespace=workloads.namespace, propagation="Background")
    workloads.gone(PODS, pod["metadata"]["name"])


def test_deleting_a_job_and_orphaning_leaves_its_pods(workloads):
    workloads.make(JOBS, job("parent", "exit 0"))
    workloads.over("parent")
    workloads.cluster.delete(JOBS, "parent", namespace=workloads.namespace, propagation="Orphan")
    workloads.gone(JOBS, "parent")
    (pod,) = workloads.pods("job-name=parent")
    workloads.until(PODS, pod["metadata"]["name"], lambda pod: "ownerReferences" not in pod["metadata"] or None)
    assert phase(pod) == "Succeeded"
