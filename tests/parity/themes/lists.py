"""Lists: selectors, pages and versions."""

from ..objects import CLAIMS, CONFIGMAPS, EVENTS, JOBS, NS, PODS, configmap
from ..steps import delete, each, get, only, post, scenario

NAMES = each("metadata.name", sort=False)


def some(*labels):
    return [
        post(CONFIGMAPS, configmap(name, metadata={"labels": values, "finalizers": []})).quietly()
        for name, values in labels
    ]


THREE = some(("a", {"app": "x", "tier": "one"}), ("b", {"app": "y", "tier": "one"}), ("c", {"app": "z"}))


def by_label(selector):
    return get(CONFIGMAPS, query={"labelSelector": selector}, see=NAMES)


def by_field(path, selector):
    return get(path, query={"fieldSelector": selector}, see=NAMES)


SCENARIOS = [
    scenario(
        "label selectors",
        *THREE,
        *[
            by_label(selector)
            for selector in (
                "app=x",
                "app==x",
                "app!=x,tier",
                "app in (x,y)",
                "app in (x, y),tier=one",
                "app notin (x),app",
                "tier",
                "!tier,app",
                "app=",
                "app in ()",
                "app,!none",
                "tier in (one),app notin (x)",
                "app=x,",
                "",
                "app=none",
            )
        ],
    ),  # fmt: skip
    scenario(
        "label selectors that cannot be read",
        *[
            by_label(selector)
            for selector in (
                "app=x=y",
                "=x",
                "app in x",
                "app in (x",
                "bad key=x",
                "app=bad value",
                "app~x",
                "a/b/c=x",
                "app=" + "v" * 64,
                "!app=x",
                ",",
                "app>x",
            )
        ],
        by_label("app>1"),
        delete(CONFIGMAPS, query={"labelSelector": "app=x=y"}),
    ),
    scenario(
        "field selectors",
        *THREE,
        by_field(CONFIGMAPS, "metadata.name=a"),
        by_field(CONFIGMAPS, "metadata.name==a"),
        by_field(CONFIGMAPS, "metadata.name!=a,metadata.name!=kube-root-ca.crt"),
        by_field(CONFIGMAPS, "metadata.namespace=other"),
        by_field("/api/v1/configmaps", "metadata.namespace={ns},metadata.name=b"),
        by_field(CONFIGMAPS, "metadata.name=a,metadata.name=b"),
        by_field(CONFIGMAPS, "data.x=1"),
        by_field(CONFIGMAPS, "metadata.labels=x"),
        by_field(CONFIGMAPS, "metadata.name"),
        by_field(CONFIGMAPS, "metadata.name=a\\,b"),
        by_field(CONFIGMAPS, "metadata.name=a\\"),
        by_field(CLAIMS, "status.phase=Bound"),
        by_field(CLAIMS, "spec.volumeName=x"),
        by_field(PODS, "status.phase=Running"),
        by_field(
            PODS,
            "spec.nodeName=x,status.phase!=Failed,spec.restartPolicy=Never,spec.schedulerName=s,spec.serviceAccountName=d,status.podIP=1,spec.hostNetwork=true,status.nominatedNodeName=n",
        ),
        by_field(PODS, "spec.hostname=x"),
        by_field(JOBS, "status.successful=1"),
        by_field(JOBS, "status.active=1"),
        by_field(
            EVENTS,
            "involvedObject.kind=Pod,involvedObject.name=p,involvedObject.namespace={ns},involvedObject.uid=u,involvedObject.apiVersion=v1,involvedObject.resourceVersion=1,involvedObject.fieldPath=f,reason=r,reportingComponent=c,source=s,type=t",
        ),
        by_field(EVENTS, "message=x"),
        by_field("/api/v1/namespaces", "status.phase=Active,metadata.name={ns}"),
        by_field("/api/v1/namespaces", "spec.finalizers=x"),
        by_field(f"{NS}/secrets", "type=Opaque"),
        by_field("/api/v1/persistentvolumes", "spec.claimRef.name=x"),
        by_field("/api/v1/nodes", "spec.unschedulable=true"),
        by_field("/apis/storage.k8s.io/v1/storageclasses", "provisioner=x"),
        by_field("/apis/storage.k8s.io/v1/storageclasses", "metadata.name=standard"),
    ),
    scenario(
        "pages",
        *THREE,
        get(
            CONFIGMAPS,
            query={"limit": "2"},
            keep={"next": "metadata.continue"},
            see=lambda body: {
                "metadata": body["metadata"],
                "names": [item["metadata"]["name"] for item in body["items"]],
            },
        ),
        get(
            CONFIGMAPS,
            query={"limit": "2", "continue": "{next}"},
            see=lambda body: {
                "metadata": body["metadata"],
                "names": [item["metadata"]["name"] for item in body["items"]],
            },
        ),
        get(
            CONFIGMAPS,
            query={"limit": "1", "labelSelector": "app"},
            see=lambda body: {
                "metadata": body["metadata"],
                "names": [item["metadata"]["name"] for item in body["items"]],
            },
        ),
        get(CONFIGMAPS, query={"limit": "0"}, see=NAMES),
        get(CONFIGMAPS, query={"limit": "100"}, see=only("metadata")),
        get(CONFIGMAPS, query={"limit": "-1"}, see=only("metadata")),
        get(CONFIGMAPS, query={"limit": "x"}),
        get(CONFIGMAPS, query={"continue": "garbage"}),
        get(CONFIGMAPS, query={"limit": "2", "continue": "{next}", "resourceVersion": "1"}),
        get(
            CONFIGMAPS,
            query={"limit": "2", "continue": "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0"},
        ),
    ),
    scenario(
        "versions of a list",
        *THREE,
        get(f"{CONFIGMAPS}/c", keep={"rv": "metadata.resourceVersion"}, see=only("metadata.name")),
        get(CONFIGMAPS, query={"resourceVersion": "{rv}"}).quietly(),  # 0 is whatever the cache has: it shall have this
        get(CONFIGMAPS, query={"resourceVersion": "0"}, see=NAMES),
        get(CONFIGMAPS, query={"resourceVersion": "{rv}"}, see=NAMES),
        get(CONFIGMAPS, query={"resourceVersion": "{rv}", "resourceVersionMatch": "NotOlderThan"}, see=NAMES),
        get(CONFIGMAPS, query={"resourceVersion": "{rv}", "resourceVersionMatch": "Exact"}, see=NAMES),
        get(CONFIGMAPS, query={"resourceVersionMatch": "Exact"}),
        get(CONFIGMAPS, query={"resourceVersion": "0", "resourceVersionMatch": "Exact"}),
        get(CONFIGMAPS, query={"resourceVersion": "{rv}", "resourceVersionMatch": "Roughly"}),
        get(CONFIGMAPS, query={"resourceVersion": "abc"}),
        get(CONFIGMAPS, query={"resourceVersion": "-1"}),
        get(CONFIGMAPS, query={"resourceVersion": "99999999999"}, see=only("reason", "code", "details")),
        get(f"{CONFIGMAPS}/a", query={"resourceVersion": "0"}, see=only("metadata.name")),
        get(f"{CONFIGMAPS}/a", query={"resourceVersion": "abc"}),
        get(CONFIGMAPS, query={"sendInitialEvents": "true"}),
        get(CONFIGMAPS, query={"nonsense": "1"}, see=NAMES),
        get(CONFIGMAPS, query={"pretty": "true", "labelSelector": "app=x"}, see=NAMES),
    ),
    scenario(
        "lists are sorted by name and say what they hold",
        post(CONFIGMAPS, configmap("b-2")).quietly(),
        post(CONFIGMAPS, configmap("b.1")).quietly(),
        post(CONFIGMAPS, configmap("b")).quietly(),
        post(CONFIGMAPS, configmap("a10")).quietly(),
        post(CONFIGMAPS, configmap("a9")).quietly(),
        get(CONFIGMAPS, see=NAMES),
        get(PODS),
        get(JOBS),
        get(CLAIMS, see=only("kind", "apiVersion", "items")),
    ),
]
