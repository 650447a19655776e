"""Nothing is made in a namespace that does not exist, or is about to end.

Source: ``k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle`` (1.34).
"""

from __future__ import annotations

from kt_jupyter.local import status
from kt_jupyter.local.objects import name_of, namespace_of
from kt_jupyter.local.resources import resource_of
from kt_jupyter.local.rules import Change


def admit(change: Change) -> None:
    """Refuse a new object whose namespace is not there (404), or ending (403)."""
    namespace = namespace_of(change.obj)
    if change.old is not None or not change.resource.namespaced or namespace is None:
        return
    found = change.registry.find("namespaces", None, namespace)
    if found is None:
        raise status.not_found(resource_of("namespaces"), namespace)
    if "deletionTimestamp" not in found["metadata"]:
        return
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    refusal = status.forbidden(change.resource, name_of(change.obj), why)
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    refusal.details = {**(refusal.details or {}), "causes": [cause]}
    raise refusal
