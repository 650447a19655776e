"""Keeps claims and volumes from going while they are used: the finalizers pvc-protection and pv-protection.

Admission puts them on; what came in without them gets them here.

A claim is used by every pod that names it and is assigned to a node, whatever the pod's phase: a finished pod keeps its
claim too, which surprises people on every cluster and must surprise them here. Source:
``pkg/controller/volume/pvcprotection`` (podUsesPVC) and ``pvprotection`` (1.34).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers.binding import CLAIMS, VOLUMES
from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

CLAIM_FINALIZER: Final = "kubernetes.io/pvc-protection"
VOLUME_FINALIZER: Final = "kubernetes.io/pv-protection"

Key = tuple[str, str, str]


def pod_uses_claim(pod: Object, claim: Object) -> bool:
    """Whether a pod keeps a claim from going. Pure."""
    if not dig(pod, "spec", "nodeName") or namespace_of(pod) != namespace_of(claim):
        return False
    finished = dig(pod, "status", "phase") in ("Succeeded", "Failed")
    for volume in dig(pod, "spec", "volumes") or []:
        if dig(volume, "persistentVolumeClaim", "claimName") == name_of(claim):
            return True
        if "ephemeral" in volume and not finished and f"{name_of(pod)}-{volume['name']}" == name_of(claim):
            return True
    return False


class Protection:
    """Removes the finalizers of what is being deleted and no longer used."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def loop(self) -> Loop[Key]:
        """Return the loop that runs this controller."""
        return Loop(
            "protection",
            self._registry,
            (CLAIMS, VOLUMES, "pods"),
            concerns=self._concerns,
            everything=self._everything,
            reconcile=self.reconcile,
        )

    def reconcile(self, key: Key) -> None:
        """Let one claim or volume go, if it may."""
        resource, namespace, name = key
        obj = self._registry.find(resource, namespace or None, name)
        if obj is None:
            return
        if "deletionTimestamp" not in obj["metadata"]:
            self._protect(resource, obj, VOLUME_FINALIZER if resource == VOLUMES else CLAIM_FINALIZER)
        elif resource == VOLUMES:
            if dig(obj, "status", "phase") != "Bound":
                self._release(resource, obj, VOLUME_FINALIZER)
        elif not any(pod_uses_claim(pod, obj) for pod in self._registry.list("pods", namespace)):
            self._release(resource, obj, CLAIM_FINALIZER)

    def _protect(self, resource: str, obj: Object, finalizer: str) -> None:
        def protect(fresh: Object) -> None:
            finalizers = fresh["metadata"].setdefault("finalizers", [])
            if finalizer not in finalizers:
                finalizers.append(finalizer)

        self._registry.modify(resource, namespace_of(obj), name_of(obj), protect)

    def _release(self, resource: str, obj: Object, finalizer: str) -> None:
        def release(fresh: Object) -> None:
            kept = [one for one in fresh["metadata"].get("finalizers") or [] if one != finalizer]
            if kept:
                fresh["metadata"]["finalizers"] = kept
            else:
                fresh["metadata"].pop("finalizers", None)

        self._registry.modify(resource, namespace_of(obj), name_of(obj), release)

    def _concerns(self, event: StoreEvent) -> Iterable[Key]:
        obj = event.object
        if event.resource != "pods":
            yield (event.resource, namespace_of(obj) or "", name_of(obj))
        elif event.type == "DELETED":
            for volume in dig(obj, "spec", "volumes") or []:
                name = dig(volume, "persistentVolumeClaim", "claimName") or f"{name_of(obj)}-{volume['name']}"
                yield (CLAIMS, namespace_of(obj) or "", name)

    def _everything(self) -> Iterable[Key]:
        for resource in (CLAIMS, VOLUMES):
            for obj in self._registry.list(resource):
                yield (resource, namespace_of(obj) or "", name_of(obj))
