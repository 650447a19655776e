"""Quotas and limit ranges: what they refuse, what they fill in, what they count.

The real server's admission hears of a new quota, and of a second limit range, a moment after it was made: `heard` and `until`
wait for that. Its controller counts what it has heard of, so a quota here comes before whatever it counts.
"""

from ..objects import (
    CLAIMS,
    EVENTS,
    JOBS,
    LIMITS,
    PODS,
    QUOTAS,
    SECRETS,
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
SERVICES = "/api/v1/namespaces/{ns}/services"
SERVICE = named("Service", "s", spec={"ports": [{"port": 80}]})


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


def told(*words):
    return lambda answer: answer.status == 403 and all(word in answer.body["message"] for word in words)


def heard(name, path, body):
    """Wait until a quota refuses this, which is too much for it."""
    return post(path, body, query=DRY, until=told(f"exceeded quota: {name},")).quietly()


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
        heard("q", CLAIMS, claim("big", "6Gi")),
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
        heard("q", PODS, pod("a", container(resources={"limits": {"cpu": "3", "memory": "16Mi"}}))),
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
        # Of kinds that a new namespace has none of: configmaps begin with one, which the controller may not see yet.
        post(QUOTAS, quota("q", {"count/secrets": "1", "count/jobs.batch": "1", "services": "0"})).quietly(),
        counting("q", "count/secrets"),
        heard("q", SERVICES, SERVICE),
        post(SECRETS, named("Secret", "a"), see=only("metadata.name")),
        post(SECRETS, named("Secret", "b")),
        post(SERVICES, SERVICE),
        post(QUOTAS, quota("t", {"pods": "0"}, scopes=["Terminating"])).quietly(),
        counting("t", "pods"),
        heard("t", PODS, pod("p", activeDeadlineSeconds=60)),
        post(PODS, pod("p", activeDeadlineSeconds=60)),
        post(QUOTAS, quota("u", {"pods": "0"}, scopes=["BestEffort"])).quietly(),
        counting("u", "pods"),
        heard("u", PODS, pod("q", **PARKED)),
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
        post(CLAIMS, claim("b", "1536Mi"), query=DRY, until=told("1536Mi")),
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
        post(
            PODS,
            pod("a", *(container(name, resources={"limits": {"memory": "8Mi"}}) for name in "cd")),
            query=DRY,
            until=told("per Pod"),
        ),
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
