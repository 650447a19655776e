"""Rights: who may do what, how a refusal reads, and what the reviews say about it."""

from ..objects import (
    ACCOUNTS,
    BINDINGS,
    CLAIMS,
    CLASSES,
    CONFIGMAPS,
    EVENTS,
    JOBS,
    NS,
    PODS,
    RBAC,
    ROLES,
    SECRETS,
    VOLUMES,
    claim,
    configmap,
    job,
    named,
    pod,
)
from ..steps import APPLY, delete, get, only, patch, post, put, scenario, shows, watch

RULES = "rbac.authorization.k8s.io"
AUTHORIZATION = "/apis/authorization.k8s.io/v1"


def role(name, *rules, kind="Role"):
    return named(kind, name, f"{RULES}/v1", rules=list(rules))


def rule(verbs, resources, groups=("",), names=()):
    return {
        "verbs": list(verbs),
        "apiGroups": list(groups),
        "resources": list(resources),
        **({"resourceNames": list(names)} if names else {}),
    }


def binding(name, role_name, *subjects, kind="RoleBinding", role_kind="Role"):
    return named(
        kind,
        name,
        f"{RULES}/v1",
        roleRef={"apiGroup": RULES, "kind": role_kind, "name": role_name},
        subjects=list(subjects),
    )


def user(name):
    return {"kind": "User", "apiGroup": RULES, "name": name}


def known(name, verb, resource, *, group="", groups=(), namespace="{ns}", **more):
    """Wait until the server's authorizer has heard of it."""
    attributes = {"namespace": namespace, "verb": verb, "resource": resource, "group": group, **more}
    review = {"spec": {"user": name, "groups": list(groups), "resourceAttributes": attributes}}
    return post(f"{AUTHORIZATION}/subjectaccessreviews", review, until=shows("status.allowed", True)).quietly()


def granted(*rules, to="mira"):
    """The preparation: a role with these rules, bound to a user."""
    first = rules[0]
    heard = known(to, first["verbs"][0], first["resources"][0], group=first["apiGroups"][0])
    return post(ROLES, role("r", *rules)).quietly(), post(BINDINGS, binding("b", "r", user(to))).quietly(), heard


def refused(*steps):
    """The same requests by somebody without any right."""
    return [step.as_user("nobody") for step in steps]


def can(verb, resource, **attributes):
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"namespace": "{ns}", "verb": verb, "resource": resource, **attributes}},
    }


def sorted_rules(body):
    """The order of rules is that of a Go map: any."""
    if body.get("kind") != "SelfSubjectRulesReview":
        return body
    status = body["status"]
    return {
        "spec": body["spec"],
        "status": {
            name: sorted(value, key=repr) if isinstance(value, list) else value for name, value in status.items()
        },
    }


