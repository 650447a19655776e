"""Watches: what comes first, what follows, and how they end.

All name a version: without one, the server asks etcd how far it is, which the etcd of Debian 12 (3.4.23) cannot say; then an ERROR follows, now and then.
For the same reason `sendInitialEvents` appears in its refusals only.
"""

from ..objects import CONFIGMAPS, configmap
from ..steps import delete, get, only, patch, post, read, scenario, watch

BRIEF = only(
    "kind",
    "apiVersion",
    "metadata.name",
    "metadata.labels",
    "metadata.annotations",
    "metadata.deletionTimestamp",
    "data",
)
MINE = {"labelSelector": "mine"}


def made(name, **data):
    return configmap(name, metadata={"labels": {"mine": "1"}}, **data)


def seen(*, events=None, **query):
    return watch(CONFIGMAPS, events=events, query={**MINE, **query}, see=BRIEF)


HISTORY = (
    post(CONFIGMAPS, made("zero"), keep={"rv": "metadata.resourceVersion"}).quietly(),
    post(CONFIGMAPS, made("a", x="1")).quietly(),
    patch(f"{CONFIGMAPS}/a", {"data": {"x": "2"}}).quietly(),
    post(CONFIGMAPS, made("b")).quietly(),
    delete(f"{CONFIGMAPS}/a").quietly(),
    patch(f"{CONFIGMAPS}/b", {"metadata": {"labels": {"mine": None}}}).quietly(),
    patch(
        f"{CONFIGMAPS}/b", {"metadata": {"labels": {"mine": "2"}}}, keep={"last": "metadata.resourceVersion"}
    ).quietly(),
    # Version 0 is whatever the server's cache has: from here on it has all of this.
    get(CONFIGMAPS, query={"resourceVersion": "{last}"}).quietly(),
)

SCENARIOS = [
    scenario("a watch from nowhere begins with what exists", *HISTORY, seen(events=2, resourceVersion="0")),
    scenario("a watch from a version tells what came after it", *HISTORY, seen(events=6, resourceVersion="{rv}")),
    scenario(
        "leaving a selection is a deletion, entering it an addition",
        *HISTORY,
        seen(events=2, timeoutSeconds="2", resourceVersion="{rv}", labelSelector="mine=2"),  # one comes
        watch(CONFIGMAPS, events=3, query={"resourceVersion": "{rv}", "fieldSelector": "metadata.name=a"}, see=BRIEF),
    ),
    scenario(
        "whole events",
        *HISTORY,
        watch(CONFIGMAPS, events=3, query={"resourceVersion": "{rv}", "labelSelector": "mine"}),
    ),
    scenario(
        "a watch hears what happens while it is open",
        post(CONFIGMAPS, made("zero"), keep={"rv": "metadata.resourceVersion"}).quietly(),
        watch(CONFIGMAPS, stream="live", query={**MINE, "resourceVersion": "{rv}"}),
        post(CONFIGMAPS, made("a")).quietly(),
        patch(f"{CONFIGMAPS}/a", {"data": {"x": "1"}}).quietly(),
        patch(f"{CONFIGMAPS}/a", {"data": {"x": "1"}}).quietly(),
        patch(f"{CONFIGMAPS}/a", {"data": {"x": "3"}}, query={"dryRun": "All"}).quietly(),
        delete(f"{CONFIGMAPS}/a").quietly(),
        read("live", 3),
    ),
    scenario(
        "a watch ends when its time is up",
        *HISTORY,
        seen(timeoutSeconds="1", resourceVersion="0"),
        seen(timeoutSeconds="1", resourceVersion="{rv}"),
    ),
    scenario(
        "a watch of nothing is silent",
        watch(CONFIGMAPS, query={**MINE, "timeoutSeconds": "1", "resourceVersion": "0"}),
        watch(f"{CONFIGMAPS}/none", query={"timeoutSeconds": "1"}),
        watch("/api/v1/namespaces/parity-no-such/configmaps", query={"timeoutSeconds": "1", "resourceVersion": "0"}),
    ),
    scenario(
        "a version that is too old is refused",
        seen(events=1, resourceVersion="1"),
        seen(resourceVersion="1", timeoutSeconds="1"),
    ),
    scenario(
        "versions that are no versions",
        seen(resourceVersion="abc"),
        seen(resourceVersion="-5"),
        seen(resourceVersionMatch="Exact"),
        seen(resourceVersion="0", resourceVersionMatch="NotOlderThan"),
        seen(timeoutSeconds="x"),
        seen(labelSelector="a=b=c"),
        seen(fieldSelector="data.x=1"),
        watch(
            CONFIGMAPS, query={"watch": "maybe", "labelSelector": "mine", "timeoutSeconds": "1", "resourceVersion": "0"}
        ),
        get(CONFIGMAPS, query={"watch": "0", "labelSelector": "mine"}, see=only("kind", "items")),
        get(CONFIGMAPS, query={"watch": "False", "labelSelector": "mine"}, see=only("kind", "items")),
    ),
    scenario(
        "bookmarks and the end of the beginning",
        *HISTORY,
        seen(sendInitialEvents="true", timeoutSeconds="1"),
        seen(sendInitialEvents="false", resourceVersion="{rv}", timeoutSeconds="1"),
        seen(allowWatchBookmarks="true", events=6, resourceVersion="{rv}"),
    ),
    scenario(
        "a single object can be watched",
        *HISTORY,
        watch(f"{CONFIGMAPS}/b", events=1, query={"resourceVersion": "0"}, see=BRIEF),
        watch(
            f"{CONFIGMAPS}/b", events=1, query={"fieldSelector": "metadata.name=b", "resourceVersion": "0"}, see=BRIEF
        ),
        watch(f"{CONFIGMAPS}/b", query={"fieldSelector": "metadata.name=zero", "resourceVersion": "0"}, see=BRIEF),
        watch("/api/v1/watch/namespaces/{ns}/configmaps/b", events=1, query={"resourceVersion": "0"}, see=BRIEF),
        watch(
            "/api/v1/configmaps",
            events=2,
            query={**MINE, "fieldSelector": "metadata.namespace={ns}", "resourceVersion": "0"},
            see=BRIEF,
        ),
    ),
    scenario(
        "deletion with a finalizer is seen as a change first",
        post(
            CONFIGMAPS,
            configmap("a", metadata={"labels": {"mine": "1"}, "finalizers": ["example.com/hold"]}),
            keep={"rv": "metadata.resourceVersion"},
        ).quietly(),
        delete(f"{CONFIGMAPS}/a").quietly(),
        patch(f"{CONFIGMAPS}/a", {"metadata": {"finalizers": None}}).quietly(),
        watch(CONFIGMAPS, events=2, query={**MINE, "resourceVersion": "{rv}"}),
    ),
]
