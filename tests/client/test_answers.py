"""What the server says, and what is made of it: repeated, explained, shown once."""

import gzip
import json

import pytest

from kt_jupyter.errors import (
    AlreadyExists,
    Conflict,
    Expired,
    Forbidden,
    NamespaceNotFound,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Rejected,
    ServerBusy,
    ServerFailure,
)
from kt_jupyter.kube import CLAIMS, PODS, STORAGE_CLASSES, Get, List, Resource
from kt_jupyter.kube.limits import Limits
from tests.client.scripted import Answer, Cut, failure

EMPTY = Answer({"items": [], "metadata": {"resourceVersion": "1"}})
MADE = Answer({"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}}, status=201)


def first(*answers):
    """Answer the first requests with these, and all after them with the last."""
    waiting = list(answers)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


# Repeated, when that is safe


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Answer(cut=True), id="the connection breaks"),
        pytest.param(Answer(parts=[b'{"items": [', Cut()]), id="the answer breaks off"),
        pytest.param(failure(429, "TooManyRequests"), id="429"),
        pytest.param(failure(500, "InternalError", "etcdserver: leader changed"), id="500"),
        pytest.param(Answer(b"<html>Bad Gateway</html>", status=502), id="502"),
        pytest.param(failure(503, "ServiceUnavailable"), id="503"),
        pytest.param(failure(504, "Timeout"), id="504"),
    ],
)
def test_a_read_is_repeated(server, configured, refusal):
    server.answer = first(refusal, EMPTY)
    assert configured().list(CLAIMS) == []
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [429, 503])
def test_a_change_is_repeated_when_the_server_refused_before_acting(server, configured, code):
    refusal = failure(code, "TooManyRequests")
    refusal.headers["Retry-After"] = "0"
    server.answer = first(refusal, MADE)
    assert configured().create(CLAIMS, {"metadata": {"name": "data"}})["metadata"]["name"] == "data"
    assert [seen.method for seen in server.requests] == ["POST", "POST"]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda cluster: cluster.create(CLAIMS, {"metadata": {"name": "data"}}), id="create"),
        pytest.param(lambda cluster: cluster.patch(CLAIMS, "data", {}), id="patch"),
        pytest.param(lambda cluster: cluster.delete(CLAIMS, "data"), id="delete"),
    ],
)
@pytest.mark.parametrize("answer", [Answer(cut=True), Answer(parts=[b'{"kind', Cut()])], ids=["no answer", "half"])
def test_a_change_that_may_have_been_made_is_sent_once(server, configured, call, answer):
    server.answer = lambda _: answer
    with pytest.raises(OutcomeUnknown, match="it may or may not have been done") as caught:
        call(configured())
    assert caught.value.remedy == "Look whether it was before you repeat it."
    assert len(server.requests) == 1


def test_a_change_that_a_proxy_answered_for_the_server_is_sent_once(server, configured):
    server.answer = lambda _: failure(503, "ServiceUnavailable")
    with pytest.raises(ServerBusy):
        configured().create(CLAIMS, {})
    assert len(server.requests) == 1


def test_a_change_is_sent_again_when_an_idle_connection_had_been_closed(server, configured, caplog):
    answer = Answer(MADE.body, close=True)
    server.answer = lambda _: answer
    cluster = configured()
    for _ in range(20):
        cluster.create(CLAIMS, {"metadata": {"name": "data"}})
    assert len(server.requests) == 20
    assert caplog.records == []


def test_a_question_is_repeated_although_its_form_is_a_create(server, configured):
    server.answer = first(Answer(cut=True), Answer({"status": {"resourceRules": [], "incomplete": False}}))
    assert not configured().rights().allows("get", CLAIMS)


def test_the_server_is_waited_for_as_long_as_it_asks_and_not_longer_than_was_said(server, configured):
    refusal = failure(429, "TooManyRequests", "too many requests, please try again later")
    refusal.headers["Retry-After"] = "1"
    server.answer = lambda _: refusal
    with pytest.raises(ServerBusy, match=r"too busy for `list` .* after 1 s of waiting as it asked") as caught:
        configured(limits=Limits(busy=1.5)).list(CLAIMS)
    assert caught.value.server == "too many requests, please try again later"
    assert len(server.requests) == 2


