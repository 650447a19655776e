"""kubectl's verbs work, on the embedded cluster as on any other."""

import json
import re

import pytest
import yaml

from kt_jupyter.kube import PODS
from tests.waiting import eventually

RUN = ("--image=alpine:latest", "--image-pull-policy=IfNotPresent", "--restart=Never")


def claim(name, **labels):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    meta = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def settings(**data):
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data})


@pytest.fixture
def claims(kubectl):
    """Two claims, made by kubectl."""
    both = {"apiVersion": "v1", "kind": "List", "items": [claim("one", app="a"), claim("two", app="b", tier="x")]}
    kubectl.says("create", "-f", "-", stdin=json.dumps(both))


@pytest.fixture
def value(kubectl):
    """Read what stands in the settings."""
    return lambda: json.loads(kubectl.says("get", "cm", "settings", "-o", "jsonpath={.data}"))


def names(text):
    return [line.split()[0] for line in text.splitlines()]


def test_create_says_what_it_made_and_refuses_to_make_it_again(kubectl):
    written = json.dumps(claim("one"))
    assert kubectl.says("create", "-f", "-", stdin=written) == "persistentvolumeclaim/one created\n"
    assert 'persistentvolumeclaims "one" already exists' in kubectl.refuses("create", "-f", "-", stdin=written)


def test_create_refuses_a_field_that_is_not_there(kubectl):
    wrong = claim("one")
    wrong["spec"]["accessMode"] = ["RWX"]
    assert 'unknown field "spec.accessMode"' in kubectl.refuses("create", "-f", "-", stdin=json.dumps(wrong))
    several = json.dumps({"apiVersion": "v1", "kind": "List", "items": [claim("two"), wrong]})
    said = 'unknown field "accessMode" in io.k8s.api.core.v1.PersistentVolumeClaimSpec'
    assert said in kubectl.refuses("create", "-f", "-", stdin=several)
    assert kubectl.says("get", "pvc", "--no-headers") == ""


def test_create_makes_a_configmap_a_secret_a_quota_and_a_role_from_words(kubectl):
    kubectl.says("create", "configmap", "c", "--from-literal=a=b")
    kubectl.says("create", "secret", "generic", "s", "--from-literal=a=b")
    kubectl.says("create", "quota", "q", "--hard=persistentvolumeclaims=3")
    kubectl.says("create", "role", "r", "--verb=get", "--resource=pods,pods/log")
    assert "a" in kubectl.says("get", "configmap", "c", "-o", "jsonpath={.data}")
    eventually(lambda: re.search(r"persistentvolumeclaims +0 +3", kubectl.says("describe", "quota", "q")))  # counted
    assert re.search(r"pods/log +\[\] +\[\] +\[get\]", kubectl.says("describe", "role", "r"))


def test_get_shows_columns_and_more_of_them_when_asked(kubectl, claims):
    short, wide = (kubectl.says("get", "pvc", *words).splitlines()[0].split() for words in ([], ["-o", "wide"]))
    assert short[:3] == ["NAME", "STATUS", "VOLUME"]
    assert wide == [*short, "VOLUMEMODE"]


def test_get_writes_yaml_json_and_what_a_path_names(kubectl, claims):
    as_yaml = yaml.safe_load(kubectl.says("get", "pvc", "one", "-o", "yaml"))
    assert as_yaml == json.loads(kubectl.says("get", "pvc", "one", "-o", "json"))
    assert as_yaml["spec"]["resources"]["requests"]["storage"] == "16Mi"
    assert kubectl.says("get", "pvc", "one", "-o", "jsonpath={.metadata.labels.app}") == "a"
    assert "managedFields" not in as_yaml["metadata"]


def test_get_selects_by_label_and_by_field(kubectl, claims):
    def found(*words):
        return names(kubectl.says("get", "pvc", "--no-headers", *words))

    assert found("-l", "app=a") == ["one"]
    assert found("-l", "app in (a, b),tier") == ["two"]
    assert found("-l", "!tier") == ["one"]
    assert found("--field-selector", "metadata.name!=one") == ["two"]
    assert found("--sort-by=.metadata.labels.tier")[0] == "one"


