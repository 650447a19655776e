"""What is asked for, how, and what is shown beside the answer."""

import gzip
import json

import pytest

from kt_jupyter.errors import Forbidden
from kt_jupyter.kube import CLAIMS, PODS, STORAGE_CLASSES, Get, List
from tests.client.scripted import EMPTY, Answer, failure

MADE = Answer({"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}}, status=201)


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
