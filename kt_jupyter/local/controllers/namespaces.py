"""Empties namespaces that are being deleted, then lets them go.

Source: ``pkg/controller/namespace/deletion`` (1.34).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of, now
from kt_jupyter.local.pods.state import set_condition
from kt_jupyter.local.resources import RESOURCES

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

_FINALIZER: Final = "kubernetes"
# Events last: what goes writes some. events.k8s.io shows the same objects.
_CONTENT: Final = (
    *(one.key for one in RESOURCES if one.namespaced and not one.virtual and one.plural != "events"),
    "events",
)
# What could go wrong on a real cluster and doesn't here; said all the same.
_UNTROUBLED: Final = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


class Namespaces:
    """Deletes the content of terminating namespaces."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def loop(self) -> Loop[str]:
        """Return the loop that runs this controller."""
        return Loop(
            "namespace-controller",
            self._registry,
            ("namespaces", *_CONTENT),
            concerns=self._concerns,
            everything=lambda: [name_of(one) for one in self._registry.list("namespaces")],
            reconcile=self.reconcile,
        )

    def reconcile(self, name: str) -> None:
        """Take one namespace a step nearer to its end, if it is being deleted."""
        namespace = self._registry.find("namespaces", None, name)
        if namespace is not None and "deletionTimestamp" not in namespace["metadata"]:
            return
        for resource in _CONTENT:
            for obj in self._registry.list(resource, name):
                if "deletionTimestamp" not in obj["metadata"]:
                    self._registry.delete(resource, name, name_of(obj), propagation="Background")
        if namespace is None:
            return
        left = {resource: found for resource in _CONTENT if (found := self._registry.list(resource, name))}
        if left:
            self._registry.modify("namespaces", None, name, lambda fresh: _note(fresh, left))
        else:
            self._registry.modify("namespaces", None, name, _release)

    def _concerns(self, event: StoreEvent) -> Iterable[str]:
        if event.resource == "namespaces":
            yield name_of(event.object)
            return
        name = namespace_of(event.object) or ""
        namespace = self._registry.find("namespaces", None, name)
        if namespace is None or "deletionTimestamp" in namespace["metadata"]:
            yield name


def _note(namespace: Object, left: dict[str, list[Object]]) -> None:
    """Say what keeps the namespace, as the real controller does."""
    counts = [f"{resource.partition('.')[0]}. has {len(found)} resource instances" for resource, found in left.items()]
    finalizers: dict[str, int] = {}
    for found in left.values():
        for obj in found:
            for one in dig(obj, "metadata", "finalizers") or []:
                finalizers[one] = finalizers.get(one, 0) + 1
    holding = [f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())]
    status = namespace.setdefault("status", {})
    conditions = status.get("conditions") or []
    for kind, reason, message in _UNTROUBLED:
        condition = {"type": kind, "status": "False", "reason": reason, "message": message}
        conditions = set_condition(conditions, condition, now())
    for kind, reason, message in (
        ("NamespaceContentRemaining", "SomeResourcesRemain", f"Some resources are remaining: {', '.join(counts)}"),
        ("NamespaceFinalizersRemaining", "SomeFinalizersRemain", _finalizers(holding)),
    ):
        if message:
            condition = {"type": kind, "status": "True", "reason": reason, "message": message}
            conditions = set_condition(conditions, condition, now())
    for condition in conditions:
        condition.pop("lastProbeTime", None)
    status["conditions"] = conditions


def _finalizers(holding: list[str]) -> str:
    return f"Some content in the namespace has finalizers remaining: {', '.join(holding)}" if holding else ""


def _release(namespace: Object) -> None:
    kept = [one for one in dig(namespace, "spec", "finalizers") or [] if one != _FINALIZER]
    namespace["spec"] = {**(namespace.get("spec") or {}), "finalizers": kept}
    if not kept:
        namespace["spec"].pop("finalizers")
