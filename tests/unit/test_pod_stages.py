"""How far a pod has come and what stands in its way, from what real clusters (1.34) say of it."""

import pytest

from kt_jupyter.errors import ImageNotAvailable, PodNotStarted, QuotaExceeded, Rejected, VolumeNotFound, VolumeUnusable
from kt_jupyter.pods.scheduling import translated
from kt_jupyter.pods.stages import Seen, Stage, situation

ALL = frozenset(Stage)
PLACED = {"nodeName": "kt-node"}


def job(**spec):
    return {"metadata": {"name": "j", "namespace": "team-a", "uid": "j1"}, "spec": {"parallelism": 1, **spec}}


def pod(uid="p1", *, state=None, spec=None, **status):
    container = {"name": "main", "image": "alpine:latest"}
    statuses = [{"name": "main", "state": state}] if state else []
    return {
        "metadata": {"name": f"j-{uid}", "namespace": "team-a", "uid": uid},
        "spec": {"containers": [container], **(spec or {})},
        "status": {"phase": "Pending", "containerStatuses": statuses, **status},
    }


def event(reason, message="", *, of="p1", kind="Normal", at="2026-11-25T21:30:21Z"):
    return {
        "involvedObject": {"uid": of},
        "reason": reason,
        "message": message,
        "type": kind,
        "lastTimestamp": at,
    }


def warning(reason, message, **more):
    return event(reason, message, kind="Warning", **more)


def claim(phase="Pending", *, node=None, **metadata):
    annotations = {"volume.kubernetes.io/selected-node": node} if node else {}
    return {"metadata": {"name": "data", "uid": "c1", "annotations": annotations, **metadata},
            "status": {"phase": phase}}  # fmt: skip


def of_pod(found, *events):
    return situation(Seen(job(), [found], {}, events))


def reached(*stages):
    return frozenset(stages)


@pytest.mark.parametrize(
    ("seen", "stages", "doing"),
    [
        (Seen(job()), reached(), "waiting for a node"),
        (Seen(job(), [pod()]), reached(), "waiting for a node"),
        (
            Seen(job(), [pod()], {"data": claim(node="kt-node-2")}),
            reached(Stage.SCHEDULED),
            "making the disk of data",
        ),
        (
            Seen(job(), [pod()], {"data": claim("Bound", node="kt-node-2")}),
            reached(Stage.SCHEDULED),
            "making the disk",
        ),
        (Seen(job(), [pod(spec=PLACED)]), reached(Stage.SCHEDULED, Stage.BOUND), "preparing"),
        (
            Seen(job(), [pod(spec=PLACED)], {}, [event("Pulling", 'Pulling image "alpine:latest"')]),
            reached(Stage.SCHEDULED, Stage.BOUND),
            "pulling alpine:latest",
        ),
        (
            Seen(job(), [pod(spec=PLACED)], {}, [event("Pulled")]),
            reached(Stage.SCHEDULED, Stage.BOUND, Stage.IMAGE),
            "starting",
        ),
        (Seen(job(), [pod(spec=PLACED, state={"running": {}})]), ALL, ""),
        (Seen(job(), [pod(spec=PLACED, state={"terminated": {"exitCode": 3, "reason": "Error"}})]), ALL, ""),
    ],
    ids=["no pod", "no node", "node chosen", "disk made", "node", "pulling", "pulled", "running", "ended already"],
)
def test_what_is_done_and_what_is_being_done(seen, stages, doing):
    found = situation(seen)
    assert (found.reached, found.doing, found.obstacle) == (stages, doing, None)


def test_a_stage_is_done_when_all_workers_are_through_it():
    running, waiting = pod("p0", spec=PLACED, state={"running": {}}), pod("p1", spec={"nodeName": "kt-node-2"})
    both = job(parallelism=2)
    assert situation(Seen(both, [running])).reached == reached()
    assert situation(Seen(both, [running, waiting])).reached == reached(Stage.SCHEDULED, Stage.BOUND)
    assert situation(Seen(both, [running, waiting])).nodes == ("kt-node", "kt-node-2")
    assert situation(Seen(both, [running, waiting], {}, [event("Pulled")])).reached == ALL - {Stage.RUNNING}


NOT_FOUND = (
    'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nosuch:1": failed to resolve '
    'reference "docker.io/library/nosuch:1": docker.io/library/nosuch:1: not found'
)
DENIED = (
    'failed to pull and unpack image "docker.io/library/x:1": failed to resolve reference "docker.io/library/x:1": '
    "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope"
)
NO_HOST = (
    'failed to resolve reference "regsitry.example.com/x:1": failed to do request: Head '
    '"https://regsitry.example.com/v2/x/manifests/1": dial tcp: lookup regsitry.example.com on 10.0.0.2:53: '
    "no such host"
)
SLOW = 'failed to do request: Head "https://r/v2/x": dial tcp 10.1.2.3:443: i/o timeout'
LIMITED = "unexpected status code: 429 Too Many Requests - toomanyrequests: You have reached your pull rate limit"


