"""Who owns which field: `metadata.managedFields` after each way of writing.

Owners are sorted by the second in which they wrote, so each scenario's managers write in the order of their names.
"""

from ..objects import (
    ACCOUNTS,
    BINDINGS,
    CLAIMS,
    CONFIGMAPS,
    EVENTS,
    JOBS,
    LIMITS,
    PODS,
    QUOTAS,
    ROLES,
    SECRETS,
    VOLUMES,
    claim,
    configmap,
    container,
    job,
    mounting,
    named,
    pod,
)
from ..steps import APPLY, JSON_PATCH, MERGE, STRATEGIC, get, only, patch, post, put, scenario

A = f"{CONFIGMAPS}/a"
C = f"{CLAIMS}/c"
OWNERS = only("metadata.managedFields")
DATA = only("metadata.managedFields", "data", "metadata.annotations", "metadata.labels")
LAST = "kubectl.kubernetes.io/last-applied-configuration"


def by(manager, **query):
    return {"query": {"fieldManager": manager, **query}, "see": OWNERS}


def applied(body, manager, path=A, **options):
    query = {"fieldManager": manager, **options.pop("query", {})}
    return patch(path, body, APPLY, query=query, **{"see": DATA, **options})


def made(path, body):
    """Make an object, or rather not: no controller shall join its owners."""
    return post(path, body, **by("one", dryRun="All"))


def client_applied(**data):
    body = '{"apiVersion":"v1","data":{"x":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"a"}}\n'
    return configmap("a", {"annotations": {LAST: body}}, **data)


