"""Refusals, each explained: what is true, the way out, the server's words where they add something."""

import json

import pytest

from kt_jupyter.errors import (
    AlreadyExists,
    Conflict,
    Expired,
    Forbidden,
    NamespaceNotFound,
    NotFound,
    QuotaExceeded,
    Rejected,
    ServerFailure,
)
from kt_jupyter.kube import CLAIMS, Resource
from tests.client.scripted import Answer, failure


def caught(server, configured, answer, call=lambda cluster: cluster.get(CLAIMS, "data")):
    server.answer = lambda _: answer
    with pytest.raises(Exception) as raised:
        call(configured())
    return raised.value


def rbac(sentence):
    return failure(403, "Forbidden", f"x is forbidden: {sentence}")


def test_a_missing_right_is_named_with_the_way_to_it(server, configured):
    who = 'User "alice" cannot create resource "persistentvolumeclaims" in API group "" in the namespace "team-a"'
    error = caught(server, configured, rbac(who))
    assert isinstance(error, Forbidden)
    assert isinstance(error, PermissionError)
    assert (
        error.fact == "this needs `create` on `persistentvolumeclaims` in namespace team-a, which user alice may not."
    )
    assert error.remedy == "`%kt_cluster role` prints a Role to ask your administrator for."
    assert error.server is None
    assert (error.code, error.reason) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (
            'User "bob" cannot list resource "storageclasses" in API group "storage.k8s.io" at the cluster scope',
            "`list` on `storageclasses.storage.k8s.io` in the whole cluster",
        ),
        (
            'User "bob" cannot create resource "pods/exec" in API group "" in the namespace "n": RBAC: role.x "y" gone',
            "`create` on `pods/exec` in namespace n",
        ),
        ('User "bob" cannot get path "/version"', "`get` on `/version` in the whole cluster"),
        (
            'User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
            "`impersonate` on `users`",
        ),
        (
            'User "system:serviceaccount:n:x" cannot get resource "x/scale" in API group "apps" in the namespace "n"',
            "`get` on `x.apps/scale` in namespace n, which user system:serviceaccount:n:x may not",
        ),
    ],
)
def test_missing_rights_are_read_in_all_their_forms(server, configured, sentence, words):
    assert words in caught(server, configured, rbac(sentence)).fact


def test_what_the_authoriser_adds_is_kept(server, configured):
    sentence = 'User "b" cannot get resource "pods" in API group "" in the namespace "n": RBAC: role "y" not found'
    assert 'RBAC: role "y" not found' in caught(server, configured, rbac(sentence)).remedy


def test_a_full_quota_is_told_in_numbers(server, configured):
    message = (
        'persistentvolumeclaims "data" is forbidden: exceeded quota: storage, requested: requests.storage=5Gi,'
        "persistentvolumeclaims=1, used: requests.storage=8Gi,persistentvolumeclaims=2, "
        "limited: requests.storage=10Gi,persistentvolumeclaims=2"
    )
    error = caught(server, configured, failure(403, "Forbidden", message))
    assert isinstance(error, QuotaExceeded)
    assert 'the quota "storage" is used up (requests.storage: asked 5Gi, used 8Gi of 10Gi; ' in error.fact
    assert "persistentvolumeclaims: asked 1, used 2 of 2" in error.fact


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        pytest.param(
            "failed quota: q: must specify limits.cpu for: c",
            QuotaExceeded,
            'the quota "q" demands limits.cpu for: c to be given',
            id="a quota that wants a limit",
        ),
        pytest.param(
            "minimum storage usage per PersistentVolumeClaim is 500Mi, but request is 100Mi",
            QuotaExceeded,
            "a limit range of the namespace refuses it: minimum storage usage",
            id="a limit range",
        ),
        pytest.param(
            'violates PodSecurity "restricted:latest": runAsNonRoot != true',
            Rejected,
            'Pod Security level "restricted:latest" refuses the pod: runAsNonRoot',
            id="Pod Security",
        ),
        pytest.param(
            "only dynamically provisioned pvc can be resized and the storageclass must support resize",
            Rejected,
            "the cluster refuses `get` of .*: only dynamically provisioned pvc can be resized",
            id="another admission rule",
        ),
    ],
)
def test_an_admission_rule_is_not_taken_for_a_missing_right(server, configured, message, kind, words):
    error = caught(server, configured, failure(403, "Forbidden", f'persistentvolumeclaims "x" is forbidden: {message}'))
    assert type(error) is kind
    with pytest.raises(kind, match=words):
        raise error


@pytest.mark.parametrize("code", [400, 403, 422])
def test_a_webhook_is_named_whatever_code_it_chose(server, configured, code):
    message = 'admission webhook "policy.example.com" denied the request: no volumes on Fridays'
    error = caught(server, configured, failure(code, "BadRequest", message))
    assert error.fact == 'the cluster\'s rule "policy.example.com" refuses it: no volumes on Fridays.'


