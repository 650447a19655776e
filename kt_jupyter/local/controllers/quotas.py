"""Keeps what is used in every resource quota's status."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from kt_jupyter.local.admission import quota
from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent


class Quotas:
    """Counts anew in a namespace that has quotas, whenever something in it changes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def loop(self) -> Loop[str]:
        """Return the loop that runs this controller."""
        return Loop(
            "quota-controller",
            self._registry,
            quota.COUNTED,
            concerns=self._concerns,
            everything=lambda: {namespace_of(one) or "" for one in self._registry.list("resourcequotas")},
            reconcile=self.reconcile,
        )

    def reconcile(self, namespace: str) -> None:
        """Write what is used of each quota of one namespace."""
        for one in self._registry.list("resourcequotas", namespace):
            state = {"hard": dict(dig(one, "spec", "hard") or {}), "used": quota.usage(self._registry, one)}
            if state["hard"]:
                self._registry.modify("resourcequotas", namespace, name_of(one), partial(_write, state))

    def _concerns(self, event: StoreEvent) -> Iterable[str]:
        namespace = namespace_of(event.object) or ""
        return (namespace,) if self._registry.list("resourcequotas", namespace) else ()


def _write(state: Object, fresh: Object) -> None:
    fresh["status"] = state
