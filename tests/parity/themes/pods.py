"""Pods: defaults, validation, what may change, how they run and end."""

from ..objects import EVENTS, PODS, container, mounting, named, pod
from ..steps import (
    STRATEGIC,
    condition,
    delete,
    each,
    event,
    get,
    gone,
    has,
    only,
    patch,
    post,
    put,
    scenario,
    shows,
)

NO_TOKEN = {"automountServiceAccountToken": False}
SETTLED = only(
    "status.phase", "status.qosClass", "status.containerStatuses.0.state", "status.containerStatuses.0.ready", "status.containerStatuses.0.restartCount",
    "status.containerStatuses.0.started", "status.containerStatuses.0.name", "status.containerStatuses.0.lastState", "status.initContainerStatuses.0.state",
    "status.conditions", "status.observedGeneration", "status.reason", "status.message",
)  # fmt: skip


def bare(name, *containers, **spec):
    return named("Pod", name, spec={"containers": list(containers) or [{"name": "c", "image": "alpine"}], **spec})


def without_dns_warning(see):
    """The test cluster has no DNS, and its kubelets say so of each pod."""

    def project(body):
        return see({**body, "items": [item for item in body["items"] if item["reason"] != "MissingClusterDNS"]})

    return project


def refused(*bodies):
    return [post(PODS, body) for body in bodies]


