"""Config maps, secrets and service accounts, as far as kubectl and pods need them."""

from ..objects import ACCOUNTS, CONFIGMAPS, EVENTS, SECRETS, configmap, named
from ..steps import delete, each, get, only, patch, post, put, scenario, watch


def event(name, **fields):
    base = {
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "{ns}"},
        "reason": "Tested",
        "message": "well",
        "type": "Normal",
    }
    return named("Event", name, **{**base, **fields})


NEWER = "/apis/events.k8s.io/v1/namespaces/{ns}/events"


def newer(name, **fields):
    base = {
        "apiVersion": "events.k8s.io/v1",
        "eventTime": "2026-01-02T03:04:05.678901Z",
        "regarding": {"kind": "Pod", "name": "p", "namespace": "{ns}"},
        "reportingController": "tests",
        "reportingInstance": "tests-1",
        "action": "Testing",
        "reason": "Tested",
        "note": "well",
        "type": "Normal",
    }
    return named("Event", name, **{**base, **fields})


SCENARIOS = [
    scenario(
        "config maps",
        post(CONFIGMAPS, configmap("a", x="1")),
        post(CONFIGMAPS, named("ConfigMap", "b", data={"x": "1"}, binaryData={"y": "aGk="})),
        post(CONFIGMAPS, named("ConfigMap", "c", data={"x": "1"}, binaryData={"x": "aGk="})),
        post(CONFIGMAPS, named("ConfigMap", "c", binaryData={"x": "not base64!"})),
        post(CONFIGMAPS, named("ConfigMap", "c", data={"a/b": "1"})),
        post(CONFIGMAPS, named("ConfigMap", "c", data={"..": "1"})),
        put(f"{CONFIGMAPS}/a", configmap("a", y="2"), see=only("data")),
        delete(f"{CONFIGMAPS}/a"),
        delete(f"{CONFIGMAPS}/a"),
        delete(CONFIGMAPS, query={"fieldSelector": "metadata.name=b"}),
        get(f"{CONFIGMAPS}/kube-root-ca.crt", see=only("metadata.annotations", "metadata.name")),
        delete(f"{CONFIGMAPS}/kube-root-ca.crt", see=only("status")),
        get(f"{CONFIGMAPS}/kube-root-ca.crt", until=lambda answer: answer.status == 200, see=only("metadata.name")),
    ),
    scenario(
        "secrets",
        post(SECRETS, named("Secret", "a", stringData={"x": "hi"})),
        post(
            SECRETS,
            named("Secret", "b", data={"x": "aGk="}, stringData={"x": "wins"}),
            see=only("data", "stringData", "type"),
        ),
        post(SECRETS, named("Secret", "c", data={"x": "not base64!"})),
        post(SECRETS, named("Secret", "c", type="kubernetes.io/tls")),
        post(
            SECRETS, named("Secret", "c", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": "x"})
        ),
        post(SECRETS, named("Secret", "c", type="kubernetes.io/service-account-token")),
        patch(f"{SECRETS}/a", {"type": "Other"}),
        patch(f"{SECRETS}/a", {"stringData": {"y": "2"}}, see=only("data", "stringData")),
        patch(f"{SECRETS}/a", {"data": {"x": None}}, see=only("data")),
        delete(f"{SECRETS}/a", see=only("status", "details")),
    ),
    scenario(
        "service accounts",
        get(f"{ACCOUNTS}/default"),
        post(ACCOUNTS, named("ServiceAccount", "a")),
        post(
            ACCOUNTS, named("ServiceAccount", "b", automountServiceAccountToken=False, imagePullSecrets=[{"name": "x"}])
        ),
        post(ACCOUNTS, named("ServiceAccount", "Bad_Name")),
        post(
            f"{ACCOUNTS}/a/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
            see=only("kind", "spec.audiences", "spec.expirationSeconds"),
        ),
        post(f"{ACCOUNTS}/a/token", {"spec": {"expirationSeconds": 60}}),
        post(f"{ACCOUNTS}/missing/token", {"spec": {}}),
        delete(f"{ACCOUNTS}/a", see=only("status", "details", "kind", "metadata.name")),
        delete(f"{ACCOUNTS}/default", see=only("metadata.name")),
        get(f"{ACCOUNTS}/default", until=lambda answer: answer.status == 200, see=only("metadata.name")),
    ),
    scenario(
        "events",
        post(EVENTS, event("a")),
        post(EVENTS, event("b", involvedObject={"kind": "Pod", "name": "p", "namespace": "other"})),
        post(EVENTS, event("b", involvedObject={})),
        post(EVENTS, event("b", involvedObject={"kind": "Node", "name": "n"})),
        post(
            "/api/v1/namespaces/default/events",
            {"metadata": {"generateName": "parity-"}, "involvedObject": {"kind": "Node", "name": "n"}},
            query={"dryRun": "All"},
            see=only("metadata.namespace", "involvedObject"),
        ),
        post(EVENTS, named("Event", "c", involvedObject={"kind": "Pod", "name": "p", "namespace": "{ns}"})),
        post(EVENTS, event("d", count="many")),
        post(EVENTS, event("d", type="Odd"), see=only("type")),
        patch(f"{EVENTS}/a", {"count": 2, "message": "better"}, see=only("count", "message")),
        get("/apis/events.k8s.io/v1/namespaces/{ns}/events/a", see=only("kind", "regarding", "note", "reason")),
        delete(f"{EVENTS}/a", see=only("status", "details")),
        delete(EVENTS, see=only("kind", "metadata.name")),
        get(EVENTS, see=only("items")),
    ),
    scenario(
        "an event in two versions",
        post(EVENTS, event("a")),
        get(f"{NEWER}/a"),
        get(NEWER, see=only("kind", "apiVersion", "items")),
        get(NEWER, query={"fieldSelector": "regarding.kind=Pod,reason!=Odd"}, see=each("metadata.name")),
        get(NEWER, query={"fieldSelector": "involvedObject.kind=Pod"}),
        watch(NEWER, events=1, query={"resourceVersion": "0"}),
        post(NEWER, newer("b")),
        get(f"{EVENTS}/b"),
        post(NEWER, newer("c", eventTime=None, type="Odd", deprecatedCount=1, deprecatedSource={"component": "x"})),
        post(NEWER, newer("c", action="", reportingController="", reportingInstance="", reason="")),
        post(NEWER, newer("b")),
        put(f"{NEWER}/b", newer("b", metadata={"resourceVersion": "1"})),
        get(
            f"{NEWER}/b",
            headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"},
            query={"includeObject": "Object"},
        ),
        patch(f"{NEWER}/b", {"metadata": {"labels": {"x": "y"}}}),
        post(NEWER, event("c")),
        post(EVENTS, {**newer("c"), "apiVersion": "v1"}),
        patch(f"{NEWER}/b", {"note": "better"}, see=only("note", "message")),
        get(f"{EVENTS}/b", see=only("message")),
        get(f"{NEWER}/none"),
        delete(f"{NEWER}/b"),
        get(f"{EVENTS}/b"),
        delete(NEWER, see=only("kind", "apiVersion")),
        get(EVENTS, see=only("items")),
    ),
]
