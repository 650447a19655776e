"""Bodies: what can be read at all, and what fieldValidation makes of the rest."""

from ..objects import CLAIMS, CONFIGMAPS, PODS, claim, configmap, named
from ..steps import delete, get, only, post, put, scenario

YAML = {"Content-Type": "application/yaml"}


def validated(how, body, path=CLAIMS, **options):
    return post(path, body, query={"fieldValidation": how, "dryRun": "All"}, **options)


UNKNOWN = claim("a", colour="red")
DOUBLE = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}'

SCENARIOS = [
    scenario(
        "unknown fields",
        *[validated(how, UNKNOWN, see=only("spec")) for how in ("Strict", "Warn", "Ignore", "Sometimes", "")],
        post(CLAIMS, UNKNOWN, query={"dryRun": "All"}, see=only("spec")),
        validated("Strict", claim("a", colour="red", size="big", metadata={"lables": {}})),
        validated("Warn", claim("a", colour="red", size="big", metadata={"lables": {}}), see=only("kind")),
        validated("Strict", {**claim("a"), "sepc": {}}),
        validated("Strict", claim("a", AccessModes=["ReadWriteOnce"])),
        validated("Warn", claim("a", AccessModes=["ReadWriteMany"]), see=only("spec")),
        validated(
            "Strict",
            named(
                "Pod",
                "a",
                spec={"containers": [{"name": "c", "image": "x", "imagePolicy": "y", "env": [{"nam": "A"}]}]},
            ),
            PODS,
        ),
        validated(
            "Strict", named("Pod", "a", spec={"containers": [{"name": "c", "image": "x", "imagePolicy": "y"}]}), PODS
        ),
        validated(
            "Warn",
            named("Pod", "a", spec={"containers": [{"name": "c", "image": "x", "imagePolicy": "y"}]}),
            PODS,
            see=only("kind"),
        ),
        validated("Strict", claim("a", resources={"requests": {"storage": "1Gi"}, "claims": [{"name": "x"}]})),
        validated("Strict", claim("a")),
    ),
    scenario(
        "fields given twice",
        *[validated(how, DOUBLE, CONFIGMAPS, see=only("data")) for how in ("Strict", "Warn", "Ignore")],
        validated("Strict", '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"}}', CONFIGMAPS),
        validated(
            "Strict",
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: "1"\n  x: "2"\n',
            CONFIGMAPS,
            headers=YAML,
        ),
    ),
    scenario(
        "wrong types are decoding errors",
        *[
            post(CLAIMS, body)
            for body in (
                claim("a", accessModes="ReadWriteOnce"),
                claim("a", accessModes={"a": "b"}),
                claim("a", accessModes=[1]),
                claim("a", accessModes=[["ReadWriteOnce"]]),
                claim("a", resources="1Gi"),
                claim("a", resources={"requests": "1Gi"}),
                claim("a", resources={"requests": ["1Gi"]}),
                claim("a", storageClassName=5),
                claim("a", storageClassName={"name": "x"}),
                claim("a", volumeMode=True),
                claim("a", metadata={"labels": {"a": 1}}),
                claim("a", metadata={"labels": ["a"]}),
                claim("a", metadata={"labels": "a"}),
                claim("a", metadata={"annotations": {"a": True}}),
                claim("a", metadata={"annotations": {"a": None}}),
                claim("a", metadata={"finalizers": "x"}),
                claim("a", metadata={"creationTimestamp": "yesterday"}),
                {**claim("a"), "spec": "x"},
                {**claim("a"), "spec": []},
                {**claim("a"), "metadata": "a"},
                {**claim("a"), "metadata": {"name": 5}},
                {**claim("a"), "kind": 5},
            )
        ],
    ),
    scenario(
        "bodies that are no objects",
        *[
            post(CLAIMS, body)
            for body in (
                "",
                "{",
                "[]",
                '"text"',
                "null",
                "5",
                "not json",
                "{} {}",
                '{"kind":"PersistentVolumeClaim"',
                "\x00",
            )
        ],
        post(CLAIMS, [claim("a")]),
        post(CLAIMS, {"kind": "List", "apiVersion": "v1", "items": [claim("a")]}),
        post(CLAIMS, {"kind": "PersistentVolumeClaimList", "apiVersion": "v1", "items": []}),
        put(f"{CLAIMS}/a", ""),
        put(f"{CLAIMS}/a", "{"),
        delete(f"{CLAIMS}/a", "{"),
        delete(f"{CLAIMS}/a", {"kind": "Pod", "apiVersion": "v1"}),
        delete(f"{CLAIMS}/a", {"propagationPolicy": "Sometimes"}),
        delete(f"{CLAIMS}/a", {"propagationPolicy": "Background", "orphanDependents": True}),
        delete(f"{CLAIMS}/a", {"gracePeriodSeconds": "soon"}),
        delete(f"{CLAIMS}/a", query={"gracePeriodSeconds": "soon"}),
        delete(f"{CLAIMS}/a", query={"propagationPolicy": "Sometimes"}),
        delete(f"{CLAIMS}/a", {"dryRun": ["Some"]}),
    ),
    scenario(
        "YAML is read too",
        post(
            CONFIGMAPS,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: b\n",
            headers=YAML,
            see=only("data"),
        ),
        post(
            CONFIGMAPS,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: z}\n---\nkind: Other\n",
            headers=YAML,
            see=only("kind", "metadata.name", "message", "reason"),
        ),
        post(CONFIGMAPS, "metadata: {name: w}\ndata: {yes: no}", headers=YAML, see=only("data", "message", "reason")),
        post(CONFIGMAPS, "a: [", headers=YAML),
        post(CONFIGMAPS, '{"metadata":{"name":"j"}}', headers=YAML, see=only("metadata.name")),
    ),
    scenario(
        "content types",
        post(CONFIGMAPS, configmap("a"), headers={"Content-Type": "text/plain"}),
        post(CONFIGMAPS, configmap("b"), headers={"Content-Type": ""}, see=only("metadata.name", "message", "reason")),
        post(
            CONFIGMAPS,
            configmap("c"),
            headers={"Content-Type": "application/json; charset=utf-8"},
            see=only("metadata.name"),
        ),
        post(CONFIGMAPS, configmap("d"), headers={"Content-Type": "application/x-www-form-urlencoded"}),
        post(CONFIGMAPS, configmap("e"), headers={"Content-Type": "garbage"}),
        put(f"{CONFIGMAPS}/c", configmap("c"), headers={"Content-Type": "text/plain"}),
        delete(
            f"{CONFIGMAPS}/c", {"kind": "DeleteOptions", "apiVersion": "v1"}, headers={"Content-Type": "text/plain"}
        ),
    ),
    scenario(
        "a body may be too large",
        post(CONFIGMAPS, configmap("a", x="y" * (3 * 1024 * 1024))),
        post(CONFIGMAPS, configmap("a", x="y" * (1024 * 1024 + 1))),
    ),
    scenario(
        "query parameters",
        post(CONFIGMAPS, configmap("a"), query={"dryRun": "None"}),
        post(CONFIGMAPS, configmap("a"), query={"dryRun": ""}, see=only("metadata.name")),
        post(CONFIGMAPS, configmap("b"), query={"fieldManager": "x" * 129}),
        post(CONFIGMAPS, configmap("b"), query={"fieldManager": "bad\nname"}),
        post(CONFIGMAPS, configmap("b"), query={"dryRun": "All"}, keep={"uid": "metadata.uid"}),
        get(f"{CONFIGMAPS}/b"),
    ),
]