SCENARIOS = [
    scenario(
        "a pod gets its defaults",
        post(PODS, bare("a"), query={"dryRun": "All"}),
        post(
            PODS,
            bare(
                "a",
                {"name": "c", "image": "python:3.12-slim"},
                {"name": "d", "image": "alpine@sha256:" + "a" * 64},
                **NO_TOKEN,
            ),
            query={"dryRun": "All"},
        ),
        post(
            PODS,
            bare(
                "a",
                {
                    "name": "c",
                    "image": "x:latest",
                    "ports": [{"containerPort": 80}],
                    "env": [
                        {"name": "A", "value": "b"},
                        {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    ],
                },
                restartPolicy="Never",
            ),
            query={"dryRun": "All"},
        ),
        post(
            PODS,
            bare("a", {"name": "c", "image": "x", "resources": {"limits": {"cpu": "1", "memory": "64Mi"}}}),
            query={"dryRun": "All"},
            see=only("spec.containers.0.resources", "status.qosClass"),
        ),
        post(
            PODS,
            bare(
                "a",
                {
                    "name": "c",
                    "image": "x",
                    "resources": {"requests": {"cpu": "0.1", "memory": "1e6"}, "limits": {"cpu": "1"}},
                },
            ),
            query={"dryRun": "All"},
            see=only("spec.containers.0.resources", "status.qosClass"),
        ),
        post(
            PODS,
            bare(
                "a",
                {
                    "name": "c",
                    "image": "x",
                    "livenessProbe": {"httpGet": {"port": 80}},
                    "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 3},
                },
            ),
            query={"dryRun": "All"},
            see=only("spec.containers.0.livenessProbe", "spec.containers.0.readinessProbe"),
        ),
        post(
            PODS,
            bare(
                "a",
                volumes=[
                    {"name": "e", "emptyDir": {}},
                    {"name": "s", "secret": {"secretName": "x"}},
                    {"name": "m", "configMap": {"name": "y"}},
                    {"name": "h", "hostPath": {"path": "/tmp"}},
                    {"name": "p", "persistentVolumeClaim": {"claimName": "z", "readOnly": True}},
                    {
                        "name": "d",
                        "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]},
                    },
                ],
                **NO_TOKEN,
            ),
            query={"dryRun": "All"},
            see=only("spec.volumes"),
        ),
        post(
            PODS,
            bare("a", initContainers=[{"name": "i", "image": "x"}], hostNetwork=True, **NO_TOKEN),
            query={"dryRun": "All"},
        ),
        post(
            PODS,
            bare(
                "a",
                tolerations=[{"key": "k", "operator": "Exists"}],
                nodeSelector={"a": "b"},
                affinity={
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}
                            ]
                        }
                    }
                },
                priorityClassName="system-node-critical",
            ),
            query={"dryRun": "All"},
            see=only(
                "spec.tolerations",
                "spec.nodeSelector",
                "spec.affinity",
                "spec.priority",
                "spec.preemptionPolicy",
                "spec.priorityClassName",
            ),
        ),
        post(PODS, bare("a", serviceAccountName="no-such"), query={"dryRun": "All"}),
        post(PODS, bare("a", priorityClassName="no-such"), query={"dryRun": "All"}),
        post(
            PODS,
            bare("a", serviceAccount="default"),
            query={"dryRun": "All"},
            see=only("spec.serviceAccount", "spec.serviceAccountName"),
        ),
        post(PODS, bare(None), query={"dryRun": "All"}),
    ),
    scenario(
        "a pod needs containers with names and images",
        *refused(
            named("Pod", "a"),
            named("Pod", "a", spec={}),
            named("Pod", "a", spec={"containers": []}),
            bare("a", {"name": "c"}),
            bare("a", {"image": "x"}),
            bare("a", {}),
            bare("a", {"name": "Bad_Name", "image": "x"}),
            bare("a", {"name": "a" * 64, "image": "x"}),
            bare("a", {"name": "c", "image": " x"}),
            bare("a", {"name": "c", "image": "x"}, {"name": "c", "image": "y"}),
            bare("a", initContainers=[{"name": "c", "image": "x"}]),
            bare("a", {"name": "c", "image": "x", "imagePullPolicy": "Sometimes"}),
        ),
    ),
    scenario(
        "the pod's own fields are checked",
        *refused(
            bare("Bad_Name"),
            bare("a", restartPolicy="Sometimes"),
            bare("a", dnsPolicy="None"),
            bare("a", dnsPolicy="Other"),
            bare("a", terminationGracePeriodSeconds=-1),
            bare("a", activeDeadlineSeconds=0),
            bare("a", nodeName="Bad_Name"),
            bare("a", nodeSelector={"bad key": "x"}),
            bare("a", hostname="Bad_Name"),
            bare("a", subdomain="a.b"),
            bare("a", serviceAccountName="Bad_Name"),
            bare("a", tolerations=[{"key": "k", "operator": "Is"}]),
            bare("a", tolerations=[{"operator": "Equal", "value": "v"}]),
            bare("a", securityContext={"runAsUser": -1}),
            bare("a", securityContext={"fsGroupChangePolicy": "Sometimes"}),
            bare("a", imagePullSecrets=[{"name": ""}]),
            bare(
                "a",
                affinity={
                    "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
                },
            ),
            bare(
                "a",
                affinity={
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchFields": [{"key": "metadata.uid", "operator": "In", "values": ["n"]}]}
                            ]
                        }
                    }
                },
            ),
        ),
    ),
    scenario(
        "volumes and mounts of a pod are checked",
        *refused(
            bare("a", volumes=[{"name": "v"}]),
            bare("a", volumes=[{"emptyDir": {}}]),
            bare("a", volumes=[{"name": "Bad_Name", "emptyDir": {}}]),
            bare("a", volumes=[{"name": "data.v1", "emptyDir": {}}]),
            bare("a", volumes=[{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]),
            bare("a", volumes=[{"name": "v", "emptyDir": {}, "hostPath": {"path": "/x"}}]),
            bare("a", volumes=[{"name": "v", "persistentVolumeClaim": {}}]),
            bare("a", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "Bad_Name"}}]),
            bare("a", volumes=[{"name": "v", "hostPath": {"path": "/a/../b"}}]),
            bare("a", volumes=[{"name": "v", "emptyDir": {"sizeLimit": "-1"}}]),
            bare("a", {"name": "c", "image": "x", "volumeMounts": [{"name": "nope", "mountPath": "/a"}]}),
            bare(
                "a",
                {
                    "name": "c",
                    "image": "x",
                    "volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}],
                },
                volumes=[{"name": "v", "emptyDir": {}}],
            ),
            bare(
                "a",
                {"name": "c", "image": "x", "volumeMounts": [{"name": "v"}]},
                volumes=[{"name": "v", "emptyDir": {}}],
            ),
            bare(
                "a",
                {"name": "c", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "../b"}]},
                volumes=[{"name": "v", "emptyDir": {}}],
            ),
            bare(
                "a",
                {"name": "c", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "/b"}]},
                volumes=[{"name": "v", "emptyDir": {}}],
            ),
            bare(
                "a",
                {"name": "c", "image": "x", "volumeDevices": [{"name": "v", "devicePath": "/dev/x"}]},
                volumes=[{"name": "v", "emptyDir": {}}],
            ),
        ),
        post(
            PODS,
            bare(
                "a",
                {"name": "c", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "data:ro"}]},
                volumes=[{"name": "v", "emptyDir": {}}],
            ),
            query={"dryRun": "All"},
            see=only("spec.containers.0.volumeMounts"),
        ),
    ),
    scenario(
        "resources, ports and environment of a container are checked",
        *refused(
            bare("a", {"name": "c", "image": "x", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}),
            bare("a", {"name": "c", "image": "x", "resources": {"requests": {"cpu": "-1"}}}),
            bare("a", {"name": "c", "image": "x", "resources": {"requests": {"cpu": "two"}}}),
            bare("a", {"name": "c", "image": "x", "resources": {"requests": {"gpu": "1"}}}),
            bare("a", {"name": "c", "image": "x", "resources": {"requests": {"nvidia.com/gpu": "1"}}}),
            bare("a", {"name": "c", "image": "x", "resources": {"limits": {"nvidia.com/gpu": "0.5"}}}),
            bare("a", {"name": "c", "image": "x", "ports": [{"containerPort": 0}]}),
            bare("a", {"name": "c", "image": "x", "ports": [{"containerPort": 70000}]}),
            bare("a", {"name": "c", "image": "x", "ports": [{"containerPort": 80, "protocol": "ICMP"}]}),
            bare("a", {"name": "c", "image": "x", "ports": [{"containerPort": 80, "name": "Bad_Name"}]}),
            bare("a", {"name": "c", "image": "x", "env": [{"value": "x"}]}),
            bare("a", {"name": "c", "image": "x", "env": [{"name": "A=B", "value": "x"}]}),
            bare(
                "a",
                {
                    "name": "c",
                    "image": "x",
                    "env": [{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                },
            ),
            bare("a", {"name": "c", "image": "x", "env": [{"name": "A", "value": 5}]}),
            bare(
                "a",
                {
                    "name": "c",
                    "image": "x",
                    "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.magic"}}}],
                },
            ),
            bare(
                "a",
                {"name": "c", "image": "x", "securityContext": {"privileged": True, "allowPrivilegeEscalation": False}},
            ),
            bare("a", {"name": "c", "image": "x", "command": "true"}),
            bare("a", {"name": "c", "image": "x", "terminationMessagePolicy": "Never"}),
        ),
        post(
            PODS,
            bare("a", {"name": "c", "image": "x", "resources": {"limits": {"nvidia.com/gpu": "1"}}}),
            query={"dryRun": "All"},
            see=only("spec.containers.0.resources", "status.qosClass"),
        ),
        post(
            PODS,
            bare("a", {"name": "c", "image": "x", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
            query={"dryRun": "All"},
            see=only("spec.containers.0.env"),
        ),
    ),
    scenario(
        "a pod runs, ends and tells how",
        post(PODS, pod("ok", container(command="echo hello; echo oops >&2"))),
        get(f"{PODS}/ok", until=shows("status.phase", "Succeeded"), see=SETTLED),
        get(f"{PODS}/ok/log", see=lambda text: sorted(text.split("\n"))),
        post(PODS, pod("bad", container(command="echo one; echo two; exit 3"))).quietly(),
        get(f"{PODS}/bad", until=shows("status.phase", "Failed"), see=SETTLED),
        get(f"{PODS}/bad/log"),
        get(f"{PODS}/bad/log", query={"tailLines": "1"}),
        get(f"{PODS}/bad/log", query={"limitBytes": "5"}),
        get(f"{PODS}/bad/log", query={"tailLines": "-1"}),
        get(f"{PODS}/bad/log", query={"tailLines": "x"}),
        get(f"{PODS}/bad/log", query={"sinceSeconds": "0"}),
        get(f"{PODS}/bad/log", query={"container": "zz"}),
        get(f"{PODS}/bad/log", query={"container": "c"}),
        get(f"{PODS}/bad/log", query={"previous": "true"}),
        get(f"{PODS}/bad/log", query={"follow": "true"}),
        get(f"{PODS}/bad/log", query={"timestamps": "true"}),
        get(f"{PODS}/zz/log"),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.name=ok"},
            until=event("Scheduled", "Pulled", "Created", "Started"),
            see=each("type", "reason", "involvedObject.kind", "involvedObject.fieldPath"),
        ),
    ),
    scenario(
        "a pod with two containers needs to be asked for one",
        post(PODS, pod("two", container("a", "echo from a"), container("b", "echo from b"))).quietly(),
        get(f"{PODS}/two", until=shows("status.phase", "Succeeded"), see=only("status.phase")),
        get(f"{PODS}/two/log"),
        get(f"{PODS}/two/log", query={"container": "b"}),
    ),
    scenario(
        "init containers run first, and fail the pod",
        post(
            PODS,
            pod(
                "a",
                container(command="cat /x/y", volumeMounts=[{"name": "x", "mountPath": "/x"}]),
                initContainers=[container("i", "echo made > /x/y", volumeMounts=[{"name": "x", "mountPath": "/x"}])],
                volumes=[{"name": "x", "emptyDir": {}}],
            ),
        ).quietly(),
        get(f"{PODS}/a", until=shows("status.phase", "Succeeded"), see=SETTLED),
        get(f"{PODS}/a/log"),
        post(PODS, pod("b", initContainers=[container("i", "exit 5")])).quietly(),
        get(f"{PODS}/b", until=shows("status.phase", "Failed"), see=SETTLED),
        get(f"{PODS}/b/log"),
    ),
    scenario(
        "a running pod shows what it is",
        post(
            PODS,
            pod(
                "a",
                container(command="sleep 300", env=[{"name": "A", "value": "1"}]),
                metadata={"labels": {"app": "x"}},
            ),
            keep={"uid": "metadata.uid"},
        ),
        get(f"{PODS}/a", until=shows("status.containerStatuses.0.ready", True), see=SETTLED),
        patch(f"{PODS}/a", {"metadata": {"labels": {"more": "y"}}}, see=only("metadata.labels")),
        patch(f"{PODS}/a", {"spec": {"restartPolicy": "Always"}}),
        patch(f"{PODS}/a", {"spec": {"nodeName": "other"}}),
        patch(f"{PODS}/a", {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "2"}]}]}}, STRATEGIC),
        patch(f"{PODS}/a", {"spec": {"containers": [{"name": "d", "image": "x"}]}}, STRATEGIC),
        patch(f"{PODS}/a", {"spec": {"containers": []}}),
        patch(f"{PODS}/a", {"spec": {"activeDeadlineSeconds": 600}}, see=only("spec.activeDeadlineSeconds")),
        patch(f"{PODS}/a", {"spec": {"activeDeadlineSeconds": 700}}),
        patch(f"{PODS}/a", {"spec": {"activeDeadlineSeconds": None}}),
        patch(f"{PODS}/a", {"spec": {"tolerations": [{"key": "k", "operator": "Exists"}]}}),
        patch(f"{PODS}/a", {"spec": {"terminationGracePeriodSeconds": 5}}),
        patch(f"{PODS}/a", {"status": {"phase": "Failed"}}, see=only("status.phase")),
        delete(f"{PODS}/a", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        delete(
            f"{PODS}/a",
            query={"dryRun": "All", "gracePeriodSeconds": "7"},
            see=only("kind", "metadata.name", "metadata.deletionGracePeriodSeconds", "status.phase"),
        ),
        delete(f"{PODS}/a", {"gracePeriodSeconds": -1}, see=only("kind", "metadata.deletionGracePeriodSeconds")),
        get(f"{PODS}/a", until=gone),
    ),
    scenario(
        "deleting takes the grace a pod asks for, and can be hurried",
        post(
            PODS,
            pod("a", container(command="trap '' TERM; while :; do sleep 1; done"), terminationGracePeriodSeconds=600),
        ).quietly(),
        get(f"{PODS}/a", until=shows("status.phase", "Running"), see=only("status.phase")),
        delete(f"{PODS}/a", see=only("kind", "metadata.name", "metadata.deletionGracePeriodSeconds", "status.phase")),
        get(f"{PODS}/a", see=only("metadata.deletionGracePeriodSeconds", "status.phase")),
        delete(f"{PODS}/a", {"gracePeriodSeconds": 900}, see=only("kind", "metadata.deletionGracePeriodSeconds")),
        delete(f"{PODS}/a", {"gracePeriodSeconds": 500}, see=only("kind", "metadata.deletionGracePeriodSeconds")),
        delete(f"{PODS}/a", {"gracePeriodSeconds": 1}, see=only("kind", "metadata.deletionGracePeriodSeconds")),
        delete(f"{PODS}/a", {"gracePeriodSeconds": 0}).quietly(),
        post(PODS, pod("b", container(command="sleep 300"), terminationGracePeriodSeconds=600)).quietly(),
        get(f"{PODS}/b", until=shows("status.phase", "Running"), see=only("status.phase")),
        delete(
            f"{PODS}/b",
            {"gracePeriodSeconds": 0},
            see=only("kind", "metadata.name", "metadata.deletionGracePeriodSeconds"),
        ),
        get(f"{PODS}/b"),
    ),
    scenario(
        "a pod that no node can take stays pending and says why",
        post(PODS, pod("a", nodeSelector={"no": "such"})).quietly(),
        get(
            f"{PODS}/a", until=has("status.conditions"), see=only("status.phase", "status.conditions", "spec.nodeName")
        ),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.name=a"},
            until=event("FailedScheduling"),
            see=each("type", "reason", "message", "reportingComponent", "action", "source"),
        ),
        get(f"{PODS}/a/log"),
        delete(f"{PODS}/a", see=only("kind", "metadata.deletionGracePeriodSeconds")),
        get(f"{PODS}/a"),
        post(
            PODS, pod("b", container(volumeMounts=[{"name": "v0", "mountPath": "/data"}]), **mounting("missing"))
        ).quietly(),
        get(f"{PODS}/b", until=has("status.conditions"), see=only("status.phase", "status.conditions")),
        post(PODS, pod("c", container(resources={"requests": {"cpu": "5000"}}))).quietly(),
        get(f"{PODS}/c", until=has("status.conditions"), see=only("status.phase", "status.conditions")),
        post(PODS, pod("d", container(resources={"limits": {"nvidia.com/gpu": "1"}}))).quietly(),
        get(f"{PODS}/d", until=has("status.conditions"), see=only("status.phase", "status.conditions")),
        post(PODS, pod("e", schedulerName="nobody")).quietly(),
        get(f"{PODS}/e", see=only("status")),
    ),
    scenario(
        "a deadline ends a pod",
        post(PODS, pod("a", container(command="sleep 300"), activeDeadlineSeconds=1)).quietly(),
        get(
            f"{PODS}/a",
            until=shows("status.phase", "Failed"),
            see=only("status.phase", "status.reason", "status.message"),
        ),
    ),
    scenario(
        "a pod that is to restart does",
        post(PODS, pod("a", container(command="exit 1"), restartPolicy="OnFailure")).quietly(),
        get(
            f"{PODS}/a",
            until=lambda answer: (
                (answer.body["status"].get("containerStatuses") or [{}])[0].get("restartCount", 0) >= 1
                and "waiting" in answer.body["status"]["containerStatuses"][0]["state"]
            ),
            see=only(
                "status.phase",
                "status.containerStatuses.0.state.waiting.reason",
                "status.containerStatuses.0.lastState.terminated.exitCode",
            ),
        ),
    ),
    scenario(
        "subresources of a pod and their verbs",
        post(PODS, pod("a", nodeSelector={"no": "such"})).quietly(),
        get(f"{PODS}/a/status", see=only("kind", "metadata.name")),
        get(f"{PODS}/a/exec", query={"command": "true"}),
        get(f"{PODS}/a/attach"),
        get(f"{PODS}/a/nothing"),
        post(f"{PODS}/a/log", {}),
        delete(f"{PODS}/a/log"),
        get(f"{PODS}/a/eviction"),
        get(f"{PODS}/a/binding"),
        post(f"{PODS}/a", pod("a")),
        put(
            f"{PODS}/a/status",
            {**pod("a", nodeSelector={"no": "such"}), "status": {"phase": "Failed", "message": "so it is"}},
            see=only("status.phase", "status.message", "metadata.generation"),
        ),
    ),
    scenario(
        "an eviction says so in the pod",
        post(PODS, pod("a", metadata={"finalizers": ["example.com/x"]}, nodeSelector={"no": "such"})).quietly(),
        get(f"{PODS}/a", until=condition("PodScheduled", "False")).quietly(),
        post(f"{PODS}/a/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a"}}),
        get(f"{PODS}/a", see=only("status.conditions", "status.phase", "metadata.generation")),
        post(f"{PODS}/b/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "b"}}),
        patch(f"{PODS}/a", {"metadata": {"finalizers": None}}).quietly(),
    ),
    scenario(
        "ephemeral containers are added through their subresource",
        post(PODS, pod("a", nodeSelector={"no": "such"})).quietly(),
        patch(f"{PODS}/a", {"spec": {"ephemeralContainers": [{"name": "e", "image": "alpine"}]}}, STRATEGIC),
        patch(
            f"{PODS}/a/ephemeralcontainers",
            {"spec": {"ephemeralContainers": [{"name": "e", "image": "alpine"}]}},
            STRATEGIC,
            see=only("spec.ephemeralContainers"),
        ),
        post(PODS, bare("b", ephemeralContainers=[{"name": "e", "image": "alpine"}])),
    ),
]
