"""Roles and bindings as objects: defaults, validation, what may change."""

from ..objects import BINDINGS, RBAC, ROLES, named
from ..steps import delete, get, only, patch, post, scenario
from .rights import RULES, binding, role, rule, user

CLUSTER_ROLES, CLUSTER_BINDINGS = f"{RBAC}/clusterroles", f"{RBAC}/clusterrolebindings"

SCENARIOS = [
    scenario(
        "a role",
        post(ROLES, role("a", rule(["get"], ["pods"]))),
        post(ROLES, named("Role", "b", f"{RULES}/v1")),
        post(ROLES, role("c:d", rule(["get"], ["pods"]))),
        post(ROLES, role("a/b")),
        post(ROLES, role("..")),
        post(ROLES, role("x", rule([], ["pods"]))),
        post(ROLES, role("x", rule(["get"], []))),
        post(ROLES, role("x", {"verbs": ["get"], "resources": ["pods"]})),
        post(ROLES, role("x", {"verbs": ["get"], "nonResourceURLs": ["/x"]})),
        post(ROLES, role("x", "text")),
        patch(f"{ROLES}/a", {"rules": [rule(["list"], ["pods"], [""])]}),
        delete(f"{ROLES}/a"),
        get(f"{ROLES}/a"),
    ),
    scenario(
        "a binding",
        post(BINDINGS, binding("a", "r", user("u"))),
        post(
            BINDINGS,
            named(
                "RoleBinding",
                "b",
                f"{RULES}/v1",
                roleRef={"kind": "Role", "name": "r"},
                subjects=[{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s"}],
            ),
        ),
        post(
            BINDINGS,
            named(
                "RoleBinding",
                "b",
                f"{RULES}/v1",
                roleRef={"kind": "Role", "name": "r"},
                subjects=[{"kind": "User", "name": "u"}],
            ),
        ),
        post(BINDINGS, named("RoleBinding", "c", f"{RULES}/v1", roleRef={"kind": "ClusterRole", "name": "view"})),
        post(BINDINGS, named("RoleBinding", "x", f"{RULES}/v1")),
        post(BINDINGS, binding("x", "", user("u"))),
        post(BINDINGS, binding("x", "r", user("u"), role_kind="Chair")),
        post(BINDINGS, binding("x", "r", {"kind": "Chair", "name": "u"})),
        post(BINDINGS, binding("x", "r", {"kind": "User", "apiGroup": RULES, "name": ""})),
        post(BINDINGS, binding("x", "r", {"kind": "ServiceAccount", "name": "Bad_Name", "namespace": "{ns}"})),
        post(
            BINDINGS,
            named("RoleBinding", "x", f"{RULES}/v1", roleRef={"apiGroup": "example.com", "kind": "Role", "name": "r"}),
        ),
        patch(f"{BINDINGS}/a", {"roleRef": {"name": "other"}}),
        patch(f"{BINDINGS}/a", {"subjects": [user("v")]}, see=only("subjects")),
        delete(f"{BINDINGS}/a", see=only("status", "details")),
    ),
    scenario(
        "roles and bindings of the whole cluster",
        post(
            CLUSTER_ROLES,
            role(
                "{ns}-a",
                rule(["get"], ["nodes"]),
                {"verbs": ["get"], "nonResourceURLs": ["/x", "/y/*"]},
                kind="ClusterRole",
            ),
        ),
        post(
            CLUSTER_ROLES,
            named(
                "ClusterRole",
                "{ns}-x",
                f"{RULES}/v1",
                rules=[{"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"], "apiGroups": [""]}],
            ),
        ),
        post(
            CLUSTER_BINDINGS, binding("{ns}-a", "{ns}-a", user("u"), kind="ClusterRoleBinding", role_kind="ClusterRole")
        ),
        post(CLUSTER_BINDINGS, binding("{ns}-x", "r", user("u"), kind="ClusterRoleBinding")),
        post(
            CLUSTER_BINDINGS,
            binding(
                "{ns}-x",
                "r",
                {"kind": "ServiceAccount", "name": "s"},
                kind="ClusterRoleBinding",
                role_kind="ClusterRole",
            ),
        ),
        get(f"{CLUSTER_ROLES}/cluster-admin", see=only("rules", "metadata.labels", "metadata.annotations")),
        get(f"{CLUSTER_ROLES}/no-such"),
        cleanup=(f"{CLUSTER_ROLES}/{{ns}}-a", f"{CLUSTER_BINDINGS}/{{ns}}-a"),
    ),
]