def test_get_looks_into_all_namespaces(kubectl, claims, namespace):
    shown = kubectl.says("get", "pvc", "-A", "--no-headers", "--field-selector", f"metadata.namespace={namespace}")
    assert [line.split()[:2] for line in shown.splitlines()] == [[namespace, "one"], [namespace, "two"]]


def test_get_says_what_is_not_there(kubectl):
    assert 'persistentvolumeclaims "none" not found' in kubectl.refuses("get", "pvc", "none")
    assert 'the server doesn\'t have a resource type "things"' in kubectl.refuses("get", "things")


def test_get_w_shows_each_change_when_it_comes(kubectl, claims):
    with kubectl.follow("get", "pvc", "-w", "--no-headers") as following:
        first = {following.stdout.readline().split()[0] for _ in range(2)}
        assert first == {b"one", b"two"}
        kubectl.says("label", "pvc", "two", "seen=yes")
        while b"two" not in following.stdout.readline():  # a controller may have changed the other one too
            pass
        following.kill()


def test_describe_tells_a_claims_events_and_who_uses_it(kubectl, claims):
    shown = kubectl.says("describe", "pvc", "one")
    assert re.search(r"(?m)^Labels: +app=a$", shown)
    assert re.search(r"(?m)^Access Modes:", shown)
    assert re.search(r"(?m)^Used By: +<none>$", shown)


def test_apply_creates_then_changes_then_leaves_as_it_is(kubectl, value):
    assert kubectl.says("apply", "-f", "-", stdin=settings(a="1", b="2")) == "configmap/settings created\n"
    assert kubectl.says("apply", "-f", "-", stdin=settings(a="1", b="2")) == "configmap/settings unchanged\n"
    assert kubectl.says("apply", "-f", "-", stdin=settings(a="3")) == "configmap/settings configured\n"
    assert value() == {"a": "3"}


def test_server_side_apply_does_the_same_and_says_whose_fields_it_may_not_take(kubectl, value):
    mine = ("apply", "--server-side", "-f", "-")
    theirs = (*mine, "--field-manager=other")
    assert kubectl.says(*mine, stdin=settings(a="1", b="2")) == "configmap/settings serverside-applied\n"
    refused = kubectl.refuses(*theirs, stdin=settings(a="9"))
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .data.a' in refused
    kubectl.says(*theirs, "--force-conflicts", stdin=settings(a="9"))
    kubectl.says(*mine, stdin=settings(b="2"))
    assert value() == {"a": "9", "b": "2"}
    kubectl.says(*mine, stdin=settings())
    assert value() == {"a": "9"}


def test_what_was_applied_from_one_side_can_be_applied_from_the_other(kubectl, value):
    kubectl.says("apply", "-f", "-", stdin=settings(a="1", b="2"))
    kubectl.says("apply", "--server-side", "-f", "-", stdin=settings(a="3"))
    assert value() == {"a": "3"}
    kubectl.says("apply", "-f", "-", stdin=settings(b="4"))
    assert value() == {"b": "4"}


def test_diff_shows_what_apply_would_change_and_changes_nothing(kubectl, value):
    kubectl.says("apply", "-f", "-", stdin=settings(a="1"))
    for words in ([], ["--server-side"]):
        done = kubectl("diff", *words, "-f", "-", stdin=settings(a="2").encode())
        assert done.returncode == 1
        assert b'-  a: "1"\n+  a: "2"' in done.stdout
    assert value() == {"a": "1"}
    assert kubectl.says("diff", "-f", "-", stdin=settings(a="1")) == ""


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("strategic", '{"data": {"a": null, "c": "3"}}'),
        ("merge", '{"data": {"a": null, "c": "3"}}'),
        (
            "json",
            '[{"op": "remove", "path": "/data/a"}, {"op": "add", "path": "/data/c", "value": "3"}]',
        ),
    ],
)
def test_patch_changes_in_three_ways(kubectl, value, kind, patch):
    kubectl.says("create", "-f", "-", stdin=settings(a="1", b="2"))
    assert kubectl.says("patch", "cm", "settings", "--type", kind, "-p", patch) == "configmap/settings patched\n"
    assert value() == {"b": "2", "c": "3"}


