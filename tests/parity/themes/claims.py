"""Claims: defaults, validation, what may change and when."""

from ..objects import CLAIMS, EVENTS, PODS, claim, container, mounting, named, pod
from ..steps import JSON_PATCH, delete, event, get, gone, has, only, patch, post, put, scenario, shows

RWO, RWX, ROX, RWOP = "ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"
SIZE = {"resources": {"requests": {"storage": "2Gi"}}}


def using(name, claim_name, command="true", **spec):
    return pod(
        name,
        container(command=command, volumeMounts=[{"name": "v0", "mountPath": "/data"}]),
        **mounting(claim_name, **spec),
    )


SCENARIOS = [
    scenario(
        "a claim gets its defaults from the server",
        post(CLAIMS, claim("a")),
        get(f"{CLAIMS}/a"),
        post(CLAIMS, claim("b", "1024Mi", metadata={"labels": {"team": "a"}, "annotations": {"note": "x"}})),
        post(CLAIMS, claim("c", "1.5Gi", volumeMode="Block")),
        post(CLAIMS, claim("d", "1500M", storageClassName="standard")),
        post(CLAIMS, claim("e", "2e9", storageClassName="")),
        post(CLAIMS, claim("f", 5)),
        post(CLAIMS, claim("g.h", storageClassName="no-such-class")),
        post(
            CLAIMS, claim("legacy", metadata={"annotations": {"volume.beta.kubernetes.io/storage-class": "standard"}})
        ),
    ),
    scenario(
        "a claim without kind or apiVersion is read as its path says",
        post(CLAIMS, {"metadata": {"name": "a"}, "spec": claim("a")["spec"]}),
        post(CLAIMS, {**claim("b"), "kind": "Pod"}),
        post(CLAIMS, {**claim("b"), "apiVersion": "v2"}),
        post(CLAIMS, {**claim("b"), "apiVersion": "apps/v1"}),
    ),
    scenario(
        "what the server owns is ignored in a new claim",
        post(
            CLAIMS,
            {
                **claim(
                    "a",
                    metadata={
                        "generation": 7,
                        "creationTimestamp": "2001-01-01T00:00:00Z",
                        "uid": "11111111-1111-1111-1111-111111111111",
                        "selfLink": "/x",
                    },
                ),
                "status": {"phase": "Bound", "capacity": {"storage": "9Gi"}},
            },
        ),
        post(CLAIMS, claim("b", metadata={"resourceVersion": "12"})),
        post(
            CLAIMS,
            claim("c", metadata={"deletionTimestamp": "2001-01-01T00:00:00Z"}),
            see=only("metadata.deletionTimestamp"),
        ),
    ),
    scenario(
        "sizes the grammar forbids are a decoding error",
        *[post(CLAIMS, claim("a", size)) for size in ("10GB", "10 Gi", "", "Gi", "1Gi1", "--1", "1..5Gi", "ten")],
        *[post(CLAIMS, claim("a", size)) for size in (True, [], {}, None)],
    ),
    scenario(
        "sizes that make no sense are a validation error",
        *[post(CLAIMS, claim(f"s{n}", size)) for n, size in enumerate(("0", "-1Gi", "1m", "1.5", "100n", "9Ei"))],
        post(CLAIMS, claim("big", "1000Ei")),
    ),
    scenario(
        "a claim needs modes, a size and a name",
        post(CLAIMS, claim("a", modes=())),
        post(CLAIMS, named("PersistentVolumeClaim", "a", spec={"accessModes": [RWO]})),
        post(CLAIMS, named("PersistentVolumeClaim", "a", spec={"accessModes": [RWO], "resources": {}})),
        post(
            CLAIMS,
            named(
                "PersistentVolumeClaim", "a", spec={"accessModes": [RWO], "resources": {"limits": {"storage": "1Gi"}}}
            ),
        ),
        post(
            CLAIMS,
            named("PersistentVolumeClaim", "a", spec={"accessModes": [RWO], "resources": {"requests": {"cpu": "1"}}}),
        ),
        post(CLAIMS, named("PersistentVolumeClaim", "a")),
        post(CLAIMS, named("PersistentVolumeClaim", None, spec=claim("a")["spec"])),
        post(CLAIMS, {}),
    ),
    scenario(
        "access modes are checked",
        post(CLAIMS, claim("a", modes=["RWX"])),
        post(CLAIMS, claim("a", modes=["readwriteonce", RWO])),
        post(CLAIMS, claim("a", modes=[RWOP, RWO])),
        post(CLAIMS, claim("b", modes=[RWOP])),
        post(CLAIMS, claim("c", modes=[RWO, RWX, ROX])),
        post(CLAIMS, claim("d", modes=[RWO, RWO])),
        post(CLAIMS, claim("e", modes=[ROX], storageClassName="broken")),
    ),
    scenario(
        "names are checked",
        *[
            post(CLAIMS, claim(name))
            for name in ("Data_1", "-a", "a.", "a..b", "größe", "a/b", "a b", "UPPER", "..", "a" * 254)
        ],
        post(CLAIMS, claim("a" * 253), see=only("metadata.name")),
        post(CLAIMS, claim("x1", metadata={"labels": {"bad key": "v"}})),
        post(CLAIMS, claim("x1", metadata={"labels": {"k": "bad value"}})),
        post(CLAIMS, claim("x1", metadata={"labels": {"k": "v" * 64}})),
        post(CLAIMS, claim("x1", metadata={"labels": {"a" * 64: "v"}})),
        post(CLAIMS, claim("x1", metadata={"labels": {"/k": "v"}})),
        post(CLAIMS, claim("x1", metadata={"annotations": {"bad key": "v"}})),
        post(CLAIMS, claim("x1", metadata={"annotations": {"k": "v" * 262145}})),
        post(CLAIMS, claim("x1", metadata={"finalizers": ["no-slash"]})),
        post(CLAIMS, claim("x2", metadata={"finalizers": ["example.com/hold"]}), see=only("metadata.finalizers")),
        patch(f"{CLAIMS}/x2", {"metadata": {"finalizers": None}}, see=only("metadata.finalizers")),
    ),
    scenario(
        "other fields of a claim are checked",
        post(CLAIMS, claim("a", volumeMode="Tape")),
        post(CLAIMS, claim("a", storageClassName="Bad_Class")),
        post(CLAIMS, claim("v", volumeName="Bad_Name")),
        post(CLAIMS, claim("a", selector={"matchLabels": {"k": "bad value"}})),
        post(CLAIMS, claim("a", selector={"matchExpressions": [{"key": "k", "operator": "Is", "values": ["a"]}]})),
        post(CLAIMS, claim("a", selector={"matchExpressions": [{"key": "k", "operator": "In"}]})),
        post(CLAIMS, claim("b", selector={"matchLabels": {"k": "v"}})),
        post(CLAIMS, claim("a", dataSource={"kind": "PersistentVolumeClaim"})),
        post(CLAIMS, claim("a", dataSource={"kind": "Pod", "name": "x"})),
        post(CLAIMS, claim("c", dataSource={"kind": "PersistentVolumeClaim", "name": "b"})),
        post(CLAIMS, claim("d", dataSourceRef={"kind": "PersistentVolumeClaim", "name": "b"})),
        post(
            CLAIMS,
            claim(
                "a",
                dataSource={"kind": "PersistentVolumeClaim", "name": "x"},
                dataSourceRef={"kind": "PersistentVolumeClaim", "name": "y"},
            ),
        ),
        post(CLAIMS, claim("a", volumeAttributesClassName="fast")),
        post(
            CLAIMS,
            {**claim("Bad_Name", "0", modes=["RWX"]), "metadata": {"name": "Bad_Name", "labels": {"k": "bad value"}}},
        ),
    ),
    scenario(
        "the namespace of a claim must exist and be that of the path",
        post(CLAIMS, claim("a", metadata={"namespace": "other"})),
        post(CLAIMS, claim("a", metadata={"namespace": "{ns}"})),
        post("/api/v1/namespaces/parity-no-such/persistentvolumeclaims", claim("a")),
        get("/api/v1/namespaces/parity-no-such/persistentvolumeclaims"),
        get("/api/v1/namespaces/parity-no-such/persistentvolumeclaims/a"),
        post("/api/v1/persistentvolumeclaims", claim("a")),
        post("/api/v1/persistentvolumeclaims", claim("a", metadata={"namespace": "{ns}"})),
    ),
    scenario(
        "a name is taken once",
        post(CLAIMS, claim("a"), keep={"uid": "metadata.uid", "rv": "metadata.resourceVersion"}),
        post(CLAIMS, claim("a")),
        post(CLAIMS, claim("a", "0")),
        post(CLAIMS, claim("a"), query={"dryRun": "All"}),
        get(f"{CLAIMS}/a"),
        get(f"{CLAIMS}/b"),
    ),
    scenario(
        "generateName makes a name",
        post(CLAIMS, claim(None, metadata={"generateName": "data-"})),
        post(CLAIMS, claim("given", metadata={"generateName": "data-"})),
        post(CLAIMS, claim(None, metadata={"generateName": "Bad_"})),
        post(CLAIMS, claim(None, metadata={"generateName": "a" * 70}), see=only("metadata.generateName")),
        post(CLAIMS, claim("", metadata={"generateName": "b."}), see=only("metadata.generateName")),
    ),
    scenario(
        "a pending claim keeps its spec",
        post(CLAIMS, claim("a", storageClassName="standard")).quietly(),
        patch(f"{CLAIMS}/a", {"metadata": {"labels": {"first": "x"}}}, keep={"rv": "metadata.resourceVersion"}),
        patch(f"{CLAIMS}/a", {"spec": SIZE}),
        patch(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "1024Mi"}}}}),
        patch(f"{CLAIMS}/a", {"spec": {"accessModes": [RWX]}}),
        patch(f"{CLAIMS}/a", {"spec": {"storageClassName": "shared"}}),
        patch(f"{CLAIMS}/a", {"spec": {"storageClassName": None}}),
        patch(f"{CLAIMS}/a", {"spec": {"volumeMode": "Block"}}),
        patch(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "10GB"}}}}),
        patch(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "0"}}}}),
        patch(f"{CLAIMS}/a", {"spec": None}),
        patch(f"{CLAIMS}/a", {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}),
        patch(f"{CLAIMS}/a", {"metadata": {"labels": {"a": None}}}),
        patch(f"{CLAIMS}/a", {"metadata": {"name": "b"}}),
        patch(f"{CLAIMS}/a", {"metadata": {"namespace": "b"}}),
        patch(f"{CLAIMS}/a", {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        patch(f"{CLAIMS}/a", {"metadata": {"resourceVersion": "1"}}),
        patch(f"{CLAIMS}/a", {"metadata": {"resourceVersion": "{rv}"}}),
        patch(f"{CLAIMS}/a", {"metadata": {"creationTimestamp": None, "generation": 9}}),
        patch(f"{CLAIMS}/a", {"status": {"phase": "Bound"}}),
        patch(f"{CLAIMS}/b", {"metadata": {"labels": {"a": "b"}}}),
    ),
    scenario(
        "an update that changes nothing makes no new version",
        # A new claim's first update writes it anew even if it changes nothing: the quirk of one kind, and not the rule.
        post(CLAIMS, claim("a")).quietly(),
        patch(f"{CLAIMS}/a", {"metadata": {"labels": {"a": "b"}}}, keep={"rv": "metadata.resourceVersion"}),
        patch(f"{CLAIMS}/a", {"metadata": {"labels": {"a": "b"}}}),
        patch(f"{CLAIMS}/a", {}),
        patch(f"{CLAIMS}/a", [], JSON_PATCH),
        put(f"{CLAIMS}/a", claim("a", metadata={"labels": {"a": "b"}})),
    ),
    scenario(
        "a replacement must fit name, namespace, version and uid",
        post(CLAIMS, claim("a"), keep={"rv": "metadata.resourceVersion", "uid": "metadata.uid"}),
        put(
            f"{CLAIMS}/a",
            claim("a", storageClassName="standard", metadata={"labels": {"n": "1"}, "resourceVersion": "{rv}"}),
        ),
        put(
            f"{CLAIMS}/a",
            claim("a", storageClassName="standard", metadata={"labels": {"n": "2"}, "resourceVersion": "{rv}"}),
        ),
        put(
            f"{CLAIMS}/a",
            claim("a", storageClassName="standard", volumeMode="Filesystem", metadata={"labels": {"n": "3"}}),
        ),
        put(f"{CLAIMS}/a", claim("b", storageClassName="standard")),
        put(f"{CLAIMS}/a", claim(None, storageClassName="standard")),
        put(f"{CLAIMS}/a", claim("a", storageClassName="standard", metadata={"namespace": "other"})),
        put(
            f"{CLAIMS}/a",
            claim("a", storageClassName="standard", metadata={"uid": "11111111-1111-1111-1111-111111111111"}),
        ),
        put(f"{CLAIMS}/a", claim("a", storageClassName="standard", metadata={"resourceVersion": "abc"})),
        put(f"{CLAIMS}/a", claim("a", "2Gi", storageClassName="standard", volumeMode="Filesystem")),
        put(f"{CLAIMS}/zz", claim("zz")),
        put(f"{CLAIMS}/zz", claim("zz", metadata={"resourceVersion": "{rv}"})),
        put(f"{CLAIMS}/zz", claim("zz", metadata={"uid": "{uid}"})),
        put(CLAIMS, claim("a")),
    ),
    scenario(
        "status is a resource of its own",
        post(CLAIMS, claim("a", storageClassName="standard"), keep={"rv": "metadata.resourceVersion"}),
        get(f"{CLAIMS}/a/status"),
        patch(f"{CLAIMS}/a/status", {"status": {"phase": "Lost"}, "metadata": {"labels": {"a": "b"}}, "spec": SIZE}),
        patch(f"{CLAIMS}/a/status", {"status": {"phase": "Sleeping"}}),
        patch(f"{CLAIMS}/a/status", {"status": {"capacity": {"storage": "-1"}}}),
        put(f"{CLAIMS}/a/status", {**claim("a", storageClassName="standard"), "status": {"phase": "Pending"}}),
        post(f"{CLAIMS}/a/status", claim("a")),
        delete(f"{CLAIMS}/a/status"),
        get(f"{CLAIMS}/a/scale"),
        get(f"{CLAIMS}/b/status"),
    ),
    scenario(
        "a claim waits for its first consumer and binds when a pod uses it",
        post(CLAIMS, claim("a", storageClassName="standard"), keep={"uid": "metadata.uid"}),
        get(EVENTS, query={"fieldSelector": "involvedObject.name=a"}, until=event("WaitForFirstConsumer")),
        post(PODS, using("p", "a", "sleep 300"), see=only("spec.volumes.0", "spec.containers.0.volumeMounts")),
        get(f"{PODS}/p", until=shows("status.phase", "Running"), see=only("status.phase")),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Bound")),
        # growing: only a bound claim, of a class that allows it, and never below what it has
        patch(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "512Mi"}}}}),
        patch(
            f"{CLAIMS}/a",
            {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
            see=only("spec.resources", "status.capacity"),
        ),
        patch(f"{CLAIMS}/a", {"spec": {"accessModes": [RWX]}}),
        patch(f"{CLAIMS}/a", {"spec": {"volumeName": "other"}}),
        patch(f"{CLAIMS}/a", {"spec": {"volumeName": None}}),
        patch(f"{CLAIMS}/a", {"spec": {"storageClassName": "shared"}}),
        patch(f"{CLAIMS}/a", {"spec": SIZE}, query={"dryRun": "All"}, see=only("spec.resources", "status.capacity")),
        # deletion waits for the pod
        delete(
            f"{CLAIMS}/a",
            see=only(
                "kind", "metadata.name", "metadata.finalizers", "metadata.deletionGracePeriodSeconds", "status.phase"
            ),
        ),
        get(f"{CLAIMS}/a", see=only("metadata.finalizers", "metadata.deletionGracePeriodSeconds", "status.phase")),
        delete(f"{CLAIMS}/a", see=only("kind", "metadata.name", "metadata.deletionGracePeriodSeconds")),
        post(CLAIMS, claim("a")),
        delete(f"{PODS}/p", query={"gracePeriodSeconds": "0"}, see=only("kind", "status")),
        get(f"{CLAIMS}/a", until=gone),
        get(
            "/api/v1/persistentvolumes",
            query={"fieldSelector": "metadata.name=pvc-{uid}"},
            until=lambda answer: not answer.body["items"],
            see=only("items"),
        ),
    ),
    scenario(
        "a claim of a missing class is told so",
        post(CLAIMS, claim("a", storageClassName="no-such-class")),
        get(EVENTS, query={"fieldSelector": "involvedObject.name=a"}, until=event("ProvisioningFailed")),
        get(f"{CLAIMS}/a"),
    ),
    scenario(
        "a claim without class waits for a volume made by hand",
        post(CLAIMS, claim("a", storageClassName="")),
        get(EVENTS, query={"fieldSelector": "involvedObject.name=a"}, until=event("FailedBinding")),
    ),
    scenario(
        "a claim of an immediate class binds at once",
        post(CLAIMS, claim("a", modes=[RWX], storageClassName="shared")),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Bound")),
        patch(f"{CLAIMS}/a", {"spec": SIZE}),
        delete(f"{CLAIMS}/a", see=only("kind", "metadata.name", "metadata.finalizers", "status.phase")),
        get(f"{CLAIMS}/a", until=gone),
    ),
    scenario(
        "a claim whose provisioner never answers stays pending",
        post(CLAIMS, claim("a", storageClassName="broken")),
        get(f"{CLAIMS}/a", until=has("metadata.annotations")),
    ),
    scenario(
        "an unused claim is deleted at once",
        post(CLAIMS, claim("a"), keep={"uid": "metadata.uid", "rv": "metadata.resourceVersion"}),
        delete(f"{CLAIMS}/a", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        delete(f"{CLAIMS}/a", {"preconditions": {"resourceVersion": "1"}}),
        delete(f"{CLAIMS}/a", query={"dryRun": "All"}),
        get(f"{CLAIMS}/a", see=only("metadata.deletionTimestamp", "metadata.finalizers")),
        delete(
            f"{CLAIMS}/a",
            {
                "kind": "DeleteOptions",
                "apiVersion": "v1",
                "preconditions": {"uid": "{uid}"},
                "propagationPolicy": "Background",
            },
        ),
        get(f"{CLAIMS}/a", until=gone),
        delete(f"{CLAIMS}/a"),
    ),
    scenario(
        "a finished pod still holds its claim",
        post(CLAIMS, claim("a")).quietly(),
        post(PODS, using("p", "a")).quietly(),
        get(f"{PODS}/p", until=shows("status.phase", "Succeeded"), see=only("status.phase")),
        delete(f"{CLAIMS}/a", see=only("kind", "status.phase")),
        get(f"{CLAIMS}/a", see=only("metadata.finalizers", "status.phase")),
        delete(f"{PODS}/p", see=only("kind", "status")),
        get(f"{CLAIMS}/a", until=gone),
    ),
]
