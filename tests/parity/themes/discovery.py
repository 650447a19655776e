"""What the server says about itself, and about paths and methods that it does not know."""

from ..objects import CLAIMS, JOBS, NS, PODS
from ..steps import Step, delete, get, only, patch, post, put, scenario

CORE = {
    "namespaces", "persistentvolumeclaims", "persistentvolumeclaims/status", "persistentvolumes", "persistentvolumes/status", "pods", "pods/status", "pods/log",
    "events", "serviceaccounts", "configmaps", "secrets", "resourcequotas", "resourcequotas/status", "limitranges", "nodes", "namespaces/status", "namespaces/finalize",
}  # fmt: skip


def resources(*names, version=None):
    """These entries of a resource list."""

    def project(body):
        if body.get("kind") != "APIResourceList":
            return body
        entries = {
            entry["name"]: {key: value for key, value in entry.items() if key != "storageVersionHash"}
            for entry in body["resources"]
        }
        return {
            **{key: body[key] for key in ("kind", "groupVersion")},
            "resources": {name: entries.get(name) for name in sorted(names)},
        }

    return project


def group(name):
    """This entry of the group list."""

    def project(body):
        found = [entry for entry in body["groups"] if entry["name"] == name]
        return {"kind": body["kind"], "apiVersion": body["apiVersion"], "found": found}

    return project


SCENARIOS = [
    scenario(
        "groups, versions and resources",
        get("/api", see=only("kind", "versions")),
        get("/apis", see=group("batch")),
        get("/apis", see=group("storage.k8s.io")),
        get("/apis", see=group("rbac.authorization.k8s.io")),
        get("/apis", see=group("authorization.k8s.io")),
        get("/apis/batch"),
        get("/apis/storage.k8s.io"),
        get("/apis/rbac.authorization.k8s.io"),
        get("/api/v1", see=resources(*CORE)),
        get("/apis/batch/v1", see=resources("jobs", "jobs/status")),
        get("/apis/storage.k8s.io/v1", see=resources("storageclasses")),
        get(
            "/apis/rbac.authorization.k8s.io/v1",
            see=resources("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
        ),
        get(
            "/apis/authorization.k8s.io/v1",
            see=resources(
                "selfsubjectaccessreviews",
                "selfsubjectrulesreviews",
                "subjectaccessreviews",
                "localsubjectaccessreviews",
            ),
        ),
        get("/version", see=only("major")),
    ),
    scenario(
        "health is text",
        get("/healthz"),
        get("/livez"),
        get("/readyz"),
        get("/healthz/nothing"),
    ),
    scenario(
        "unknown groups, versions and resources",
        get("/apis/example.com"),
        get("/apis/example.com/v1"),
        get("/apis/example.com/v1/things"),
        get("/apis/example.com/v1/namespaces/{ns}/things/a"),
        post("/apis/example.com/v1/namespaces/{ns}/things", {"metadata": {"name": "a"}}),
        get("/apis/batch/v2"),
        get("/apis/batch/v2/namespaces/{ns}/jobs"),
        get("/apis/snapshot.storage.k8s.io/v1/namespaces/{ns}/volumesnapshots"),
        get("/api/v2"),
        get("/api/v2/namespaces/{ns}/pods"),
        get("/api/v1/things"),
        get(f"{NS}/things"),
        get(f"{NS}/things/a"),
        post(f"{NS}/things", {}),
        get(f"{NS}/jobs"),
        get("/apis/batch/v1/namespaces/{ns}/pods"),
        get("/nowhere"),
        get("/api/v1/", see=only("kind")),
        get("/api/v1/namespaces/{ns}/pods/"),
    ),
    scenario(
        "scope: some things live in namespaces, some do not",
        get("/api/v1/namespaces/{ns}/namespaces"),
        get("/api/v1/namespaces/{ns}/persistentvolumes"),
        get("/apis/storage.k8s.io/v1/namespaces/{ns}/storageclasses"),
        get("/api/v1/pods/a"),
        get("/api/v1/persistentvolumeclaims/a"),
        delete("/api/v1/persistentvolumeclaims"),
        get("/api/v1/persistentvolumeclaims", query={"labelSelector": "no=such"}, see=only("kind", "items")),
        get("/apis/batch/v1/jobs", query={"labelSelector": "no=such"}, see=only("kind", "apiVersion", "items")),
    ),
    scenario(
        "methods that a path does not know",
        post(NS, {}),
        post(f"{CLAIMS}/a", {}),
        put(CLAIMS, {}),
        patch(CLAIMS, {}),
        patch(PODS, {}),
        put(JOBS, {}),
        post(f"{JOBS}/a", {}),
        delete("/api/v1/namespaces"),
        delete("/api/v1"),
        post("/version", {}),
        Step("OPTIONS", CLAIMS),
        Step("HEAD", f"{CLAIMS}/a"),
        Step("TRACE", CLAIMS),
        get("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        get("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews/a"),
    ),
]
