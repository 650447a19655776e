"""The scheduler: gives each pod a node, or says why there is none. Component default-scheduler.

For claims that wait for their first consumer it first chooses the node, writes it on the claim, and comes back when the
claim is bound; nothing of the choice is kept in memory, so it survives a restart. Source: ``pkg/scheduler`` (1.34).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers import claims, fit
from kt_jupyter.local.controllers.binding import CLAIMS, CLASSES, VOLUMES, claim_reference
from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of, now
from kt_jupyter.local.pods.state import set_condition

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

COMPONENT: Final = "default-scheduler"
_GATED: Final = "Scheduling is blocked due to non-empty scheduling gates"

Key = tuple[str, str]  # (namespace, name)


class Unschedulable(Exception):  # noqa: N818  (it becomes the pod's condition)
    """The pod has no node now."""


class Scheduler:
    """Assigns pods to nodes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def loop(self) -> Loop[Key]:
        """Return the loop that runs this controller."""
        return Loop(
            COMPONENT,
            self._registry,
            ("pods", "nodes", CLAIMS, VOLUMES, CLASSES),
            concerns=self._concerns,
            everything=self._unscheduled,
            reconcile=self.reconcile,
        )

    def reconcile(self, key: Key) -> None:
        """Try to give one pod a node."""
        pod = self._registry.find("pods", *key)
        if pod is None or not _wants_node(pod):
            return
        if dig(pod, "spec", "schedulingGates"):
            self._condition(pod, "SchedulingGated", _GATED)
            return
        nodes = self._registry.list("nodes")
        try:
            node = self._node_for(pod, nodes)
        except Unschedulable as problem:
            self._refuse(pod, str(problem))
        else:
            if node is not None:
                self._assign(pod, node)

    def _concerns(self, event: StoreEvent) -> Iterable[Key]:
        pod = event.object
        if event.resource != "pods":
            yield from self._unscheduled()
        elif event.type != "DELETED" and _wants_node(pod):
            if event.type == "ADDED" or dig(event.previous, "spec") != pod["spec"]:
                yield (namespace_of(pod) or "", name_of(pod))
        elif event.type == "DELETED" or (fit.finished(pod) and not fit.finished(event.previous or {})):
            yield from self._unscheduled()  # there is more room now

    def _unscheduled(self) -> Iterable[Key]:
        for pod in self._registry.list("pods"):
            if _wants_node(pod):
                yield (namespace_of(pod) or "", name_of(pod))

    def _node_for(self, pod: Object, nodes: list[Object]) -> str | None:
        """Return the node; None while a claim is being bound for it.

        Raises:
            Unschedulable: no node can take the pod.
        """
        bound, waiting = self._claims(pod, len(nodes))
        situation = fit.Situation(
            pods=[one for one in self._registry.list("pods") if dig(one, "spec", "nodeName")],
            volumes=[
                volume
                for claim in bound
                if (volume := self._registry.find(VOLUMES, None, claim["spec"]["volumeName"])) is not None
            ],
        )
        situation.taken_once = {name for name in self._once_only(bound + waiting) if _used(name, pod, situation.pods)}
        situation.unprovisionable = any(not self._can_be_made(claim, nodes) for claim in waiting)
        decided = {(dig(claim, "metadata", "annotations") or {}).get(claims.SELECTED_NODE) for claim in waiting}
        decided.discard(None)
        if len(decided) == 1:  # the provisioner works for that node already
            nodes = [node for node in nodes if name_of(node) in decided] or nodes
        node, why = fit.choose(pod, nodes, situation)
        if node is None:
            raise Unschedulable(why)
        for claim in waiting:
            self._select(claim, next(one for one in nodes if name_of(one) == node))
        return None if waiting else node

    def _claims(self, pod: Object, nodes: int) -> tuple[list[Object], list[Object]]:
        """Return the pod's claims that are bound, and those that wait for it."""
        bound, waiting = [], []
        classes = {name_of(one): one for one in self._registry.list(CLASSES)}
        for name in _claim_names(pod):
            claim = self._registry.find(CLAIMS, namespace_of(pod), name)
            problem = _claim_problem(claim, name)
            if problem or claim is None:
                raise Unschedulable(fit.refused_before_any_node(nodes, problem or ""))
            if claims.BIND_COMPLETED in (dig(claim, "metadata", "annotations") or {}):
                bound.append(claim)
            elif claims.waits_for_consumer(claim, classes) and not dig(claim, "spec", "volumeName"):
                waiting.append(claim)
            else:
                problem = "pod has unbound immediate PersistentVolumeClaims"
                raise Unschedulable(fit.refused_before_any_node(nodes, problem))
        return bound, waiting

    @staticmethod
    def _once_only(found: list[Object]) -> list[str]:
        return [name_of(one) for one in found if "ReadWriteOncePod" in (dig(one, "spec", "accessModes") or [])]

    def _can_be_made(self, claim: Object, nodes: list[Object]) -> bool:
        storage_class = self._registry.find(CLASSES, None, claims.class_of(claim))
        provisioner = (storage_class or {}).get("provisioner")
        if provisioner not in (None, "kubernetes.io/no-provisioner"):
            return True
        return any(self._free_volume(claim, node) for node in nodes)

    def _free_volume(self, claim: Object, node: Object) -> Object | None:
        return claims.best_match(claim, [one for one in self._registry.list(VOLUMES) if fit.volume_fits(one, node)])

    def _select(self, claim: Object, node: Object) -> None:
        """Say where the claim's volume is wanted: on a free volume that fits, else to the provisioner."""
        volume = self._free_volume(claim, node)
        if volume is not None:

            def reserve(fresh: Object) -> None:
                if not fresh["spec"].get("claimRef"):
                    fresh["metadata"].setdefault("annotations", {})[claims.BOUND_BY_CONTROLLER] = "yes"
                    fresh["spec"]["claimRef"] = claim_reference(claim)

            self._registry.modify(VOLUMES, None, name_of(volume), reserve)
            return

        def select(fresh: Object) -> None:
            fresh["metadata"].setdefault("annotations", {}).setdefault(claims.SELECTED_NODE, name_of(node))

        self._registry.modify(CLAIMS, namespace_of(claim), name_of(claim), select)

    def _assign(self, pod: Object, node: str) -> None:
        def assign(fresh: Object) -> None:
            fresh["spec"]["nodeName"] = node
            status = fresh.setdefault("status", {})
            condition = {"type": "PodScheduled", "status": "True", **_observed(fresh)}
            status["conditions"] = set_condition(status.get("conditions") or [], condition, now())

        assigned = self._registry.modify("pods", namespace_of(pod), name_of(pod), assign)
        message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {node}"
        self._event(assigned or pod, "Scheduled", message)

    def _refuse(self, pod: Object, message: str) -> None:
        if self._condition(pod, "Unschedulable", message):
            self._event(pod, "FailedScheduling", message, warning=True)

    def _condition(self, pod: Object, reason: str, message: str) -> bool:
        """Note on the pod why it has no node; return whether that is news."""
        present: Object = next(
            (one for one in dig(pod, "status", "conditions") or [] if one["type"] == "PodScheduled"), {}
        )
        if present.get("message") == message:
            return False

        def refuse(fresh: Object) -> None:
            status = fresh.setdefault("status", {})
            condition = {
                "type": "PodScheduled", "status": "False", "reason": reason, "message": message, **_observed(fresh)
            }  # fmt: skip
            status["conditions"] = set_condition(status.get("conditions") or [], condition, now())

        self._registry.modify("pods", namespace_of(pod), name_of(pod), refuse)
        return True

    def _event(self, pod: Object, reason: str, message: str, *, warning: bool = False) -> None:
        kind = "Warning" if warning else "Normal"
        self._registry.record_event(pod, type=kind, reason=reason, message=message, component=COMPONENT)