@pytest.mark.parametrize(
    ("reason", "message", "fact", "final"),
    [
        ("ErrImagePull", NOT_FOUND, 'there is no image "alpine:latest"', True),
        (
            "ImagePullBackOff",
            f'Back-off pulling image "x": ErrImagePull: {NOT_FOUND}',
            "there is no image",
            True,
        ),
        ("ErrImagePull", DENIED, "does not exist, or is not given out to this namespace", True),
        ("ErrImagePull", NO_HOST, "its node finds no registry regsitry.example.com", True),
        ("ErrImagePull", LIMITED, "its rate limit", True),
        ("ErrImagePull", SLOW, "the node tries again", False),
        ("ErrImagePull", "the local cluster runs no images", "cannot be had: the local cluster runs no images", True),
        ("InvalidImageName", "couldn't parse", '"alpine:latest" is not the name of an image', True),
        ("ErrImageNeverPull", "not present", "cannot be used (ErrImageNeverPull)", True),
    ],
)
def test_an_image_that_cannot_be_had(reason, message, fact, final):
    state = {"waiting": {"reason": reason, "message": message}}
    obstacle = of_pod(pod(spec=PLACED, state=state)).obstacle
    assert fact in obstacle.fact
    assert obstacle.final is final
    assert not final or obstacle.error is ImageNotAvailable


def test_the_event_tells_of_a_missing_image_before_the_status_does():
    said = warning("Failed", f'Failed to pull image "nosuch:1": {NOT_FOUND}')
    assert "there is no image" in of_pod(pod(spec=PLACED), event("Pulling"), said).obstacle.fact


def test_an_image_that_came_at_the_second_try_is_no_obstacle():
    failed = warning("Failed", f'Failed to pull image "x": {SLOW}')
    later = event("Pulled", at="2026-11-25T21:31:00Z")
    assert of_pod(pod(spec=PLACED), failed, later).obstacle is None


START_ERROR = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    'unable to start container process: exec: "sh": executable file not found in $PATH: unknown'
)


@pytest.mark.parametrize(
    ("found", "fact", "error"),
    [
        (
            pod(spec=PLACED, state={"terminated": {"reason": "StartError", "exitCode": 128, "message": START_ERROR}}),
            'image "alpine:latest" has no program "sh"',
            ImageNotAvailable,
        ),
        (
            pod(
                spec=PLACED,
                state={
                    "waiting": {
                        "reason": "CreateContainerConfigError",
                        "message": "container has runAsNonRoot and image will run as root (pod: …)",
                    }
                },
            ),
            "root is not allowed here",
            PodNotStarted,
        ),
        (
            pod(spec=PLACED, phase="Failed", reason="Evicted", message="The node was low on resource: memory."),
            "its node ended it (Evicted): The node was low on resource: memory",
            PodNotStarted,
        ),
        ({**pod(), "metadata": {"name": "j-p1", "uid": "p1", "deletionTimestamp": "2026-11-25T21:30:21Z"},
          "spec": {**PLACED, "containers": [{"name": "main", "image": "x"}]}},
         "its pod was deleted", PodNotStarted),
    ],
    ids=["no shell", "root", "evicted", "deleted"],
)  # fmt: skip
def test_what_ends_a_pod_before_it_runs(found, fact, error):
    obstacle = of_pod(found).obstacle
    assert fact in obstacle.fact
    assert (obstacle.final, obstacle.error) == (True, error)


def test_a_disk_on_another_node_is_waited_for():
    said = (
        'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) train-0'
    )  # fmt: skip
    obstacle = of_pod(pod(spec=PLACED), warning("FailedAttachVolume", said)).obstacle
    assert obstacle.fact == (
        "its disk is attached to another node, which must let it go first (volume is already used by pod(s) train-0)"
    )
    assert not obstacle.final
    assert (
        of_pod(pod(spec=PLACED), warning("FailedAttachVolume", said), event("SuccessfulAttachVolume")).obstacle is None
    )


def test_a_mount_that_failed_is_told_until_it_is_mounted():
    said = warning("FailedMount", 'MountVolume.SetUp failed for volume "pvc-1" : mount failed: exit status 32')
    assert "cannot be mounted yet" in of_pod(pod(spec=PLACED), said).obstacle.fact
    assert of_pod(pod(spec=PLACED), said, event("Pulling")).obstacle is None


@pytest.mark.parametrize(
    ("found", "fact", "error"),
    [
        (None, 'there is no volume "data"', VolumeNotFound),
        (claim("Lost"), 'volume "data" is lost', VolumeUnusable),
        (claim("Bound", deletionTimestamp="2026-11-25T21:30:21Z"), "is being deleted (Terminating)", VolumeUnusable),
    ],
    ids=["gone", "lost", "terminating"],
)
def test_a_claim_that_nothing_can_use(found, fact, error):
    obstacle = situation(Seen(job(), [pod()], {"data": found})).obstacle
    assert fact in obstacle.fact
    assert (obstacle.final, obstacle.error) == (True, error)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ('storageclass.storage.k8s.io "nosuch" not found', "class nosuch does not exist"),
        (
            'failed to provision volume with StorageClass "standard": rpc error: code = Internal desc = no space',
            "no space",
        ),
    ],
)
def test_a_disk_that_cannot_be_made_is_told_by_its_claim(message, why):
    said = warning("ProvisioningFailed", message, of="c1")
    obstacle = situation(Seen(job(), [pod()], {"data": claim()}, [said])).obstacle
    assert (obstacle.fact, obstacle.final) == (f'volume "data" has no disk: {why}', True)