def test_a_namespace_that_is_being_deleted_is_said_so(server, configured):
    causes = [{"reason": "NamespaceTerminating", "message": "namespace n is being terminated", "field": "x"}]
    error = caught(server, configured, failure(403, "Forbidden", "x is forbidden: unable to create", causes=causes))
    assert error.fact == "namespace default is being deleted and takes nothing new."


def test_an_invalid_object_lists_its_causes_in_words(server, configured):
    causes = [
        {"reason": "FieldValueRequired", "field": "spec.accessModes", "message": "Required value: at least 1"},
        {"reason": "FieldValueInvalid", "field": "spec.size", "message": 'Invalid value: "0": must be positive'},
    ]
    error = caught(server, configured, failure(422, "Invalid", "long", name="data", kind="X", causes=causes))
    assert isinstance(error, Rejected)
    assert isinstance(error, ValueError)
    assert '"data" invalid: spec.accessModes: Required value: at least 1; spec.size: Invalid value' in error.fact
    assert not error.server


def test_a_message_that_quotes_the_whole_object_is_cut(server, configured):
    quoted = json.dumps(json.dumps({"spec": {"x": "y" * 2000}}))
    causes = [{"field": "patch", "message": f"Invalid value: {quoted}: quantities must match the regular expression"}]
    error = caught(server, configured, failure(422, "Invalid", "x" * 4000, causes=causes))
    assert "patch: Invalid value (the object as patched): quantities must match" in error.fact
    assert len(str(error)) < 400


def test_a_missing_object_is_named_with_its_place(server, configured):
    answer = failure(404, "NotFound", 'persistentvolumeclaims "data" not found', name="data", kind="x")
    error = caught(server, configured, answer)
    assert isinstance(error, NotFound)
    assert isinstance(error, LookupError)
    assert str(error) == 'there is no PersistentVolumeClaim "data" in namespace default.'


def test_a_missing_namespace_is_another_error_and_close_names_are_suggested(server, configured):
    missing = failure(404, "NotFound", 'namespaces "team-q" not found', name="team-q", kind="namespaces")
    names = Answer({"items": [{"metadata": {"name": "team-a"}}, {"metadata": {"name": "other"}}], "metadata": {}})
    server.answer = lambda seen: missing if seen.method == "POST" else names
    with pytest.raises(NamespaceNotFound, match='there is no namespace "team-q" on here') as error:
        configured().create(CLAIMS, {}, namespace="team-q")
    assert error.value.remedy.startswith("Close to it: team-a.")


def test_who_may_not_list_namespaces_still_learns_that_it_is_missing(server, configured):
    missing = failure(404, "NotFound", 'namespaces "team-q" not found', name="team-q", kind="namespaces")
    server.answer = lambda seen: missing if seen.method == "POST" else failure(403, "Forbidden")
    with pytest.raises(NamespaceNotFound):
        configured().create(CLAIMS, {}, namespace="team-q")


def test_an_api_that_is_not_installed_answers_in_plain_text(server, configured):
    snapshots = Resource("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot")
    answer = Answer(b"404 page not found\n", status=404, headers={"Content-Type": "text/plain"})
    error = caught(server, configured, answer, lambda cluster: cluster.list(snapshots))
    assert isinstance(error, NotFound)
    assert "here does not know volumesnapshots (snapshot.storage.k8s.io/v1)" in error.fact


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure(409, "AlreadyExists", "x", name="data", kind="x"), AlreadyExists),
        (failure(409, "Conflict", "the object has been modified"), Conflict),
        (failure(410, "Expired", "too old resource version"), Expired),
        (failure(413, "RequestEntityTooLarge", "limit is 3145728"), Rejected),
        (failure(500, "InternalError", "boom"), ServerFailure),
        (failure(418, "Teapot", "short and stout"), ServerFailure),
    ],
)
def test_every_other_refusal_has_its_error(server, configured, answer, kind):
    error = caught(server, configured, answer)
    assert type(error) is kind
    assert error.status["reason"] == error.reason


LOGIN = b"<!DOCTYPE html><html><head><title>\n Sign in </title></head>...</html>"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer(LOGIN), "answered with a web page, “Sign in”", id="a login page with 200"),
        pytest.param(Answer(LOGIN, status=403), "a web page, “Sign in”", id="a login page with 403"),
        pytest.param(Answer(b"<h1>no</h1>", status=404), "answered with a web page", id="a page without a title"),
        pytest.param(
            Answer(b"", status=302, headers={"Location": "https://login.example.com"}),
            "sent us on to https://login.example.com",
            id="a redirect",
        ),
        pytest.param(Answer(b"upstream error", status=418), "418 and “upstream error”", id="a proxy's words"),
        pytest.param(Answer(b"", status=418), "418 and no words", id="nothing"),
        pytest.param(Answer(b"[]"), "that is not a Kubernetes API server", id="JSON of another kind"),
    ],
)
def test_what_is_not_kubernetes_is_recognised(server, configured, answer, words):
    error = caught(server, configured, answer)
    assert isinstance(error, ServerFailure)
    assert words in error.fact
    assert "HTTPS_PROXY" in error.remedy
