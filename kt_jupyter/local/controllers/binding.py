"""The volume controller: binds claims, marks volumes, and follows expansions. Component persistentvolume-controller.

``claims.decide`` decides; this carries it out, in an order that survives being killed at any point: first the volume
says whose it is, then the claim says which volume it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers import claims
from kt_jupyter.local.controllers.claims import Bind, Lose, Provision, Say, UseClass
from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of, now

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

COMPONENT: Final = "persistentvolume-controller"
CLAIMS: Final = "persistentvolumeclaims"
VOLUMES: Final = "persistentvolumes"
CLASSES: Final = "storageclasses.storage.k8s.io"

Key = tuple[str, str, str]  # (resource, namespace or "", name)


class Binder:
    """Reconciles claims and volumes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._open: set[str] = set()  # volumes that are no claim's; among thousands of bound ones they are few
        self._meant: dict[str, str] = {}  # claim uid → the volume that names it
        self._said: dict[str, Say] = {}  # by claim uid: an event is written when the reason changes, not at each look

    def loop(self) -> Loop[Key]:
        """Return the loop that runs this controller."""
        return Loop(
            COMPONENT,
            self._registry,
            (CLAIMS, VOLUMES, CLASSES),
            concerns=self._concerns,
            everything=self._everything,
            reconcile=self.reconcile,
        )

    def reconcile(self, key: Key) -> None:
        """Look at one claim or volume."""
        resource, namespace, name = key
        obj = self._registry.find(resource, namespace or None, name)
        if obj is None:
            return
        if resource == CLAIMS:
            self._reconcile_claim(obj)
        else:
            self._reconcile_volume(obj)

    def _everything(self) -> Iterable[Key]:
        for volume in self._registry.list(VOLUMES):
            self._note(volume)
        for resource in (VOLUMES, CLAIMS):
            for obj in self._registry.list(resource):
                yield (resource, namespace_of(obj) or "", name_of(obj))

    def _note(self, volume: Object, *, gone: bool = False) -> None:
        """Remember whose a volume is, so that a claim need not be held against every one."""
        uid, name = dig(volume, "spec", "claimRef", "uid"), name_of(volume)
        if gone or uid:
            self._open.discard(name)
        else:
            self._open.add(name)
        if uid:
            self._meant[uid] = name

    def _concerns(self, event: StoreEvent) -> Iterable[Key]:
        obj = event.object
        if event.resource == CLAIMS:
            if event.type == "DELETED":
                self._said.pop(str(dig(obj, "metadata", "uid")), None)
                self._meant.pop(str(dig(obj, "metadata", "uid")), None)
            yield (CLAIMS, namespace_of(obj) or "", name_of(obj))
            volume = dig(obj, "spec", "volumeName")
            if volume:
                yield (VOLUMES, "", volume)
        elif event.resource == VOLUMES:
            self._note(obj, gone=event.type == "DELETED")
            yield (VOLUMES, "", name_of(obj))
            reference = dig(obj, "spec", "claimRef")
            if reference:
                yield (CLAIMS, reference.get("namespace") or "", reference["name"])
            elif event.type != "DELETED":
                yield from self._pending_claims()
        elif event.resource == CLASSES:
            yield from self._pending_claims()

    def _pending_claims(self) -> Iterable[Key]:
        for claim in self._registry.list(CLAIMS):
            if dig(claim, "status", "phase") == "Pending":
                yield (CLAIMS, namespace_of(claim) or "", name_of(claim))

    # Claims

    def _reconcile_claim(self, claim: Object) -> None:
        if "deletionTimestamp" in claim["metadata"] and claims.BIND_COMPLETED not in _annotations(claim):
            return
        volumes = self._candidates(claim)
        classes = {name_of(one): one for one in self._registry.list(CLASSES)}
        decision = claims.decide(claim, volumes, classes, self._waiting_pods(claim))
        if isinstance(decision, Say):
            self._say(claim, decision)
        elif isinstance(decision, Bind):
            self._bind(claim, decision.volume)
        elif isinstance(decision, Provision):
            self._ask(claim, decision.provisioner)
        elif isinstance(decision, UseClass):
            name = decision.name
            self._change(claim, lambda fresh: fresh["spec"].update(storageClassName=name))
        elif isinstance(decision, Lose):
            self._lose(claim, decision)

    def _candidates(self, claim: Object) -> dict[str, Object]:
        """The volumes that matter for a claim: its own when one of both names the other, and those that are free."""
        own = dig(claim, "spec", "volumeName")
        meant = self._meant.get(str(dig(claim, "metadata", "uid")))
        names = [own] if own else [*sorted(self._open), *([meant] if meant else [])]
        found = {name: self._registry.find(VOLUMES, None, name) for name in names}
        return {name: volume for name, volume in found.items() if volume is not None}

    def _waiting_pods(self, claim: Object) -> list[str]:
        if dig(claim, "spec", "volumeName"):
            return []
        return [
            name_of(pod)
            for pod in self._registry.list("pods", namespace_of(claim))
            if not dig(pod, "spec", "nodeName")
            and any(
                dig(volume, "persistentVolumeClaim", "claimName") == name_of(claim)
                for volume in dig(pod, "spec", "volumes") or []
            )
        ]

    def _say(self, claim: Object, say: Say) -> None:
        uid = str(dig(claim, "metadata", "uid"))
        if self._said.get(uid) != say:
            self._said[uid] = say
            kind = "Warning" if say.warning else "Normal"
            self._registry.record_event(claim, type=kind, reason=say.reason, message=say.message, component=COMPONENT)

    def _ask(self, claim: Object, provisioner: str) -> None:
        if _annotations(claim).get(claims.PROVISIONER) == provisioner:
            return
        message = (
            f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the "
            "system administrator. If volume creation is delayed, please verify that the provisioner is running and "
            "correctly registered."
        )
        self._say(claim, Say("ExternalProvisioning", message))

        def ask(fresh: Object) -> None:
            annotations = fresh["metadata"].setdefault("annotations", {})
            annotations[claims.PROVISIONER_BETA] = annotations[claims.PROVISIONER] = provisioner

        self._change(claim, ask)

    def _bind(self, claim: Object, volume: Object) -> None:
        self._bind_volume(volume, claim)

        def bind(fresh: Object) -> None:
            annotations = fresh["metadata"].setdefault("annotations", {})
            if not fresh["spec"].get("volumeName"):
                fresh["spec"]["volumeName"] = name_of(volume)
                annotations[claims.BOUND_BY_CONTROLLER] = "yes"
            annotations[claims.BIND_COMPLETED] = "yes"
            status = fresh.setdefault("status", {})
            if status.get("phase") != "Bound":
                status["phase"] = "Bound"
                status["accessModes"] = volume["spec"]["accessModes"]
                status["capacity"] = volume["spec"]["capacity"]

        self._change(claim, bind)

    def _bind_volume(self, volume: Object, claim: Object) -> None:
        def bind(fresh: Object) -> None:
            reference = fresh["spec"].get("claimRef") or {}
            if not reference.get("name"):
                annotations = fresh["metadata"].setdefault("annotations", {})
                annotations[claims.BOUND_BY_CONTROLLER] = "yes"
            if reference.get("uid") != dig(claim, "metadata", "uid"):
                fresh["spec"]["claimRef"] = claim_reference(claim)
            _set_phase(fresh, "Bound")

        self._registry.modify(VOLUMES, None, name_of(volume), bind)

    def _lose(self, claim: Object, lose: Lose) -> None:
        def change(fresh: Object) -> None:
            fresh["status"] = {"phase": "Lost"}

        self._change(claim, change)
        self._registry.record_event(
            claim, type="Warning", reason=lose.reason, message=lose.message, component=COMPONENT
        )

    def _change(self, claim: Object, change: object) -> None:
        self._registry.modify(CLAIMS, namespace_of(claim), name_of(claim), change)  # type: ignore[arg-type]

    # Volumes

    def _reconcile_volume(self, volume: Object) -> None:
        phase = self._volume_phase(volume)
        if phase is not None:
            self._registry.modify(VOLUMES, None, name_of(volume), lambda fresh: _set_phase(fresh, phase))

    def _volume_phase(self, volume: Object) -> str | None:
        """Return the phase a volume should have, None to leave it."""
        reference = dig(volume, "spec", "claimRef")
        if not reference or not reference.get("uid"):
            return "Available"
        claim = self._registry.find(CLAIMS, reference.get("namespace"), reference["name"])
        if claim is None or claim["metadata"]["uid"] != reference["uid"]:
            return None if dig(volume, "status", "phase") == "Failed" else "Released"
        if dig(claim, "spec", "volumeName") == name_of(volume):
            return "Bound"
        return None


def claim_reference(claim: Object) -> Object:
    """Return what stands in ``claimRef`` of a volume."""
    return {
        "kind": "PersistentVolumeClaim",
        "namespace": namespace_of(claim),
        "name": name_of(claim),
        "uid": dig(claim, "metadata", "uid"),
        "apiVersion": "v1",
        "resourceVersion": dig(claim, "metadata", "resourceVersion"),
    }


def _set_phase(volume: Object, phase: str) -> None:
    status = volume.setdefault("status", {})
    if status.get("phase") != phase:
        status["phase"] = phase
        status["lastPhaseTransitionTime"] = now()


def _annotations(obj: Object) -> dict[str, str]:
    return dig(obj, "metadata", "annotations") or {}