def test_label_adds_keeps_changes_and_removes(kubectl, claims):
    kubectl.says("label", "pvc", "one", "who=me")
    assert "already has a value (me)" in kubectl.refuses("label", "pvc", "one", "who=you")
    kubectl.says("label", "pvc", "-l", "app", "who=all", "--overwrite")
    kubectl.says("label", "pvc", "two", "who-")
    assert names(kubectl.says("get", "pvc", "-l", "who=all", "--no-headers")) == ["one"]


def test_delete_waits_until_it_is_gone(kubectl, claims):
    assert kubectl.says("delete", "pvc", "one").startswith('persistentvolumeclaim "one" deleted')
    assert names(kubectl.says("get", "pvc", "--no-headers")) == ["two"]
    kubectl.says("delete", "pvc", "--all")
    assert kubectl.says("get", "pvc", "--no-headers") == ""


def test_run_wait_and_logs_tell_how_a_pod_went(kubectl):
    kubectl.says("run", "one", *RUN, "--", "sh", "-c", "echo hello; exit 3")
    kubectl.says("wait", "pod/one", "--for=jsonpath={.status.phase}=Failed", "--timeout=45s")
    assert kubectl.says("logs", "one") == "hello\n"
    assert names(kubectl.says("get", "pods", "--no-headers")) == ["one"]
    assert "Exit Code:    3" in kubectl.says("describe", "pod", "one")


def test_wait_gives_up_in_time_and_hears_of_the_end(kubectl, workloads):
    workloads.make(PODS, {"metadata": {"name": "never"}, "spec": {"nodeSelector": {"no": "such"}, "containers": [
        {"name": "c", "image": "alpine:latest"}]}})  # fmt: skip
    assert "timed out waiting" in kubectl.refuses("wait", "pod/never", "--for=condition=Ready", "--timeout=1s")
    kubectl.says("delete", "pod", "never", "--wait=false")
    kubectl.says("wait", "pod/never", "--for=delete", "--timeout=30s")


def test_a_job_runs_and_is_described(kubectl):
    kubectl.says("create", "job", "once", "--image=alpine:latest", "--", "echo", "done")
    kubectl.says("wait", "job/once", "--for=condition=complete", "--timeout=45s")
    assert kubectl.says("logs", "job/once") == "done\n"
    assert re.search(
        r"Pods Statuses: +0 Active \(0 Ready\) / 1 Succeeded / 0 Failed", kubectl.says("describe", "job", "once")
    )


def test_api_resources_name_what_there_is(kubectl):
    shown = {line.split()[0]: line.split() for line in kubectl.says("api-resources", "--no-headers").splitlines()}
    assert shown["persistentvolumeclaims"][1:] == ["pvc", "v1", "true", "PersistentVolumeClaim"]
    assert {"pods", "jobs", "storageclasses", "roles", "resourcequotas", "limitranges", "events"} <= shown.keys()


def test_rights_are_told_in_anothers_name(kubectl, namespace):
    kubectl.says("create", "role", "r", "--verb=get", "--resource=pods")
    kubectl.says("create", "rolebinding", "b", "--role=r", f"--serviceaccount={namespace}:default")
    who = f"--as=system:serviceaccount:{namespace}:default"
    assert kubectl("auth", "can-i", "delete", "pods", who).stdout == b"no\n"
    assert f'is forbidden: User "{who[5:]}" cannot delete' in kubectl.refuses("delete", "pod", "x", who)
