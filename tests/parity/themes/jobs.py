"""Jobs: defaults, validation, what they make of their pods, and how they are cleared away."""

from ..objects import EVENTS, JOBS, PODS, container, job
from ..steps import condition, delete, each, event, get, gone, listed, only, patch, post, put, scenario, shows

DRY = {"dryRun": "All"}


def of(name):
    return {"labelSelector": f"job-name={name}"}


SCENARIOS = [
    scenario(
        "a job gets its defaults",
        post(JOBS, job("a"), query=DRY),
        post(
            JOBS,
            job(
                "a",
                metadata={"labels": {"x": "y"}},
                completions=3,
                parallelism=2,
                completionMode="Indexed",
                ttlSecondsAfterFinished=60,
                backoffLimit=0,
                activeDeadlineSeconds=100,
            ),
            query=DRY,
        ),
        post(JOBS, job("a", suspend=True, parallelism=0), query=DRY),
        post(JOBS, job("a", template={"restartPolicy": "OnFailure"}), query=DRY, see=only("spec.template.spec")),
        post(JOBS, job("a", parallelism=2), query=DRY, see=only("spec.completions", "spec.parallelism")),
        post(JOBS, job("a", completions=2), query=DRY, see=only("spec.completions", "spec.parallelism")),
        post(JOBS, job(None, metadata={"generateName": "j-"}), query=DRY, see=only("metadata.generateName")),
    ),
    scenario(
        "a job's containers are limited and ask for nothing, its pod's ask for as much",
        post(
            JOBS,
            job(
                "a",
                container(resources={"limits": {"cpu": "1", "memory": "16Mi"}}),
                template={"nodeSelector": {"no": "such"}},
            ),
            see=only("spec.template.spec.containers.0.resources"),
        ),
        get(PODS, query=of("a"), until=listed(1), see=each("spec.containers.0.resources")),
    ),
    scenario(
        "a job's fields are checked",
        *[
            post(JOBS, body)
            for body in (
                job("Bad_Name"),
                job("a" * 64),
                job("a", template={"restartPolicy": "Always"}),
                job("a", template={"restartPolicy": None}),
                job("a", parallelism=-1),
                job("a", completions=-1),
                job("a", backoffLimit=-1),
                job("a", activeDeadlineSeconds=-1),
                job("a", ttlSecondsAfterFinished=-1),
                job("a", completionMode="Sorted"),
                job("a", completionMode="Indexed"),
                job("a", backoffLimitPerIndex=1),
                job("a", selector={"matchLabels": {"a": "b"}}),
                job("a", manualSelector=True, selector={"matchLabels": {"a": "b"}}),
                job("a", template={"containers": []}),
                job("a", container(image="")),
                job("a", container("Bad_Name")),
                job("a", parallelism="two"),
                {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}},
                {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {}}},
                {"apiVersion": "batch/v1beta1", "kind": "Job", "metadata": {"name": "a"}, "spec": job("a")["spec"]},
            )
        ],
    ),
    scenario(
        "a job runs its pod and completes",
        post(
            JOBS,
            job("a", container(command="echo done"), metadata={"labels": {"x": "y"}}),
            see=only("spec.selector", "spec.template.metadata", "metadata.labels", "metadata.generation", "status"),
        ),
        get(f"{JOBS}/a", until=condition("Complete")),
        get(
            PODS,
            query=of("a"),
            see=each(
                "metadata.generateName",
                "metadata.labels",
                "metadata.annotations",
                "metadata.ownerReferences",
                "metadata.finalizers",
                "status.phase",
                "spec.restartPolicy",
            ),
        ),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.kind=Job"},
            until=event("SuccessfulCreate", "Completed"),
            see=each(
                "type",
                "reason",
                "message",
                "source",
                "reportingComponent",
                "involvedObject.kind",
                "involvedObject.apiVersion",
            ),
        ),
        patch(f"{JOBS}/a", {"metadata": {"labels": {"n": "1"}}}, see=only("metadata.labels", "metadata.generation")),
        delete(f"{JOBS}/a", {"propagationPolicy": "Background"}),
        get(PODS, query=of("a"), until=listed(0), see=only("items")),
        delete(f"{JOBS}/a"),
    ),
    scenario(
        "a job that fails says so",
        post(JOBS, job("a", container(command="exit 3"), backoffLimit=0)).quietly(),
        get(f"{JOBS}/a", until=condition("Failed"), see=only("status")),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.kind=Job"},
            until=event("SuccessfulCreate", "BackoffLimitExceeded"),
            see=each("type", "reason", "message"),
        ),
        get(
            PODS,
            query=of("a"),
            see=each(
                "status.phase",
                "status.containerStatuses.0.state.terminated.exitCode",
                "status.containerStatuses.0.state.terminated.reason",
            ),
        ),
    ),
    scenario(
        "a deadline ends a job and its pod",
        post(
            JOBS,
            job(
                "a",
                container(command="sleep 300"),
                template={"terminationGracePeriodSeconds": 0},
                activeDeadlineSeconds=1,
                backoffLimit=0,
            ),
        ).quietly(),
        get(
            f"{JOBS}/a",
            until=condition("Failed"),
            see=only("status.conditions", "status.failed", "status.uncountedTerminatedPods"),
        ),
        get(PODS, query=of("a"), until=listed(0), see=only("items")),
    ),
    scenario(
        "a finished job clears itself away when told to",
        post(JOBS, job("a", ttlSecondsAfterFinished=0)).quietly(),
        get(f"{JOBS}/a", until=gone),
        get(PODS, query=of("a"), until=listed(0), see=only("items")),
    ),
    scenario(
        "only some fields of a job may change",
        post(
            JOBS,
            job(
                "a",
                container(command="sleep 300"),
                template={"terminationGracePeriodSeconds": 0},
                backoffLimit=0,
                activeDeadlineSeconds=600,
            ),
            keep={"rv": "metadata.resourceVersion"},
            see=only("metadata.generation"),
        ),
        get(
            f"{JOBS}/a",
            until=shows("status.ready", 1),
            see=only(
                "status.active",
                "status.ready",
                "status.terminating",
                "status.uncountedTerminatedPods",
                "status.startTime",
            ),
        ),
        patch(
            f"{JOBS}/a",
            {"spec": {"activeDeadlineSeconds": 900}},
            see=only("spec.activeDeadlineSeconds", "metadata.generation"),
        ),
        patch(f"{JOBS}/a", {"spec": {"backoffLimit": 2}}, see=only("spec.backoffLimit", "metadata.generation")),
        patch(f"{JOBS}/a", {"spec": {"ttlSecondsAfterFinished": 5}}, see=only("spec.ttlSecondsAfterFinished")),
        patch(f"{JOBS}/a", {"spec": {"parallelism": 2}}, query=DRY, see=only("spec.parallelism")),
        patch(f"{JOBS}/a", {"spec": {"completions": 2}}),
        patch(f"{JOBS}/a", {"spec": {"completionMode": "Indexed"}}),
        patch(f"{JOBS}/a", {"spec": {"selector": {"matchLabels": {"a": "b"}}}}),
        patch(f"{JOBS}/a", {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}),
        patch(f"{JOBS}/a", {"spec": {"activeDeadlineSeconds": -5}}),
        patch(f"{JOBS}/a", {"status": {"active": 7}}, see=only("status.active")),
        patch(f"{JOBS}/a/status", {"status": {"active": -7, "ready": 0}}),
        put(f"{JOBS}/a", job("a", metadata={"resourceVersion": "{rv}"})),
        get(f"{JOBS}/a/scale"),
        delete(
            f"{JOBS}/a",
            {"propagationPolicy": "Foreground"},
            see=only("kind", "metadata.finalizers", "metadata.deletionGracePeriodSeconds"),
        ),
        get(f"{JOBS}/a", until=gone),
        get(PODS, query=of("a"), see=only("items")),
    ),
    scenario(
        "deleting a job alone leaves its pods, with a warning",
        post(JOBS, job("a", container(command="sleep 300"), template={"terminationGracePeriodSeconds": 0})).quietly(),
        get(
            PODS,
            query=of("a"),
            until=lambda answer: bool(answer.body["items"]) and answer.body["items"][0]["status"]["phase"] == "Running",
            see=each("metadata.ownerReferences.0.name"),
        ),
        delete(f"{JOBS}/a", query=DRY, see=only("kind", "metadata.name", "metadata.finalizers")),
        delete(f"{JOBS}/a", see=only("kind", "metadata.name", "metadata.finalizers")),
        get(f"{JOBS}/a", until=gone),
        get(
            PODS,
            query=of("a"),
            until=lambda answer: not answer.body["items"][0]["metadata"].keys() & {"ownerReferences", "finalizers"},
            see=each("metadata.ownerReferences", "metadata.finalizers"),
        ),
        delete(PODS, query={**of("a"), "gracePeriodSeconds": "0"}, see=only("kind")),
    ),
    scenario(
        "a suspended job has no pods until it is resumed",
        post(JOBS, job("a", suspend=True)).quietly(),
        get(f"{JOBS}/a", until=condition("Suspended"), see=only("status")),
        patch(f"{JOBS}/a", {"spec": {"suspend": False}}, see=only("spec.suspend")),
        get(f"{JOBS}/a", until=condition("Complete"), see=only("status.succeeded", "status.conditions")),
    ),
    scenario(
        "an indexed job numbers its pods",
        post(
            JOBS,
            job(
                "a",
                container(command="echo $JOB_COMPLETION_INDEX"),
                completions=2,
                parallelism=2,
                completionMode="Indexed",
            ),
        ).quietly(),
        get(f"{JOBS}/a", until=condition("Complete"), see=only("status.completedIndexes", "status.succeeded")),
        get(
            PODS,
            query=of("a"),
            see=each(
                "metadata.annotations",
                "metadata.labels",
                "spec.hostname",
                "spec.containers.0.env",
                "metadata.generateName",
            ),
        ),
    ),
    scenario(
        "a pod that may not be made fails the job's try, not the job",
        post(JOBS, job("a")),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.name=a"},
            until=event("FailedCreate"),
            see=each("type", "reason", "source.component"),
        ),
        get(f"{JOBS}/a", see=only("status.active", "status.conditions", "status.succeeded")),
        labels={"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"},
    ),
]
