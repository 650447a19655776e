"""Namespaces: their life, from their defaults to what forbids new objects at their end."""

from ..objects import NS, claim, configmap, named
from ..steps import condition, delete, get, gone, only, patch, post, put, scenario

ALL = "/api/v1/namespaces"


def namespace(name, **metadata):
    return named("Namespace", name, metadata=metadata)


SCENARIOS = [
    scenario(
        "a namespace gets its defaults",
        post(ALL, namespace("{ns}-a", labels={"team": "x"})),
        get(f"{ALL}/{{ns}}-a"),
        get(f"{NS}-a/serviceaccounts/default", until=lambda answer: answer.status == 200),
        get(f"{NS}-a/configmaps/kube-root-ca.crt", until=lambda answer: answer.status == 200),
        post(ALL, namespace("{ns}-a")),
        post(ALL, namespace(None, generateName="{ns}-"), query={"dryRun": "All"}),
        post(ALL, {"metadata": {"name": "{ns}-b"}}, query={"dryRun": "All"}),
        cleanup=(f"{ALL}/{{ns}}-a",),
    ),
    scenario(
        "names of namespaces are labels",
        *[post(ALL, namespace(name)) for name in ("Bad_Name", "a.b", "a" * 64, "-a", "größe")],
        post(ALL, namespace(None)),
        post(ALL, namespace("{ns}-c", labels={"k": "bad value"})),
        post(ALL, namespace("{ns}-c", labels={"pod-security.kubernetes.io/enforce": "strict"})),
        post(ALL, namespace("{ns}-c", labels={"pod-security.kubernetes.io/enforce-version": "1.2"})),
        post(ALL, namespace("{ns}-d", namespace="other")),
        cleanup=(f"{ALL}/{{ns}}-c", f"{ALL}/{{ns}}-d"),
    ),
    scenario(
        "a namespace that does not exist is not found",
        get(f"{ALL}/parity-no-such"),
        delete(f"{ALL}/parity-no-such"),
        patch(f"{ALL}/parity-no-such", {"metadata": {"labels": {"a": "b"}}}),
        put(f"{ALL}/parity-no-such", namespace("parity-no-such")),
    ),
    scenario(
        "labels of a namespace change, its name does not",
        patch(NS, {"metadata": {"labels": {"a": "b"}}}),
        patch(NS, {"metadata": {"labels": {"kubernetes.io/metadata.name": "other"}}}),
        patch(NS, {"metadata": {"labels": {"kubernetes.io/metadata.name": None}}}),
        patch(NS, {"metadata": {"name": "other"}}),
        patch(NS, {"status": {"phase": "Terminating"}}),
        put(NS, namespace("{ns}", labels={"c": "d"})),
        delete(ALL),
    ),
    scenario(
        "nothing new is made in a terminating namespace",
        post(ALL, namespace("{ns}-a")).quietly(),
        get(f"{NS}-a/serviceaccounts/default", until=lambda answer: answer.status == 200).quietly(),
        get(f"{NS}-a/configmaps/kube-root-ca.crt", until=lambda answer: answer.status == 200).quietly(),
        post(f"{NS}-a/configmaps", configmap("held", metadata={"finalizers": ["example.com/hold"]})),
        delete(f"{ALL}/{{ns}}-a", query={"dryRun": "All"}, see=only("metadata.deletionTimestamp", "status")),
        delete(f"{ALL}/{{ns}}-a", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        delete(f"{ALL}/{{ns}}-a"),
        post(f"{NS}-a/configmaps", configmap("new")),
        post(f"{NS}-a/persistentvolumeclaims", claim("new")),
        post(f"{NS}-a/pods", {"metadata": {"name": "new"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}),
        delete(f"{ALL}/{{ns}}-a", see=only("status.phase", "metadata.name")),
        get(f"{ALL}/{{ns}}-a", until=condition("NamespaceFinalizersRemaining")),
        patch(f"{NS}-a/configmaps/held", {"metadata": {"finalizers": None}}),
        get(f"{ALL}/{{ns}}-a", until=gone),
        get(f"{NS}-a/configmaps"),
    ),
    scenario(
        "what a namespace holds goes with it",
        post(ALL, namespace("{ns}-a")).quietly(),
        post(f"{NS}-a/configmaps", configmap("a")).quietly(),
        post(f"{NS}-a/persistentvolumeclaims", claim("a")).quietly(),
        delete(f"{ALL}/{{ns}}-a", see=only("status")),
        get(f"{ALL}/{{ns}}-a", until=gone),
        get(f"{NS}-a/configmaps/a"),
        get(f"{NS}-a/persistentvolumeclaims/a"),
        get(f"{NS}-a/serviceaccounts", see=only("kind")),
    ),
    scenario(
        "finalize is a subresource",
        post(ALL, namespace("{ns}-a")).quietly(),
        put(
            f"{ALL}/{{ns}}-a/finalize", {**namespace("{ns}-a"), "spec": {"finalizers": ["kubernetes", "example.com/x"]}}
        ),
        put(f"{ALL}/{{ns}}-a/finalize", {**namespace("{ns}-a"), "spec": {"finalizers": ["kubernetes"]}}),
        get(f"{ALL}/{{ns}}-a/status"),
        get(f"{ALL}/{{ns}}-a/finalize"),
        cleanup=(f"{ALL}/{{ns}}-a",),
    ),
    scenario(
        "some namespaces are the cluster's own",
        delete(f"{ALL}/default"),
        delete(f"{ALL}/kube-system"),
        delete(f"{ALL}/kube-public"),
        delete(f"{ALL}/kube-node-lease", query={"dryRun": "All"}, see=only("metadata.name")),
        get(f"{ALL}/default"),
    ),
]
