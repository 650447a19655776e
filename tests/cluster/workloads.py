"""Pods, jobs and claims for the tests: small, restricted, and with an image that every test cluster has."""

from kt_jupyter.kube import CLAIMS, EVENTS, JOBS, PODS, RESOURCE_QUOTAS, Resource

CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")

IMAGE = "alpine:latest"
FILL = "x=$(yes | head -c 100000000)"  # a shell that has so many bytes in a variable
SECONDS = 45  # how long a slow cluster may take to start or end a pod


def container(script, *, name="c", **more):
    return {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        **more,
    }


def pod_spec(script="", *, container_extra=None, **spec):
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container(script, **(container_extra or {}))],
        **spec,
    }


def pod(name, script="", **spec):
    return {"metadata": {"name": name}, "spec": pod_spec(script, **spec)}


def mounting(claim, path="/data", **mount):
    """The parts of a pod that mount a claim."""
    return {
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}],
        "container_extra": {"volumeMounts": [{"name": "v", "mountPath": path, **mount}]},
    }


def job(name, script, *, pod_extra=None, **spec):
    template = {"spec": pod_spec(script, **(pod_extra or {}))}
    return {"metadata": {"name": name}, "spec": {"backoffLimit": 0, "template": template, **spec}}


def claim(name, *, size="10Mi", mode="ReadWriteOnce", **spec):
    return {
        "metadata": {"name": name},
        "spec": {"accessModes": [mode], "resources": {"requests": {"storage": size}}, **spec},
    }


class Workloads:
    """A namespace of a cluster, in words."""

    def __init__(self, cluster, namespace):
        self.cluster = cluster
        self.namespace = namespace

    def make(self, resource, manifest):
        return self.cluster.create(resource, manifest, namespace=self.namespace)

    def quota(self, name, hard):
        """Make a quota, and return when its controller has counted: before, a server refuses what it cannot judge."""
        self.make(RESOURCE_QUOTAS, {"metadata": {"name": name}, "spec": {"hard": hard}})
        self.until(RESOURCE_QUOTAS, name, lambda quota: ((quota or {}).get("status") or {}).get("hard"))

    def run(self, name, script="", **spec):
        """Make a pod and return it when it has ended."""
        self.make(PODS, pod(name, script, **spec))
        return self.ended(name)

    def ended(self, name):
        return self.until(PODS, name, lambda pod: pod if phase(pod) in ("Succeeded", "Failed") else None)

    def running(self, name):
        return self.until(PODS, name, lambda pod: pod if phase(pod) == "Running" else None)

    def bound(self, name):
        return self.until(CLAIMS, name, lambda claim: claim if phase(claim) == "Bound" else None)

    def over(self, name):
        """Return a job when it has the condition Complete or Failed, and that condition's type."""
        return self.until(JOBS, name, lambda job: (job, kind) if (kind := verdict(job)) else None)

    def gone(self, resource, name):
        self.until(resource, name, lambda found: found is None or None)

    def until(self, resource, name, condition):
        return self.cluster.wait_for(resource, name, condition, namespace=self.namespace, timeout=SECONDS)

    def event(self, name, reason):
        """Return the message of an event about an object, once there is one with that reason."""
        about = f"involvedObject.name={name}"
        with self.cluster.watch(EVENTS, namespace=self.namespace, field_selector=about) as watch:
            while True:
                found = watch.next(timeout=SECONDS).object
                if found["reason"] == reason:
                    return found["message"]

    def pods(self, label):
        return self.cluster.list(PODS, namespace=self.namespace, label_selector=label)

    def log(self, name, container=None):
        return self.cluster.logs(name, namespace=self.namespace, container=container)


def phase(obj):
    return ((obj or {}).get("status") or {}).get("phase")


def verdict(job):
    for one in ((job or {}).get("status") or {}).get("conditions") or []:
        if one["type"] in ("Complete", "Failed") and one["status"] == "True":
            return one["type"]
    return None


def condition(obj, kind):
    return next((one for one in obj["status"].get("conditions") or [] if one["type"] == kind), None)


def terminated(pod, container="c"):
    statuses = [*pod["status"].get("initContainerStatuses", []), *pod["status"]["containerStatuses"]]
    return next(one["state"]["terminated"] for one in statuses if one["name"] == container)