def _wants_node(pod: Object) -> bool:
    return (
        not dig(pod, "spec", "nodeName")
        and "deletionTimestamp" not in pod["metadata"]
        and dig(pod, "spec", "schedulerName") in (None, "", COMPONENT)
        and not fit.finished(pod)
    )


def _claim_names(pod: Object) -> list[str]:
    names = []
    for volume in dig(pod, "spec", "volumes") or []:
        if "persistentVolumeClaim" in volume:
            names.append(volume["persistentVolumeClaim"]["claimName"])
        elif "ephemeral" in volume:
            names.append(f"{name_of(pod)}-{volume['name']}")
    return list(dict.fromkeys(names))


def _claim_problem(claim: Object | None, name: str) -> str | None:
    if claim is None:
        return f'persistentvolumeclaim "{name}" not found'
    if dig(claim, "status", "phase") == "Lost":
        volume = dig(claim, "spec", "volumeName")
        return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
    if "deletionTimestamp" in claim["metadata"]:
        return f'persistentvolumeclaim "{name}" is being deleted'
    return None


def _used(claim: str, pod: Object, pods: list[Object]) -> bool:
    return any(
        namespace_of(one) == namespace_of(pod) and claim in _claim_names(one) and not fit.finished(one) for one in pods
    )


def _observed(pod: Object) -> Object:
    generation = dig(pod, "metadata", "generation")
    return {"observedGeneration": generation} if generation else {}