SCENARIOS = [
    scenario(
        "whoever writes owns what changes",
        post(CONFIGMAPS, configmap("a", x="1", y="2"), **by("b-maker")),
        put(A, configmap("a", x="1", y="3"), **by("c-putter")),
        patch(A, {"data": {"z": "4"}, "metadata": {"labels": {"l": "1"}}}, MERGE, **by("d-merger")),
        patch(A, [{"op": "remove", "path": "/data/y"}], JSON_PATCH, **by("e-remover")),
        patch(A, {"data": {"x": None, "z": "5"}}, STRATEGIC, **by("f-changer")),
        patch(A, {"metadata": {"labels": None}}, MERGE, **by("g-remover")),
        patch(A, {"data": {"z": "5"}}, MERGE, **by("h-idle")),
        put(A, configmap("a"), **by("i-emptier")),
        get(A, see=OWNERS),
    ),
    scenario(
        "a writer without a name is called as its program",
        post(CONFIGMAPS, configmap("a", x="1"), headers={"User-Agent": "curl/8.0 (linux)"}, see=OWNERS),
        patch(A, {"data": {"x": "2"}}, headers={"User-Agent": "kubectl"}, see=OWNERS),
        # Owners stand by time, then by name: one whose name came before an earlier writer's would change its place
        # with the clock's second.
        patch(A, {"data": {"x": "3"}}, headers={"User-Agent": "wget/1.2 (x)/1"}, see=OWNERS),
        patch(A, {"data": {"x": "4"}}, headers={"User-Agent": "/none"}, see=OWNERS),
    ),
    scenario(
        "what a write leaves as it is changes no owner and no version",
        post(CONFIGMAPS, configmap("a", x="1"), keep={"version": "metadata.resourceVersion"}, **by("a-maker")),
        put(A, configmap("a", x="1"), query={"fieldManager": "b-putter"}, see=only("metadata.resourceVersion")),
        applied(configmap("a", x="1"), "c-applier", keep={"joined": "metadata.resourceVersion"}),
        applied(configmap("a", x="1"), "c-applier", see=only("metadata.resourceVersion")),
    ),
    scenario(
        "each kind's fields have owners of their own",
        made(CLAIMS, claim("c", metadata={"labels": {"a": "1"}, "annotations": {"b": "2"}})),
        made(CLAIMS, claim("c", storageClassName="standard", selector={"matchLabels": {"a": "b"}})),
        made(PODS, pod("p")),
        made(
            PODS,
            pod(
                "p",
                container(
                    "c",
                    env=[{"name": "E", "value": "1"}, {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}],
                    ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP", "name": "u"}],
                    resources={"limits": {"cpu": "1"}, "requests": {"memory": "1Gi"}},
                    volumeMounts=[{"name": "v0", "mountPath": "/data"}, {"name": "e", "mountPath": "/e"}],
                    livenessProbe={"exec": {"command": ["true"]}},
                    securityContext={"capabilities": {"drop": ["ALL"]}, "runAsUser": 5},
                    lifecycle={"preStop": {"exec": {"command": ["true"]}}},
                ),
                container("d", envFrom=[{"configMapRef": {"name": "x"}}]),
                **mounting("c"),
                nodeSelector={"a": "b"},
                tolerations=[{"key": "a", "operator": "Exists"}],
                imagePullSecrets=[{"name": "s"}],
                hostAliases=[{"ip": "1.2.3.4", "hostnames": ["x"]}],
                affinity={
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
                        }
                    }
                },
                securityContext={"runAsNonRoot": True},
                dnsConfig={"nameservers": ["1.1.1.1"]},
            ),
        ),
        made(PODS, pod("p", volumes=[{"name": "e", "emptyDir": {}}, {"name": "m", "configMap": {"name": "x"}}])),
        made(JOBS, job("j", backoffLimit=2, template={"nodeSelector": {"a": "b"}})),
        made(SECRETS, named("Secret", "s", stringData={"a": "b"}, data={"c": "ZA=="})),
        made(ACCOUNTS, named("ServiceAccount", "s", imagePullSecrets=[{"name": "x"}])),
        made(QUOTAS, named("ResourceQuota", "q", spec={"hard": {"pods": "1"}})),
        made(LIMITS, named("LimitRange", "l", spec={"limits": [{"type": "Container", "default": {"cpu": "1"}}]})),
        made(
            ROLES,
            named(
                "Role",
                "r",
                "rbac.authorization.k8s.io/v1",
                rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
            ),
        ),
        made(
            BINDINGS,
            named(
                "RoleBinding",
                "b",
                "rbac.authorization.k8s.io/v1",
                roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                subjects=[{"kind": "User", "name": "u"}],
            ),
        ),
        made(
            VOLUMES,
            named(
                "PersistentVolume",
                "{ns}-v",
                spec={
                    "capacity": {"storage": "1Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "hostPath": {"path": "/x"},
                },
            ),
        ),
        made("/api/v1/namespaces", named("Namespace", "{ns}-n", metadata={"labels": {"a": "b"}})),
        made(
            EVENTS,
            named(
                "Event",
                "e",
                involvedObject={"kind": "Pod", "name": "p", "namespace": "{ns}"},
                reason="R",
                message="m",
                type="Normal",
            ),
        ),
        made(
            CONFIGMAPS,
            configmap(
                "a",
                {
                    "finalizers": ["example.com/x"],
                    "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}],
                    "generateName": "g-",
                },
            ),
        ),
    ),
    scenario(
        "who writes the status owns it by that way",
        post(CLAIMS, claim("c", storageClassName="none"), **by("a-maker")),
        patch(f"{C}/status", {"status": {"phase": "Lost"}, "spec": {"volumeName": "x"}}, MERGE, **by("b-teller")),
        patch(f"{C}/status", {"metadata": {"labels": {"a": "b"}}}, MERGE, **by("c-labeller")),
        patch(C, {"status": {"phase": "Pending"}}, MERGE, **by("d-idle")),
        applied(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "c"},
                "status": {"phase": "Bound"},
            },
            "e-applier",
            f"{C}/status",
        ),
        applied(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "c"},
                "status": {"phase": "Bound"},
            },
            "e-applier",
            f"{C}/status",
            query={"force": "true"},
        ),
        applied(claim("c", storageClassName="none", metadata={"labels": {"n": "1"}}), "f-applier", C),
        applied(
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "z"}},
            "e-applier",
            f"{CLAIMS}/z/status",
        ),
    ),
    scenario(
        "what is applied is owned, shared and given up",
        applied(configmap("a", x="1", y="2"), "a-one"),
        applied(configmap("a", x="1"), "b-two"),
        applied(configmap("a", y="2"), "a-one"),
        applied(configmap("a"), "b-two"),
        applied(configmap("a", {"labels": {"l": "1"}}), "b-two"),
        applied(configmap("a", {"labels": {}}), "b-two"),
        patch(A, {"data": {"y": "9", "w": "0"}}, MERGE, query={"fieldManager": "c-three"}, see=DATA),
        applied(configmap("a"), "a-one"),
        applied({**configmap("a"), "data": {"w": None}}, "d-four"),
        applied({**configmap("a"), "data": {"w": None}}, "d-four", query={"force": "true"}),
        applied({**configmap("a"), "data": None}, "d-four"),
        applied({**configmap("a"), "data": {}}, "d-four"),
    ),
    scenario(
        "items of lists have owners of their own",
        applied(
            named("ServiceAccount", "s", imagePullSecrets=[{"name": "b"}, {"name": "a"}]),
            "a-one",
            f"{ACCOUNTS}/s",
            see=only("metadata.managedFields", "imagePullSecrets"),
        ),
        applied(
            named("ServiceAccount", "s", imagePullSecrets=[{"name": "c"}, {"name": "a"}, {"name": "d"}]),
            "b-two",
            f"{ACCOUNTS}/s",
            see=only("metadata.managedFields", "imagePullSecrets"),
        ),
        applied(
            named("ServiceAccount", "s", imagePullSecrets=[{"name": "e"}]),
            "a-one",
            f"{ACCOUNTS}/s",
            see=only("metadata.managedFields", "imagePullSecrets"),
        ),
        applied(
            named("ServiceAccount", "s", imagePullSecrets=[{"name": "d"}, {"name": "c"}]),
            "b-two",
            f"{ACCOUNTS}/s",
            see=only("metadata.managedFields", "imagePullSecrets"),
        ),
        applied(
            named("ServiceAccount", "s", imagePullSecrets=[{"name": "d"}, {"name": "d"}]),
            "b-two",
            f"{ACCOUNTS}/s",
        ),
        applied(
            named("ServiceAccount", "s", secrets=[{"name": "d"}, {"namespace": "d"}]),
            "c-three",
            f"{ACCOUNTS}/s",
            see=only("metadata.managedFields", "secrets"),
        ),
        applied(named("ServiceAccount", "s", secrets=["d"]), "c-three", f"{ACCOUNTS}/s"),
        applied(named("ServiceAccount", "s", secrets={"d": "e"}), "c-three", f"{ACCOUNTS}/s"),
        applied(named("ServiceAccount", "s", automountServiceAccountToken="yes"), "c-three", f"{ACCOUNTS}/s"),
        applied(
            named("ServiceAccount", "s", metadata={"finalizers": ["example.com/x", "example.com/x"]}),
            "c-three",
            f"{ACCOUNTS}/s",
        ),
        applied(
            named("ServiceAccount", "t", metadata={"ownerReferences": [{"name": "x"}]}), "c-three", f"{ACCOUNTS}/t"
        ),
    ),
    scenario(
        "what kubectl applied from its side is its own",
        post(CONFIGMAPS, client_applied(x="1"), query={"fieldManager": "a-kubectl-client-side-apply"}, see=DATA),
        applied(configmap("a", x="2"), "kubectl"),
        patch(A, {"data": {"x": "changed"}}, MERGE, query={"fieldManager": "a-other"}, see=DATA),
        applied(configmap("a", x="3"), "kubectl"),
        applied(configmap("a", x="3"), "kubectl", query={"force": "true"}),
        applied(configmap("a", x="4"), "somebody"),
    ),
    scenario(
        "owners can be edited and forgotten",
        post(CONFIGMAPS, configmap("a", x="1"), **by("a-maker")),
        patch(
            A,
            [{"op": "replace", "path": "/metadata/managedFields/0/manager", "value": "b-heir"}],
            JSON_PATCH,
            **by("c-editor"),
        ),
        patch(A, {"metadata": {"managedFields": []}}, MERGE, **by("c-editor")),
        patch(A, {"metadata": {"managedFields": [{"manager": "x"}]}}, MERGE, **by("c-editor")),
        patch(A, {"metadata": {"managedFields": [{}]}}, MERGE, **by("c-editor")),
        patch(A, {"data": {"x": "2"}}, MERGE, **by("d-unseen")),
        applied(configmap("a", x="3"), "e-applier"),
        applied(configmap("a", y="3"), "e-applier"),
    ),
    scenario(
        "the oldest of many owners become one",
        post(CONFIGMAPS, configmap("a", m00="1"), **by("m00")),
        *(patch(A, {"data": {f"m{n:02}": "1"}}, MERGE, **by(f"m{n:02}")).quietly() for n in range(1, 10)),
        patch(A, {"data": {"m10": "1"}}, MERGE, **by("m10")),
        patch(A, {"data": {"m11": "1"}}, MERGE, **by("m11")),
        applied(configmap("a", n="1"), "n-applier"),
    ),
    scenario(
        "one and the same key twice in an applied configuration",
        applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n  x: '2'\n", "one"),
        applied(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n  x: '3'\n",
            "one",
            query={"fieldValidation": "Strict"},
        ),
        applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  1: '2'\n", "one", see=only("data")),
        applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  uid: u\n", "one"),
        applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  uid: u\n", "one", f"{CONFIGMAPS}/b"),
        applied(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  resourceVersion: '5'\n",
            "one",
            f"{CONFIGMAPS}/b",
        ),
        applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  resourceVersion: '5'\n", "one"),
    ),
]
