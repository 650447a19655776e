"""The Role for an administrator, and the features it is made of."""

from kt_jupyter.kube import Rights
from kt_jupyter.notebook.cluster.features import CLUSTER_FEATURES, FEATURES
from kt_jupyter.notebook.cluster.role import Subject, role_manifests
from kt_jupyter.notebook.document import as_yaml


def test_the_role_and_its_binding_are_the_smallest_that_enable_everything():
    assert (
        as_yaml(*role_manifests("team-a", Subject("jane")))
        == """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: kt-jupyter
  namespace: team-a
rules:
- apiGroups:
  - ''
  resources:
  - persistentvolumeclaims
  verbs:
  - get
  - list
  - watch
  - create
  - delete
- apiGroups:
  - ''
  resources:
  - pods
  verbs:
  - get
  - list
  - watch
  - delete
- apiGroups:
  - ''
  resources:
  - events
  verbs:
  - list
  - watch
- apiGroups:
  - batch
  resources:
  - jobs
  verbs:
  - get
  - list
  - watch
  - create
  - delete
  - patch
- apiGroups:
  - ''
  resources:
  - pods/attach
  verbs:
  - get
  - create
- apiGroups:
  - ''
  resources:
  - pods/exec
  verbs:
  - get
  - create
- apiGroups:
  - ''
  resources:
  - pods/log
  verbs:
  - get
- apiGroups:
  - ''
  resources:
  - resourcequotas
  verbs:
  - list
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: kt-jupyter
  namespace: team-a
subjects:
- kind: User
  name: jane
  apiGroup: rbac.authorization.k8s.io
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: kt-jupyter"""
    )


def test_a_service_account_is_bound_in_its_own_namespace():
    _, binding = role_manifests("team-a", Subject("jupyter", "hub"))
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "jupyter", "namespace": "hub"}]


def test_what_has_no_namespace_needs_a_cluster_role():
    kinds = [manifest["kind"] for manifest in role_manifests("team-a", Subject("jane"), cluster_wide=True)]
    assert kinds == ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]


def test_the_role_grants_every_feature_the_doctor_asks_for():
    manifests = role_manifests("team-a", Subject("jane"), cluster_wide=True)
    rules = [rule for manifest in manifests for rule in manifest.get("rules", ())]
    rights = Rights("team-a", rules)
    assert [feature.what for feature in (*FEATURES, *CLUSTER_FEATURES) if feature.need.missing(rights)] == []


def test_namespaced_features_need_only_namespaced_kinds():
    assert all(feature.need.resource.namespaced for feature in FEATURES)


def test_a_missing_verb_is_named():
    rights = Rights("team-a", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])
    missing = {feature.what: feature.need.missing(rights) for feature in FEATURES}
    assert missing["see who uses a volume"] == ("watch",)
    assert missing["see volumes"] == ("get", "list", "watch")
    assert missing["type into a terminal"] == ("get", "create")
