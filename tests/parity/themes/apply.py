"""Server-side apply: `kubectl apply --server-side`, and who owns what."""

from ..objects import CLAIMS, CONFIGMAPS, PODS, claim, configmap, container, pod
from ..steps import APPLY, MERGE, get, only, patch, scenario

A = f"{CONFIGMAPS}/a"
DATA = only("metadata.name", "metadata.labels", "data")


def applied(body, manager="one", path=A, **options):
    query = {"fieldManager": manager, **options.pop("query", {})}
    return patch(path, body, APPLY, query=query, **options)


SCENARIOS = [
    scenario(
        "applying makes, changes and removes",
        applied(configmap("a", x="1", y="2")),
        applied(configmap("a", x="1", y="2"), see=DATA),
        applied(configmap("a", x="3"), see=DATA),
        applied(configmap("a", x="3", metadata={"labels": {"l": "1"}}), see=DATA),
        applied(configmap("a"), see=DATA),
        applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  z: '9'\n", see=DATA),
        get(A, see=DATA),
    ),
    scenario(
        "two managers may not hold one field",
        applied(configmap("a", x="1", y="2"), see=DATA),
        applied(configmap("a", x="other"), "two"),
        applied(configmap("a", x="other", y="other"), "two"),
        applied(configmap("a", x="1"), "two", see=DATA),
        applied(configmap("a", x="other"), "two", query={"force": "true"}, see=DATA),
        applied(configmap("a", x="1", y="2"), "one"),
        patch(A, {"data": {"y": "patched"}}, MERGE, query={"fieldManager": "three"}, see=DATA),
        applied(configmap("a", y="2"), "one"),
    ),
    scenario(
        "what cannot be applied",
        patch(A, configmap("a"), APPLY),
        applied(configmap("b")),
        applied({"apiVersion": "v1", "metadata": {"name": "a"}}),
        applied({"kind": "ConfigMap", "metadata": {"name": "a"}}),
        applied({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}),
        applied(configmap(None), see=DATA),
        applied(configmap("a", metadata={"namespace": "other"})),
        applied(configmap("a", metadata={"managedFields": [{"manager": "x"}]})),
        applied("{"),
        applied("a: ["),
        applied("[]"),
        applied(""),
        applied({**configmap("a"), "dta": {}}, see=DATA),
        applied({**configmap("a"), "dta": {}}, query={"fieldValidation": "Strict"}),
        applied({**configmap("a"), "data": {"x": 5}}),
        applied({**configmap("a"), "data": "x"}),
        applied(configmap("a", x="1"), query={"dryRun": "All"}, see=DATA),
        patch(A, configmap("a"), MERGE, query={"force": "true"}),
    ),
    scenario(
        "lists merge by key",
        applied(
            pod("p", container("c"), nodeSelector={"no": "such"}, tolerations=[{"key": "a", "operator": "Exists"}]),
            path=f"{PODS}/p",
            see=only("spec.containers.0.name", "metadata.generation"),
        ),
        applied(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "finalizers": ["example.com/x"]}},
            "two",
            f"{PODS}/p",
            see=only("metadata.finalizers", "spec.containers.0.name"),
        ),
        applied(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "finalizers": ["example.com/y"]}},
            "three",
            f"{PODS}/p",
            see=only("metadata.finalizers"),
        ),
        applied(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}},
            "two",
            f"{PODS}/p",
            see=only("metadata.finalizers"),
        ),
        applied(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p"},
                "spec": {"containers": [{"name": "c", "image": "busybox"}]},
            },
            "two",
            f"{PODS}/p",
        ),
        applied(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p"},
                "spec": {"containers": [{"image": "busybox"}]},
            },
            "two",
            f"{PODS}/p",
        ),
        applied(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}},
            "three",
            f"{PODS}/p",
            see=only("metadata.finalizers"),
        ),
    ),
    scenario(
        "a claim is applied, and applied again",
        applied(claim("c"), path=f"{CLAIMS}/c"),
        applied(claim("c"), path=f"{CLAIMS}/c", see=only("spec")),
        applied(claim("c", "2Gi"), path=f"{CLAIMS}/c"),
        applied(claim("c", "10GB"), path=f"{CLAIMS}/c"),
        applied(claim("c", metadata={"labels": {"a": "b"}}), path=f"{CLAIMS}/c", see=only("metadata.labels")),
    ),
]
