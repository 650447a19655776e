"""Quotas and limit ranges: what they refuse, what they fill in, what they count.

The real server hears of a new limit range a moment after it was made; `until` waits for that where a second one is added.
"""

from ..objects import (
    CLAIMS,
    EVENTS,
    JOBS,
    LIMITS,
    PODS,
    QUOTAS,
    claim,
    container,
    job,
    named,
    pod,
)
from ..steps import delete, event, get, only, patch, post, scenario, shows

DRY = {"dryRun": "All"}
SMALL = {"resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "10m", "memory": "8Mi"}}}
PARKED = {"nodeSelector": {"no": "such"}}


def quota(name, hard, **spec):
    return named("ResourceQuota", name, spec={"hard": hard, **spec})


def limits(name, *ranges):
    return named("LimitRange", name, spec={"limits": list(ranges)})


def counting(name, *keys):
    return get(
        f"{QUOTAS}/{name}",
        until=lambda answer: all(key in (answer.body["status"].get("used") or {}) for key in keys),
        see=only("status"),
    )


def enforced(refused):
    """Wait until the quota refuses this: admission hears of a second quota a moment after it is counted."""
    return post(PODS, refused, query=DRY, until=lambda answer: answer.status == 403).quietly()


SCENARIOS = [
    scenario(
        "storage is counted by size, number and class",
        post(
            QUOTAS,
            quota(
                "q",
                {
                    "requests.storage": "5Gi",
                    "persistentvolumeclaims": "2",
                    "shared.storageclass.storage.k8s.io/requests.storage": "1Gi",
                    "shared.storageclass.storage.k8s.io/persistentvolumeclaims": "0",
                },
            ),
        ),
        counting("q", "requests.storage", "persistentvolumeclaims"),
        post(CLAIMS, claim("big", "6Gi")),
        post(CLAIMS, claim("big", "6Gi"), query=DRY),
        post(CLAIMS, claim("s", modes=["ReadWriteMany"], storageClassName="shared")),
        post(CLAIMS, claim("s", "2Gi", modes=["ReadWriteMany"], storageClassName="shared")),
        post(CLAIMS, claim("a", "3Gi"), see=only("metadata.name")),
        get(f"{QUOTAS}/q", until=shows("status.used.persistentvolumeclaims", "1"), see=only("status")),
        post(CLAIMS, claim("b", "3Gi")),
        post(CLAIMS, claim("b", "2560Mi")),
        post(CLAIMS, claim("b", "1Gi"), see=only("metadata.name")),
        post(CLAIMS, claim("c", "1")),
        delete(f"{CLAIMS}/a", see=only("kind")),
        get(f"{QUOTAS}/q", until=shows("status.used.persistentvolumeclaims", "1"), see=only("status.used")),
    ),
    scenario(
        "a compute quota wants requests and limits of every pod",
        post(
            QUOTAS,
            quota(
                "q",
                {
                    "requests.cpu": "1",
                    "limits.cpu": "2",
                    "requests.memory": "64Mi",
                    "limits.memory": "128Mi",
                    "pods": "2",
                },
            ),
        ).quietly(),
        counting("q", "pods", "limits.cpu"),
        post(PODS, pod("a")),
        post(PODS, pod("a", container(resources={"requests": {"cpu": "1m"}}))),
        post(PODS, pod("a", container(**SMALL), container("d"))),
        post(PODS, pod("a", container(resources={"limits": {"cpu": "3", "memory": "16Mi"}}))),
        post(PODS, pod("a", container(**SMALL), **PARKED), see=only("metadata.name")),
        post(PODS, pod("b", container(**SMALL), **PARKED), see=only("metadata.name")),
        post(PODS, pod("c", container(**SMALL), **PARKED)),
        get(f"{QUOTAS}/q", until=shows("status.used.pods", "2"), see=only("status")),
        post(JOBS, job("j"), see=only("metadata.name")),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.kind=Job"},
            until=event("FailedCreate"),
            see=lambda body: [item["message"].split("failed quota")[-1] for item in body["items"]][:1],
        ),
    ),
    scenario(
        "objects are counted too, and scopes select",
        # Of a kind that a new namespace has none of: configmaps begin with one, which the controller may not see yet.
        post(
            QUOTAS, quota("q", {"count/persistentvolumeclaims": "1", "count/jobs.batch": "1", "secrets": "0"})
        ).quietly(),
        counting("q", "count/persistentvolumeclaims"),
        post(CLAIMS, claim("a"), see=only("metadata.name")),
        post(CLAIMS, claim("b")),
        post("/api/v1/namespaces/{ns}/secrets", named("Secret", "s")),
        post(QUOTAS, quota("t", {"pods": "0"}, scopes=["Terminating"])).quietly(),
        counting("t", "pods"),
        enforced(pod("p", activeDeadlineSeconds=60)),
        post(PODS, pod("p", activeDeadlineSeconds=60)),
        post(PODS, pod("p", container(**SMALL), **PARKED), see=only("metadata.name")),
        post(QUOTAS, quota("u", {"pods": "0"}, scopes=["BestEffort"])).quietly(),
        counting("u", "pods"),
        enforced(pod("q", **PARKED)),
        post(PODS, pod("q", **PARKED)),
        post(PODS, pod("q", container(**SMALL), **PARKED), see=only("metadata.name")),
    ),
    scenario(
        "quotas are checked themselves",
        post(QUOTAS, quota("x", {"pods": "-1"})),
        post(QUOTAS, quota("x", {"pods": "1.5"})),
        post(QUOTAS, quota("x", {"chairs": "1"})),
        post(QUOTAS, quota("x", {"requests.storage": "ten"})),
        post(QUOTAS, quota("x", {"pods": "1"}, scopes=["Sometimes"])),
        post(QUOTAS, quota("x", {"requests.storage": "1Gi"}, scopes=["Terminating"])),
        post(QUOTAS, quota("x", {"pods": "1"}, scopes=["Terminating", "NotTerminating"])),
        post(QUOTAS, named("ResourceQuota", "x")),
        post(QUOTAS, quota("x", {"pods": "1"}), query=DRY),
        post(QUOTAS, quota("y", {"pods": "1"})).quietly(),
        patch(f"{QUOTAS}/y", {"spec": {"scopes": ["Terminating"]}}),
        patch(f"{QUOTAS}/y", {"spec": {"hard": {"pods": "3"}}}, see=only("spec")),
    ),
    scenario(
        "a limit range bounds claims",
        post(
            LIMITS,
            limits("l", {"type": "PersistentVolumeClaim", "min": {"storage": "500Mi"}, "max": {"storage": "2Gi"}}),
        ),
        post(CLAIMS, claim("a", "100Mi")),
        post(CLAIMS, claim("a", "3Gi")),
        post(CLAIMS, claim("a", "100Mi"), query=DRY),
        post(CLAIMS, claim("a", "1Gi"), see=only("metadata.name")),
        post(LIMITS, limits("m", {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}})).quietly(),
        # A size that one of the two allows: which of them is looked at first, chance says.
        post(CLAIMS, claim("b", "1500Mi"), query=DRY, until=lambda answer: answer.status == 403),
    ),
    scenario(
        "a limit range fills in and bounds containers",
        post(
            LIMITS,
            limits(
                "l",
                {
                    "type": "Container",
                    "default": {"cpu": "100m"},
                    "defaultRequest": {"cpu": "50m", "memory": "1Mi"},
                    "max": {"cpu": "200m"},
                    "min": {"cpu": "10m"},
                },
            ),
        ),
        post(
            PODS,
            pod("a"),
            query=DRY,
            see=only("spec.containers.0.resources", "metadata.annotations", "status.qosClass"),
        ),
        post(
            PODS,
            pod("a", container(resources={"limits": {"cpu": "150m"}})),
            query=DRY,
            see=only("spec.containers.0.resources", "metadata.annotations"),
        ),
        post(PODS, pod("a", container(resources={"limits": {"cpu": "1"}})), query=DRY),
        post(PODS, pod("a", container(resources={"requests": {"cpu": "1m"}})), query=DRY),
        post(
            LIMITS, limits("m", {"type": "Container", "max": {"memory": "8Mi"}, "maxLimitRequestRatio": {"cpu": "2"}})
        ),
        post(
            PODS,
            pod("a", container(resources={"requests": {"cpu": "10m"}, "limits": {"cpu": "100m"}})),
            query=DRY,
            # Heard of between filling in and checking, a range complains of what it would have filled in.
            until=lambda answer: answer.status == 403 and "No limit is specified" not in answer.body["message"],
        ),
        post(PODS, pod("a", container(resources={"limits": {"memory": "9Mi"}})), query=DRY),
        post(LIMITS, limits("n", {"type": "Pod", "max": {"cpu": "150m"}})).quietly(),
        post(PODS, pod("a", container(), container("d")), query=DRY, until=lambda answer: answer.status == 403),
    ),
    scenario(
        "limit ranges are checked themselves",
        post(LIMITS, limits("x", {"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}})),
        post(LIMITS, limits("x", {"type": "Container", "default": {"cpu": "2"}, "max": {"cpu": "1"}})),
        post(LIMITS, limits("x", {"type": "Chair", "max": {"cpu": "1"}})),
        post(LIMITS, limits("x", {"type": "PersistentVolumeClaim"})),
        post(LIMITS, limits("x", {"type": "Pod", "default": {"cpu": "1"}})),
        post(LIMITS, limits("x", {"max": {"cpu": "1"}})),
        post(LIMITS, limits("x")),
        post(LIMITS, limits("y", {"type": "Container"}, {"type": "Container"})),
    ),
]