def test_a_warning_about_an_earlier_claim_of_the_same_name_is_not_its():
    said = warning("ProvisioningFailed", "no space", of="another")
    assert situation(Seen(job(), [pod()], {"data": claim()}, [said])).obstacle is None


def refusing(message):
    return situation(Seen(job(), [], {}, [warning("FailedCreate", f"Error creating: {message}", of="j1")])).obstacle


@pytest.mark.parametrize(
    ("message", "fact", "error"),
    [
        (
            'pods "j-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
            'the quota "q" is used up (pods: asked 1, used 2 of 2)',
            QuotaExceeded,
        ),
        (
            'pods "j-x" is forbidden: violates PodSecurity "restricted:latest": runAsUser=0 (pod must not set it)',
            'the namespace\'s Pod Security level "restricted:latest" refuses the pod: runAsUser=0',
            Rejected,
        ),
        ('pods "j-x" is forbidden: something new', "the cluster refuses its pod: pods", Rejected),
    ],
    ids=["quota", "pod security", "anything else"],
)
def test_a_job_whose_pods_are_refused(message, fact, error):
    obstacle = refusing(message)
    assert obstacle.fact.startswith(fact)
    assert (obstacle.final, obstacle.error) == (True, error)


def test_a_namespace_that_has_no_service_account_yet_is_waited_for():
    said = (
        'pods "j-x" is forbidden: error looking up service account team-a/default: serviceaccount "default" not found'
    )
    assert refusing(said).final is False


def test_a_suspended_job_waits_for_its_queue():
    waiting = job(suspend=True)
    found = situation(Seen(waiting))
    assert (found.obstacle.fact, found.doing, found.queued) == ("its queue has not admitted it yet", "queued", True)
    waiting["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "team-a"}
    assert situation(Seen(waiting)).obstacle.fact == 'queue "team-a" has not admitted it yet'


@pytest.mark.parametrize(
    ("seen", "fact"),
    [
        (Seen(None, [pod()]), "somebody deleted it"),
        (
            Seen(
                {
                    **job(),
                    "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]},
                }
            ),
            "its lease ran out while it waited",
        ),
    ],
    ids=["deleted", "out of time"],
)
def test_a_job_that_is_over(seen, fact):
    obstacle = situation(seen).obstacle
    assert (obstacle.fact, obstacle.final) == (fact, True)


ITS_DISK = "node(s) didn't match PersistentVolume's node affinity"
ONE_POD = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
)
BARRED = "barred: the volume is for one pod at a time (ReadWriteOncePod), and another pod has it"
TAIL = " no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"0/1 nodes are available: 1 Insufficient cpu.{TAIL}", "the only node is without enough free CPU"),
        (
            f"0/2 nodes are available: 2 Insufficient nvidia.com/gpu.{TAIL}",
            "each of the 2 nodes is without enough free GPUs",
        ),
        (
            f"0/2 nodes are available: 1 {ITS_DISK}, 1 node(s) didn't satisfy plugin(s) [NodeAffinity].{TAIL}",
            "no node can take it: of 2, 1 is where its disk cannot be used, 1 is not the one it has to run on",
        ),
        (
            f"0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s).{TAIL}",
            "no node can take it: of 3, 1 is closed for new pods (cordoned), 2 are reserved or out of order (tainted)",
        ),
        (
            f"0/1 nodes are available: 1 node(s) had untolerated taint {{node.kubernetes.io/not-ready: }}.{TAIL}",
            "the only node is reserved or out of order (not ready)",
        ),
        (
            f"0/2 nodes are available: 2 {ONE_POD}.{TAIL}",
            f"each of the 2 nodes is {BARRED}",
        ),
        (
            '0/2 nodes are available: persistentvolumeclaim "data" not found. not found',
            'volume "data": not found',
        ),
        ("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
         "its volume has no disk yet"),
        (f"0/1 nodes are available: 1 of a new kind.{TAIL}", "the only node is refusing: of a new kind"),
        ("something else entirely", "no node takes it yet: something else entirely"),
    ],
)  # fmt: skip
def test_why_no_node_takes_it(said, written):
    assert translated(said) == written


def test_a_pod_without_a_node_waits_on_and_says_that_a_node_is_coming():
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "message": f"0/1 nodes are available: 1 Too many pods.{TAIL}",
    }
    found = pod(conditions=[condition])
    assert of_pod(found).obstacle.fact == "the only node is full (it takes no more pods)"
    assert of_pod(found).obstacle.final is False
    coming = of_pod(found, event("TriggeredScaleUp", "pod triggered scale-up")).obstacle.fact
    assert coming.endswith("; the cluster is adding a node for it")
