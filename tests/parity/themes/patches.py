"""Patches: the four kinds, what they do to lists and maps, and how they are refused."""

from ..objects import ACCOUNTS, CLAIMS, CONFIGMAPS, PODS, claim, configmap, container, named, pod
from ..steps import JSON_PATCH, MERGE, STRATEGIC, get, only, patch, post, scenario

MAP = f"{CONFIGMAPS}/a"
DATA = only("metadata.name", "metadata.labels", "data")
PARKED = {"nodeSelector": {"no": "such"}}


def ops(*operations, **options):
    return patch(MAP, list(operations), JSON_PATCH, **options)


SCENARIOS = [
    scenario(
        "a merge patch sets, replaces and removes",
        post(CONFIGMAPS, configmap("a", x="1", y="2")).quietly(),
        patch(MAP, {"data": {"x": "3", "z": "4"}}, see=DATA),
        patch(MAP, {"data": {"x": None}}, see=DATA),
        patch(MAP, {"data": None}, see=DATA),
        patch(MAP, {"data": {"k": "v"}, "metadata": {"labels": {"l": "1"}}}, see=DATA),
        patch(MAP, {"metadata": {"labels": None}}, see=DATA),
        patch(MAP, {"data": {"missing": None}}, see=DATA),
        patch(MAP, {"data": {"n": 5}}),
        patch(MAP, {"data": "text"}),
        patch(MAP, {"data": []}),
        patch(MAP, {"data": {"bad key": "v"}}),
        patch(MAP, {"kind": "Pod"}),
        patch(MAP, {"apiVersion": "v2"}),
        patch(MAP, []),
        patch(MAP, "null"),
        patch(MAP, "{"),
        patch(MAP, ""),
        patch(MAP, '"text"'),
        patch(MAP, "5"),
    ),
    scenario(
        "a json patch is a list of operations",
        post(CONFIGMAPS, configmap("a", x="1", y="2", metadata={"labels": {"a.b/c": "d", "e": "f"}})).quietly(),
        ops({"op": "add", "path": "/data/z", "value": "3"}, see=DATA),
        ops({"op": "replace", "path": "/data/x", "value": "9"}, {"op": "remove", "path": "/data/y"}, see=DATA),
        ops({"op": "remove", "path": "/metadata/labels/a.b~1c"}, see=DATA),
        ops(
            {"op": "test", "path": "/data/x", "value": "9"},
            {"op": "copy", "from": "/data/x", "path": "/data/w"},
            see=DATA,
        ),
        ops({"op": "move", "from": "/data/w", "path": "/data/v"}, see=DATA),
        ops({"op": "test", "path": "/data/x", "value": "other"}),
        ops({"op": "remove", "path": "/data/none"}),
        ops({"op": "replace", "path": "/data/none", "value": "1"}),
        ops({"op": "add", "path": "/no/way", "value": "1"}),
        ops({"op": "spin", "path": "/data/x"}),
        ops({"op": "add", "path": "data/x", "value": "1"}),
        ops({"op": "add", "path": "/data/x", "value": 1}),
        ops({"op": "replace", "path": "/metadata/name", "value": "b"}),
        patch(MAP, {"op": "add"}, JSON_PATCH),
        patch(MAP, "{", JSON_PATCH),
        patch(MAP, "", JSON_PATCH),
        get(MAP, see=DATA),
    ),
    scenario(
        "a strategic patch knows how lists merge",
        post(
            PODS,
            pod(
                "a",
                container("c"),
                container("d"),
                **PARKED,
                tolerations=[{"key": "k", "operator": "Exists"}],
                metadata={"labels": {"x": "y"}, "finalizers": ["example.com/a"]},
            ),
        ).quietly(),
        patch(
            f"{PODS}/a",
            {"spec": {"containers": [{"name": "d", "image": "ubuntu"}]}},
            STRATEGIC,
            see=only("spec.containers.0.image", "spec.containers.1.image", "spec.containers.1.name"),
        ),
        patch(
            f"{PODS}/a",
            {
                "spec": {
                    "$setElementOrder/containers": [{"name": "c"}, {"name": "d"}],
                    "containers": [{"name": "c", "image": "busybox"}],
                }
            },
            STRATEGIC,
            see=only("spec.containers.0.image", "spec.containers.1.image"),
        ),
        patch(f"{PODS}/a", {"metadata": {"finalizers": ["example.com/b"]}}, STRATEGIC, see=only("metadata.finalizers")),
        patch(
            f"{PODS}/a",
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}},
            STRATEGIC,
            see=only("metadata.finalizers"),
        ),
        patch(f"{PODS}/a", {"metadata": {"labels": {"x": None, "z": "1"}}}, STRATEGIC, see=only("metadata.labels")),
        patch(
            f"{PODS}/a",
            {"metadata": {"labels": {"$patch": "replace", "only": "this"}}},
            STRATEGIC,
            see=only("metadata.labels"),
        ),
        patch(f"{PODS}/a", {"spec": {"containers": [{"name": "d", "$patch": "delete"}]}}, STRATEGIC),
        patch(f"{PODS}/a", {"spec": {"containers": [{"image": "x"}]}}, STRATEGIC),
        patch(f"{PODS}/a", {"spec": {"containers": [{"name": "d", "$patch": "spin"}]}}, STRATEGIC),
        patch(
            f"{PODS}/a",
            {
                "metadata": {
                    "ownerReferences": [
                        {
                            "apiVersion": "v1",
                            "kind": "ConfigMap",
                            "name": "o",
                            "uid": "11111111-1111-1111-1111-111111111111",
                        }
                    ]
                }
            },
            STRATEGIC,
            see=only("metadata.ownerReferences"),
        ),
        patch(
            f"{PODS}/a",
            {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "11111111-1111-1111-1111-111111111111"}]}},
            STRATEGIC,
            see=only("metadata.ownerReferences"),
        ),
        patch(f"{PODS}/a", [], STRATEGIC),
        patch(f"{PODS}/a", "{", STRATEGIC),
        patch(f"{PODS}/a", {"metadata": {"finalizers": []}}, MERGE, see=only("metadata.finalizers")),
    ),
    scenario(
        "a strategic patch on plain maps and lists",
        post(CLAIMS, claim("a", storageClassName="standard")).quietly(),
        patch(f"{CLAIMS}/a", {"metadata": {"annotations": {"a": "b"}}}, STRATEGIC, see=only("metadata.annotations")),
        patch(f"{CLAIMS}/a", {"spec": {"accessModes": ["ReadWriteMany"]}}, STRATEGIC),
        patch(
            f"{CLAIMS}/a/status",
            {"status": {"conditions": [{"type": "Resizing", "status": "True", "lastTransitionTime": None}]}},
            STRATEGIC,
            see=only("status.conditions"),
        ),
        patch(
            f"{CLAIMS}/a/status",
            {"status": {"conditions": [{"type": "FileSystemResizePending", "status": "True"}]}},
            STRATEGIC,
            see=only("status.conditions"),
        ),
        patch(
            f"{CLAIMS}/a/status",
            {"status": {"conditions": [{"type": "Resizing", "$patch": "delete"}]}},
            STRATEGIC,
            see=only("status.conditions"),
        ),
        post(ACCOUNTS, named("ServiceAccount", "s", imagePullSecrets=[{"name": "one"}])).quietly(),
        patch(f"{ACCOUNTS}/s", {"imagePullSecrets": [{"name": "two"}]}, STRATEGIC, see=only("imagePullSecrets")),
    ),
    scenario(
        "other kinds of patch are not understood",
        post(CONFIGMAPS, configmap("a", x="1")).quietly(),
        patch(MAP, {"data": {}}, "application/json"),
        patch(MAP, {"data": {}}, "text/plain"),
        patch(MAP, {"data": {}}, "application/json-patch+yaml"),
        patch(MAP, {"data": {"x": "2"}}, "application/merge-patch+json; charset=utf-8", see=DATA),
        patch(f"{CONFIGMAPS}/missing", {"data": {}}),
        patch(f"{CONFIGMAPS}/missing", {"data": {}}, STRATEGIC),
        patch(f"{CONFIGMAPS}/missing", [], JSON_PATCH),
    ),
    scenario(
        "a patch may be tried without being done",
        post(CONFIGMAPS, configmap("a", x="1"), keep={"rv": "metadata.resourceVersion"}).quietly(),
        patch(MAP, {"data": {"x": "2"}}, query={"dryRun": "All"}),
        patch(MAP, {"data": {"x": "2"}}, query={"dryRun": "Some"}),
        patch(MAP, {"data": {"bad key": "2"}}, query={"dryRun": "All"}),
        get(MAP),
    ),
    scenario(
        "unknown fields in a patch",
        post(CONFIGMAPS, configmap("a", x="1")).quietly(),
        patch(MAP, {"dta": {"x": "2"}}),
        patch(MAP, {"dta": {"x": "2"}}, query={"fieldValidation": "Strict"}),
        patch(MAP, {"dta": {"x": "2"}}, query={"fieldValidation": "Ignore"}),
        patch(MAP, {"dta": {"x": "2"}}, STRATEGIC, query={"fieldValidation": "Strict"}),
        patch(MAP, [{"op": "add", "path": "/dta", "value": "x"}], JSON_PATCH, query={"fieldValidation": "Strict"}),
        patch(MAP, '{"data":{"x":"1","x":"2"}}', query={"fieldValidation": "Strict"}),
    ),
    scenario(
        "an immutable map stays as it is",
        post(CONFIGMAPS, {**configmap("a", x="1"), "immutable": True}),
        patch(MAP, {"data": {"x": "2"}}),
        patch(MAP, {"immutable": False}),
        patch(MAP, {"metadata": {"labels": {"a": "b"}}}, see=DATA),
    ),
]
