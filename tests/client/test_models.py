"""The one typed object."""

from kt_jupyter.kube.models import typed_claim


def test_a_claim_becomes_the_official_clients_model():
    claim = typed_claim(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "creationTimestamp": "2026-11-24T04:00:00Z", "labels": {"a": "b"}},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
            "status": {"phase": "Pending", "healthStatusOfTheFuture": {"x": 1}},
        }
    )
    assert type(claim).__name__ == "V1PersistentVolumeClaim"
    assert claim.metadata.name == "data"
    assert claim.metadata.creation_timestamp.year == 2026
    assert claim.spec.resources.requests == {"storage": "10Gi"}
