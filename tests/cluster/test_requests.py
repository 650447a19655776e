"""The client against a whole cluster, local or real."""

import pytest

from kt_jupyter.errors import AlreadyExists, Conflict, NamespaceNotFound, NotFound, Rejected, WaitTimeout
from kt_jupyter.kube import CLAIMS, EVENTS, NAMESPACES, PODS, Get, List, current


def claim(name, size="1Gi", **spec):
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    return {"metadata": {"name": name}, "spec": wanted}


def test_an_object_that_was_created_can_be_read_listed_patched_and_deleted(namespace):
    cluster = current()
    made = cluster.create(CLAIMS, claim("data"))
    assert cluster.get(CLAIMS, "data")["metadata"]["uid"] == made["metadata"]["uid"]
    assert [item["kind"] for item in cluster.list(CLAIMS)] == ["PersistentVolumeClaim"]
    assert cluster.patch(CLAIMS, "data", {"metadata": {"labels": {"a": "b"}}})["metadata"]["labels"] == {"a": "b"}
    cluster.delete(CLAIMS, "data", uid=made["metadata"]["uid"])
    assert cluster.wait_for(CLAIMS, "data", lambda found: found is None or None, timeout=30)


def test_a_dry_run_is_checked_and_kept_nowhere(namespace):
    assert current().create(CLAIMS, claim("data"), dry_run=True)["metadata"]["name"] == "data"
    with pytest.raises(NotFound, match=f'no PersistentVolumeClaim "data" in namespace {namespace}'):
        current().get(CLAIMS, "data")


def test_a_name_can_be_taken_once(namespace):
    current().create(CLAIMS, claim("data"))
    with pytest.raises(AlreadyExists, match='there is a PersistentVolumeClaim "data" in namespace'):
        current().create(CLAIMS, claim("data"))


def test_a_missing_namespace_is_named_and_close_ones_are_too(namespace):
    with pytest.raises(NamespaceNotFound) as caught:
        current().create(CLAIMS, claim("data"), namespace=f"{namespace}x")
    assert f'"{namespace}x"' in caught.value.fact
    assert f"Close to it: {namespace}" in caught.value.remedy


def test_another_object_of_the_same_name_is_not_deleted(namespace):
    current().create(CLAIMS, claim("data"))
    with pytest.raises(Conflict, match="not the one that was meant"):
        current().delete(CLAIMS, "data", uid="00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        pytest.param(claim("data", "0"), "must be greater than zero", id="a size of zero"),
        pytest.param(claim("data", "10GB"), "quantities must match", id="a size with a wrong unit"),
        pytest.param(claim("data", accessModes=["RWX"]), "ReadWriteMany", id="a mode that does not exist"),
        pytest.param(claim("data", accessModess=[]), 'unknown field "spec.accessModess"', id="a misspelt field"),
    ],
)
def test_an_invalid_object_is_rejected_with_the_servers_causes(namespace, manifest, words):
    with pytest.raises(Rejected, match=words):
        current().create(CLAIMS, manifest)


def test_several_reads_take_one_round_trip_and_their_errors_stand_in_their_places(namespace):
    found, pods, missing = current().gather(
        Get(NAMESPACES, namespace), List(PODS), Get(CLAIMS, "nothing"), return_errors=True
    )
    assert found["metadata"]["name"] == namespace
    assert pods == []
    assert isinstance(missing, NotFound)


def test_a_read_that_must_not_block_is_a_future(namespace):
    assert current().later(List(EVENTS)).result(timeout=10) == []


def test_a_wait_says_what_it_saw_last(namespace):
    current().create(CLAIMS, claim("data"))
    with pytest.raises(WaitTimeout, match=r'"data" is not what was waited for after 0\.2 s: its phase is Pending'):
        current().wait_for(CLAIMS, "data", lambda found: None, timeout=0.2)


def test_a_watch_begins_with_what_exists_and_goes_on_with_every_change(namespace):
    cluster = current()
    cluster.create(CLAIMS, claim("first"))
    with cluster.watch(CLAIMS) as events:
        assert [event.object["metadata"]["name"] for event in events.initial()] == ["first"]
        cluster.create(CLAIMS, claim("second"))
        assert next(event for event in events if event.object["metadata"]["name"] == "second").type == "ADDED"
        cluster.delete(CLAIMS, "second")
        assert next(event for event in events if event.type == "DELETED").object["metadata"]["name"] == "second"


def test_rights_are_asked_in_one_request(namespace):
    rights = current().rights()
    assert rights.namespace == namespace
    assert rights.allows("create", PODS, "exec")
