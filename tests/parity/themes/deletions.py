"""Deletion: finalizers, preconditions, propagation, and the deletion of many."""

from ..objects import CLAIMS, CONFIGMAPS, PODS, configmap
from ..steps import delete, each, get, gone, only, patch, post, scenario

A = f"{CONFIGMAPS}/a"
HELD = {"finalizers": ["example.com/hold"]}
WHEN = only(
    "kind",
    "metadata.name",
    "metadata.finalizers",
    "metadata.deletionTimestamp",
    "metadata.deletionGracePeriodSeconds",
    "status",
    "details",
    "message",
    "reason",
    "code",
)


def owned(name, **owner):
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "{owner}", **owner}
    return configmap(name, metadata={"ownerReferences": [reference]})


OWNER = post(CONFIGMAPS, configmap("owner"), keep={"owner": "metadata.uid"}).quietly()

SCENARIOS = [
    scenario(
        "nothing holds: gone at once",
        post(CONFIGMAPS, configmap("a")).quietly(),
        delete(A),
        get(A),
        delete(A),
        post(CONFIGMAPS, configmap("a")).quietly(),
        delete(
            A,
            {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 30, "propagationPolicy": "Background"},
        ),
        post(CONFIGMAPS, configmap("a")).quietly(),
        delete(A, {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"}, see=only("status")),
        post(CONFIGMAPS, configmap("a")).quietly(),
        delete(A, {}, see=only("status")),
    ),
    scenario(
        "a finalizer holds until it is taken away",
        post(CONFIGMAPS, configmap("a", metadata=HELD), keep={"uid": "metadata.uid"}).quietly(),
        delete(A),
        delete(A, see=WHEN),
        patch(A, {"data": {"x": "1"}}, see=only("data", "metadata.deletionGracePeriodSeconds")),
        patch(A, {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}),
        patch(A, {"metadata": {"deletionTimestamp": None}}, see=only("metadata.deletionTimestamp")),
        post(CONFIGMAPS, configmap("a")),
        patch(A, {"metadata": {"finalizers": None}}),
        get(A),
    ),
    scenario(
        "preconditions",
        post(
            CONFIGMAPS, configmap("a", metadata=HELD), keep={"uid": "metadata.uid", "rv": "metadata.resourceVersion"}
        ).quietly(),
        delete(A, {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        delete(A, {"preconditions": {"uid": ""}}),
        delete(A, {"preconditions": {"resourceVersion": "1"}}),
        delete(A, {"preconditions": {"uid": "{uid}", "resourceVersion": "{rv}"}}, see=WHEN),
        delete(A, {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        patch(A, {"metadata": {"finalizers": None}}).quietly(),
    ),
    scenario(
        "trying does nothing",
        post(CONFIGMAPS, configmap("a")).quietly(),
        delete(A, query={"dryRun": "All"}),
        delete(A, {"dryRun": ["All"]}),
        delete(CONFIGMAPS, query={"dryRun": "All", "fieldSelector": "metadata.name=a"}, see=each("metadata.name")),
        get(A, see=only("metadata.name")),
    ),
    scenario(
        "many at once",
        *[
            post(
                CONFIGMAPS, configmap(name, metadata={"labels": {"go": "yes"}, **(HELD if name == "c" else {})})
            ).quietly()
            for name in "abc"
        ],
        post(CONFIGMAPS, configmap("d")).quietly(),
        delete(CONFIGMAPS, query={"labelSelector": "go=yes"}),
        get(CONFIGMAPS, see=each("metadata.name", "metadata.finalizers")),
        patch(f"{CONFIGMAPS}/c", {"metadata": {"finalizers": None}}).quietly(),
        delete(CONFIGMAPS, query={"labelSelector": "go=yes"}),
        delete(PODS),
        delete(CLAIMS, see=only("kind", "items")),
    ),
    scenario(
        "what is owned goes with its owner",
        OWNER,
        post(CONFIGMAPS, owned("child"), see=only("metadata.ownerReferences")),
        delete(f"{CONFIGMAPS}/owner", see=WHEN),
        get(f"{CONFIGMAPS}/child", until=gone),
    ),
    scenario(
        "foreground: the owner waits for what it owns",
        OWNER,
        post(CONFIGMAPS, {**owned("child", blockOwnerDeletion=True)}).quietly(),
        patch(f"{CONFIGMAPS}/child", {"metadata": HELD}).quietly(),
        delete(f"{CONFIGMAPS}/owner", {"propagationPolicy": "Foreground"}, see=WHEN),
        get(f"{CONFIGMAPS}/child", until=lambda answer: "deletionTimestamp" in answer.body["metadata"], see=WHEN),
        get(f"{CONFIGMAPS}/owner", see=WHEN),
        patch(f"{CONFIGMAPS}/child", {"metadata": {"finalizers": None}}, see=WHEN),
        get(f"{CONFIGMAPS}/child", until=gone, see=WHEN),
        get(f"{CONFIGMAPS}/owner", until=gone, see=WHEN),
    ),
    scenario(
        "orphans stay",
        OWNER,
        post(CONFIGMAPS, owned("child")).quietly(),
        delete(f"{CONFIGMAPS}/owner", {"propagationPolicy": "Orphan"}, see=WHEN),
        get(f"{CONFIGMAPS}/owner", until=gone, see=WHEN),
        get(f"{CONFIGMAPS}/child", see=only("metadata.ownerReferences", "metadata.name")),
    ),
    scenario(
        "an owner that never was is no owner",
        post(
            CONFIGMAPS,
            configmap(
                "a",
                metadata={
                    "ownerReferences": [
                        {
                            "apiVersion": "v1",
                            "kind": "ConfigMap",
                            "name": "x",
                            "uid": "11111111-1111-1111-1111-111111111111",
                        }
                    ]
                },
            ),
        ).quietly(),
        get(A, until=gone),
        post(CONFIGMAPS, configmap("b", metadata={"ownerReferences": [{"kind": "ConfigMap", "name": "x"}]})),
        post(
            CONFIGMAPS,
            configmap(
                "b",
                metadata={
                    "ownerReferences": [
                        {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1", "controller": True},
                        {"apiVersion": "v1", "kind": "ConfigMap", "name": "y", "uid": "2", "controller": True},
                    ]
                },
            ),
        ),
    ),
]
