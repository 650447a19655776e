"""Config maps, secrets and service accounts, as far as kubectl and pods need them."""

from ..objects import ACCOUNTS, CONFIGMAPS, EVENTS, SECRETS, configmap, named
from ..steps import delete, get, only, patch, post, put, scenario


def event(name, **fields):
    base = {
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "{ns}"},
        "reason": "Tested",
        "message": "well",
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
]