SCENARIOS = [
    scenario(
        "without rights each verb is refused by its name",
        *refused(
            get(CLAIMS),
            get(f"{CLAIMS}/a"),
            post(CLAIMS, claim("a")),
            put(f"{CLAIMS}/a", claim("a")),
            patch(f"{CLAIMS}/a", {}),
            delete(f"{CLAIMS}/a"),
            delete(CLAIMS),
            watch(CLAIMS, events=1),
            watch(CLAIMS, events=1, query={"fieldSelector": "metadata.name=a"}),
            get(CLAIMS, query={"fieldSelector": "metadata.name=a"}),
            get(f"{CLAIMS}/a/status"),
            patch(f"{CLAIMS}/a/status", {}),
        ),
    ),  # fmt: skip
    scenario(
        "without rights each resource is refused by its name and group",
        *refused(
            get(PODS),
            get(f"{PODS}/a/log"),
            get(f"{PODS}/a/exec", query={"command": "true"}),
            post(f"{PODS}/a/exec", {}),
            get(f"{PODS}/a/attach"),
            get(f"{PODS}/a/portforward"),
            patch(f"{PODS}/a/ephemeralcontainers", {}),
            post(f"{PODS}/a/eviction", {}),
            post(PODS, pod("a")),
            post(PODS, {"nonsense": 1}),
            post(PODS, "{"),
            get(JOBS),
            post(JOBS, job("a")),
            get(EVENTS),
            get(CONFIGMAPS),
            get(SECRETS),
            get(ACCOUNTS),
            post(f"{ACCOUNTS}/default/token", {}),
            get(ROLES),
            post(BINDINGS, {}),
            get(f"{NS}/resourcequotas"),
            get(f"{NS}/limitranges"),
            get(f"{NS}/services"),
            get(f"{NS}/nothings"),
            get("/apis/example.com/v1/namespaces/{ns}/things"),
            get("/apis/snapshot.storage.k8s.io/v1/namespaces/{ns}/volumesnapshots/a"),
        ),
    ),  # fmt: skip
    scenario(
        "without rights at cluster scope",
        *refused(
            get("/api/v1/namespaces"),
            get(NS),
            post("/api/v1/namespaces", named("Namespace", "x")),
            delete(NS),
            get("/api/v1/pods"),
            get("/api/v1/persistentvolumeclaims"),
            get(VOLUMES),
            get(f"{VOLUMES}/a"),
            get(CLASSES),
            get(f"{CLASSES}/standard"),
            post(CLASSES, {}),
            get("/api/v1/nodes"),
            get("/api/v1/nodes/a"),
            get(f"{RBAC}/clusterroles"),
            get("/apis/batch/v1/jobs"),
            watch("/api/v1/namespaces", events=1),
            get("/api/v1/namespaces/parity-no-such"),
            get("/api/v1/namespaces/parity-no-such/pods"),
        ),
    ),  # fmt: skip
    scenario(
        "everyone may look at versions and health, and ask about themselves",
        *refused(
            get("/version", see=only("major")),
            get("/api", see=only("kind")),
            get("/apis", see=only("kind")),
            get("/api/v1", see=only("kind")),
            get("/apis/batch/v1", see=only("kind")),
            get("/healthz"),
            get("/livez"),
            get("/readyz"),
            get("/openapi/v3", see=only("nothing")),
            get("/metrics"),
            get("/logs"),
            get("/nowhere"),
            get("/nowhere/at/all"),
            get("/"),
            post("/nowhere", {}),
            put("/nowhere", {}),
            delete("/nowhere"),
            patch("/nowhere", {}),
            get("/api/v2"),
            get("/apis/example.com"),
            get("/healthz/nothing"),
        ),
        post(f"{AUTHORIZATION}/selfsubjectaccessreviews", can("get", "pods")).as_user("nobody"),
        post(f"{AUTHORIZATION}/subjectaccessreviews", {}).as_user("nobody"),
        post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}).as_user("nobody"),
    ),  # fmt: skip
    scenario(
        "who one is must be told, and told rightly",
        get(CLAIMS, headers={"Authorization": ""}),
        get(CLAIMS, headers={"Authorization": "Bearer wrong"}),
        get("/version", headers={"Authorization": "Bearer wrong"}),
        get("/nowhere", headers={"Authorization": "Bearer wrong"}),
        get(CLAIMS, headers={"Authorization": "Basic eDp5"}),
        get("/version", headers={"Authorization": ""}, see=only("major")),
        get("/api", headers={"Authorization": ""}),
        get(CLAIMS).as_user("system:anonymous"),
    ),
    scenario(
        "impersonation is a right too",
        get(CLAIMS, headers={"Impersonate-Group": "team"}),
        get(CLAIMS, headers={"Impersonate-Uid": "1"}),
        get(CLAIMS).as_user("nobody", "team"),
        get(CLAIMS, see=only("kind")).as_user("nobody", "system:masters"),
        get(CLAIMS).as_user("system:serviceaccount:{ns}:default"),
        get(CLAIMS).as_user("system:serviceaccount:other:default", "team"),
        get(CLAIMS).as_user("with spaces"),
        post(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
        ).as_user("mira", "team", "other"),
        post(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
        ).as_user("system:serviceaccount:{ns}:default"),
    ),
    scenario(
        "a role gives what it names and no more",
        *granted(
            rule(["get", "list"], ["persistentvolumeclaims"]),
            rule(["create"], ["pods"]),
            rule(["get"], ["pods/log"]),
            rule(["delete"], ["configmaps"], names=["mine"]),
        ),
        *[
            step.as_user("mira")
            for step in (
                get(CLAIMS, see=only("items")),
                get(f"{CLAIMS}/a"),
                watch(CLAIMS, events=1),
                post(CLAIMS, claim("a")),
                post(PODS, pod("a"), query={"dryRun": "All"}, see=only("metadata.name")),
                get(f"{PODS}/a"),
                get(f"{PODS}/a/log"),
                delete(f"{CONFIGMAPS}/mine"),
                delete(f"{CONFIGMAPS}/other"),
                delete(CONFIGMAPS),
                get("/api/v1/namespaces/default/persistentvolumeclaims"),
                get("/api/v1/persistentvolumeclaims"),
                put(f"{CLAIMS}/a", claim("a")),
                patch(
                    f"{CLAIMS}/a", "apiVersion: v1\nkind: PersistentVolumeClaim\n", APPLY, query={"fieldManager": "m"}
                ),
            )
        ],
    ),  # fmt: skip
    scenario(
        "wildcards, groups and service accounts",
        post(ROLES, role("all", rule(["*"], ["*"], ["*"]))).quietly(),
        post(BINDINGS, binding("to-group", "all", {"kind": "Group", "apiGroup": RULES, "name": "team"})).quietly(),
        post(
            BINDINGS, binding("to-account", "all", {"kind": "ServiceAccount", "name": "robot", "namespace": "{ns}"})
        ).quietly(),
        known("any", "list", "secrets", groups=["team"]),
        known("system:serviceaccount:{ns}:robot", "list", "secrets"),
        get(SECRETS, see=only("kind")).as_user("any", "team"),
        get(SECRETS).as_user("any", "teams"),
        get(f"{PODS}/a/log").as_user("any", "team"),
        get(SECRETS, see=only("kind")).as_user("system:serviceaccount:{ns}:robot"),
        get(SECRETS).as_user("system:serviceaccount:other:robot"),
        get("/api/v1/nodes").as_user("any", "team"),
        post(ROLES, role("subs", rule(["get"], ["*/log"]), rule(["get"], ["pods/*"]))).quietly(),
        post(BINDINGS, binding("to-subs", "subs", user("sub"))).quietly(),
        known("sub", "get", "pods", subresource="log"),
        get(f"{PODS}/a/log").as_user("sub"),
        get(f"{PODS}/a/status").as_user("sub"),
        get(f"{PODS}/a").as_user("sub"),
    ),
    scenario(
        "a cluster role counts where it is bound",
        post(
            f"{RBAC}/clusterroles",
            role("{ns}-c", rule(["list"], ["persistentvolumeclaims", "persistentvolumes"]), kind="ClusterRole"),
        ).quietly(),
        post(BINDINGS, binding("b", "{ns}-c", user("mira"), role_kind="ClusterRole")).quietly(),
        known("mira", "list", "persistentvolumeclaims"),
        get(CLAIMS, see=only("items")).as_user("mira"),
        get(VOLUMES).as_user("mira"),
        get("/api/v1/persistentvolumeclaims").as_user("mira"),
        post(
            f"{RBAC}/clusterrolebindings",
            binding("{ns}-b", "{ns}-c", user("nora"), kind="ClusterRoleBinding", role_kind="ClusterRole"),
        ).quietly(),
        known("nora", "list", "persistentvolumes", namespace=""),
        get(VOLUMES, query={"labelSelector": "no=such"}, see=only("items")).as_user("nora"),
        get("/api/v1/persistentvolumeclaims", query={"labelSelector": "no=such"}, see=only("items")).as_user("nora"),
        get("/api/v1/nodes").as_user("nora"),
        post(BINDINGS, binding("broken", "no-such-role", user("otto"))).quietly(),
        get(CLAIMS, until=lambda answer: "no-such-role" in answer.body["message"]).as_user("otto"),
        post(BINDINGS, binding("views", "view", user("vera"), role_kind="ClusterRole")).quietly(),
        known("vera", "list", "persistentvolumeclaims"),
        get(CLAIMS, see=only("items")).as_user("vera"),
        get(SECRETS).as_user("vera"),
        post(CLAIMS, claim("a")).as_user("vera"),
        post(BINDINGS, binding("edits", "edit", user("edda"), role_kind="ClusterRole")).quietly(),
        known("edda", "create", "persistentvolumeclaims"),
        post(CLAIMS, claim("a"), query={"dryRun": "All"}, see=only("metadata.name")).as_user("edda"),
        get(f"{PODS}/a/exec", query={"command": "true"}).as_user("edda"),
        post(ROLES, role("x")).as_user("edda"),
        post(BINDINGS, binding("admins", "admin", user("adam"), role_kind="ClusterRole")).quietly(),
        known("adam", "create", "roles", group=RULES),
        post(ROLES, role("x", rule(["get"], ["pods"])), query={"dryRun": "All"}, see=only("metadata.name")).as_user(
            "adam"
        ),
        post(ROLES, role("x", rule(["get"], ["nodes"])), query={"dryRun": "All"}).as_user("adam"),
        cleanup=(f"{RBAC}/clusterrolebindings/{{ns}}-b", f"{RBAC}/clusterroles/{{ns}}-c"),
    ),
    scenario(
        "nobody gives more than they have",
        *granted(rule(["*"], ["roles", "rolebindings"], [RULES]), rule(["get"], ["pods"])),
        post(ROLES, role("same", rule(["get"], ["pods"])), see=only("metadata.name")).as_user("mira"),
        post(ROLES, role("more", rule(["get", "delete"], ["pods", "secrets"]))).as_user("mira"),
        patch(f"{ROLES}/same", {"rules": [rule(["*"], ["*"], ["*"])]}).as_user("mira"),
        post(BINDINGS, binding("mine", "same", user("x")), see=only("metadata.name")).as_user("mira"),
        post(BINDINGS, binding("admin", "cluster-admin", user("x"), role_kind="ClusterRole")).as_user("mira"),
    ),
    scenario(
        "who applies needs the right to patch, and to create what is not there",
        *granted(rule(["patch"], ["configmaps"])),
        post(CONFIGMAPS, configmap("there", x="1")).quietly(),
        *(
            patch(
                f"{CONFIGMAPS}/{name}",
                configmap(name, y="2"),
                APPLY,
                query={"fieldManager": "m", **query},
                see=only("data"),
            ).as_user(who)
            for who in ("mira", "nobody")
            for name in ("there", "new")
            for query in ({}, {"dryRun": "All"})
        ),
        post(BINDINGS, binding("c", "maker", user("mira"))).quietly(),
        post(ROLES, role("maker", rule(["create"], ["configmaps"]))).quietly(),
        known("mira", "create", "configmaps"),
        patch(
            f"{CONFIGMAPS}/new", configmap("new", y="2"), APPLY, query={"fieldManager": "m"}, see=only("data")
        ).as_user("mira"),
    ),
    scenario(
        "nobody widens a role or a binding beyond their own rights",
        *granted(
            rule(["get", "create", "patch", "update"], ["roles", "rolebindings"], [RULES]),
            rule(["get", "list"], ["pods", "pods/log"]),
            rule(["*"], ["secrets"], names=["mine"]),
        ),
        post(ROLES, role("small", rule(["get"], ["pods"]))).as_user("mira"),
        post(ROLES, role("named", rule(["get", "delete"], ["secrets"], names=["mine", "other"]))).as_user("mira"),
        post(ROLES, role("many", rule(["get", "list", "watch"], ["pods", "nodes"], ["", "x"]))).as_user("mira"),
        patch(f"{ROLES}/small", {"rules": [rule(["list"], ["pods"])]}, see=only("rules")).as_user("mira"),
        patch(f"{ROLES}/small", {"rules": [rule(["delete"], ["pods"])]}).as_user("mira"),
        patch(f"{ROLES}/small", {"metadata": {"labels": {"a": "b"}}}, see=only("metadata.labels")).as_user("mira"),
        post(BINDINGS, binding("one", "small", user("x")), see=only("roleRef")).as_user("mira"),
        post(BINDINGS, binding("two", "missing", user("x"))).as_user("mira"),
        post(ROLES, role("big", rule(["*"], ["*"], ["*"]))).quietly(),
        post(BINDINGS, binding("three", "big", user("x"))).as_user("mira"),
        patch(f"{BINDINGS}/one", {"metadata": {"labels": {"a": "b"}}}, see=only("metadata.labels")).as_user("mira"),
    ),
    scenario(
        "access reviews",
        *granted(
            rule(["get", "list", "watch"], ["pods"]),
            rule(["create"], ["pods/exec"]),
            rule(["delete"], ["configmaps"], names=["mine"]),
        ),
        *[
            post(f"{AUTHORIZATION}/selfsubjectaccessreviews", body).as_user("mira")
            for body in (
                can("get", "pods"),
                can("delete", "pods"),
                can("create", "pods", subresource="exec"),
                can("get", "pods", subresource="exec"),
                can("delete", "configmaps", name="mine"),
                can("delete", "configmaps"),
                can("get", "jobs", group="batch"),
                can("*", "*", group="*"),
                can("get", "pods", namespace=""),
                can("get", "pods", namespace="default"),
                can("get", "things", group="example.com"),
                # One role has it; /version is in two, and the answer names either.
                {"spec": {"nonResourceAttributes": {"path": "/apis", "verb": "get"}}},
                {"spec": {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}},
            )
        ],
        *[
            post(f"{AUTHORIZATION}/selfsubjectaccessreviews", body)
            for body in (
                can("get", "pods"),
                {"spec": {}},
                {},
                {
                    "spec": {
                        "resourceAttributes": {"verb": "get"},
                        "nonResourceAttributes": {"path": "/", "verb": "get"},
                    }
                },
                {"metadata": {"name": "x"}, "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}},
            )
        ],
        post(
            f"{AUTHORIZATION}/subjectaccessreviews",
            {"spec": {"user": "mira", "resourceAttributes": {"namespace": "{ns}", "verb": "get", "resource": "pods"}}},
        ),
        post(
            f"{AUTHORIZATION}/subjectaccessreviews",
            {
                "spec": {
                    "user": "mira",
                    "groups": ["system:masters"],
                    "resourceAttributes": {"verb": "delete", "resource": "nodes"},
                }
            },
        ),
        post(
            f"{AUTHORIZATION}/subjectaccessreviews",
            {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}},
        ),
        post(
            f"{AUTHORIZATION}/namespaces/{{ns}}/localsubjectaccessreviews",
            {"spec": {"user": "mira", "resourceAttributes": {"namespace": "{ns}", "verb": "get", "resource": "pods"}}},
        ),
        post(
            f"{AUTHORIZATION}/namespaces/{{ns}}/localsubjectaccessreviews",
            {"spec": {"user": "mira", "resourceAttributes": {"namespace": "other", "verb": "get", "resource": "pods"}}},
        ),
    ),  # fmt: skip
    scenario(
        "rules reviews",
        *granted(
            rule(["get", "list", "watch"], ["pods", "pods/log"]),
            rule(["create"], ["jobs"], ["batch"]),
            rule(["delete"], ["configmaps"], names=["mine"]),
        ),
        post(f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {"namespace": "{ns}"}}, see=sorted_rules).as_user(
            "mira"
        ),
        post(f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {"namespace": "{ns}"}}, see=sorted_rules).as_user(
            "nobody"
        ),
        post(
            f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {"namespace": "parity-no-such"}}, see=sorted_rules
        ).as_user("mira"),
        post(f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {}}).as_user("mira"),
        post(
            f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {"namespace": "{ns}"}}, see=only("status.incomplete")
        ),
        post(
            f"{AUTHORIZATION}/selfsubjectrulesreviews",
            {"spec": {"namespace": "{ns}"}},
            query={"dryRun": "All"},
            see=only("status.incomplete"),
        ),
    ),
]