def test_a_long_wait_is_announced(server, configured, capfd, monkeypatch):
    monkeypatch.setattr("kt_jupyter.kube.api._PATIENT", 1.0)
    refusal = failure(429, "TooManyRequests")
    refusal.headers["Retry-After"] = "1"
    server.answer = first(refusal, EMPTY)
    configured(limits=Limits()).list(CLAIMS)
    assert "here asks to wait 1 s; Ctrl-C stops, 30 s is the end." in capfd.readouterr().err


# Explained


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


def test_several_reads_are_on_their_way_at_once_and_one_refusal_spares_the_others(server, configured):
    server.answer = lambda seen: EMPTY if "pods" in seen.path else failure(403, "Forbidden", "no")
    cluster = configured()
    pods, refused = cluster.gather(List(PODS), List(STORAGE_CLASSES), return_errors=True)
    assert pods == []
    assert isinstance(refused, Forbidden)
    with pytest.raises(Forbidden):
        cluster.gather(Get(CLAIMS, "data"), List(PODS))


def test_reads_made_together_keep_their_connections_for_the_next_time(server, configured):
    server.answer = lambda _: EMPTY
    cluster = configured()
    for _ in range(5):
        cluster.gather(List(PODS), List(CLAIMS), List(STORAGE_CLASSES))
    assert server.connections == 3


# Shown once


def test_a_warning_is_shown_once(server, configured, capfd):
    text = r'299 - "unknown field \"spec.x\"", 299 - "child pods are preserved"'
    server.answer = lambda _: Answer(EMPTY.body, headers={"Warning": text})
    cluster = configured()
    cluster.list(CLAIMS)
    cluster.list(CLAIMS)
    assert capfd.readouterr().err.splitlines() == [
        'Warning from the API server: unknown field "spec.x"',
        "Warning from the API server: child pods are preserved",
    ]


# Compressed


def test_a_compressed_answer_is_read(server, configured):
    body = gzip.compress(json.dumps(EMPTY.body).encode())
    server.answer = lambda _: Answer(body, headers={"Content-Encoding": "gzip"})
    assert configured().list(CLAIMS) == []


def test_compression_is_asked_for_where_there_is_much_to_compress(server, configured):
    server.answer = lambda _: EMPTY
    cluster = configured()
    cluster.list(CLAIMS)
    cluster.get(CLAIMS, "data")
    configured(cluster={"disable-compression": True}).list(CLAIMS)
    assert [seen.header("accept-encoding") for seen in server.requests] == ["gzip", None, None]


def test_a_path_before_the_api_is_kept(server, configured):
    server.answer = lambda _: EMPTY
    configured(f"{server.url}/k8s/clusters/c-1/").list(CLAIMS)
    assert server.requests[0].path == "/k8s/clusters/c-1/api/v1/namespaces/default/persistentvolumeclaims"


def test_a_changed_object_is_asked_for_as_kubectl_does(server, configured):
    server.answer = lambda _: MADE
    cluster = configured()
    cluster.create(CLAIMS, {"metadata": {"name": "data"}}, dry_run=True)
    cluster.patch(CLAIMS, "data", [{"op": "remove", "path": "/x"}], kind="json", subresource="status")
    cluster.delete(PODS, "p", uid="u", grace_seconds=0, propagation="Foreground", dry_run=True)
    made, patched, deleted = server.requests
    assert made.query == {"fieldManager": "kt_jupyter", "fieldValidation": "Strict", "dryRun": "All"}
    assert made.json == {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}}
    assert patched.header("content-type") == "application/json-patch+json"
    assert patched.path.endswith("/data/status")
    assert deleted.json == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Foreground",
        "preconditions": {"uid": "u"},
        "gracePeriodSeconds": 0,
        "dryRun": ["All"],
    }
