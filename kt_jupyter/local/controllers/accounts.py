"""Gives every namespace what pods in it rely on: the service account ``default`` and the cluster's certificate.

Source: ``pkg/controller/serviceaccount`` and ``pkg/controller/certificates/rootcacertpublisher`` (1.34). Both put back
what somebody deletes; the certificate is put right when somebody changes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, name_of, namespace_of

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

_ACCOUNT: Final = "default"
_BUNDLE: Final = "kube-root-ca.crt"
_DESCRIPTION: Final = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


class Accounts:
    """Keeps the account and the certificate in every namespace that lives."""

    def __init__(self, registry: Registry, certificate: str) -> None:
        self._registry = registry
        self._certificate = certificate

    def loop(self) -> Loop[str]:
        """Return the loop that runs this controller."""
        return Loop(
            "account-controller",
            self._registry,
            ("namespaces", "serviceaccounts", "configmaps"),
            concerns=self._concerns,
            everything=lambda: [name_of(one) for one in self._registry.list("namespaces")],
            reconcile=self.reconcile,
        )

    def reconcile(self, name: str) -> None:
        """Make what one namespace lacks."""
        namespace = self._registry.find("namespaces", None, name)
        if namespace is None or "deletionTimestamp" in namespace["metadata"]:
            return
        if self._registry.find("serviceaccounts", name, _ACCOUNT) is None:
            self._registry.create("serviceaccounts", _named(name, _ACCOUNT))
        bundle = self._registry.find("configmaps", name, _BUNDLE)
        if bundle is None:
            fresh = _named(name, _BUNDLE)
            fresh["metadata"]["annotations"] = {"kubernetes.io/description": _DESCRIPTION}
            self._registry.create("configmaps", fresh | {"data": {"ca.crt": self._certificate}})
        elif (bundle.get("data") or {}).get("ca.crt") != self._certificate:
            self._registry.modify("configmaps", name, _BUNDLE, self._put_right)

    def _put_right(self, bundle: Object) -> None:
        bundle["data"] = {"ca.crt": self._certificate}

    @staticmethod
    def _concerns(event: StoreEvent) -> Iterable[str]:
        if event.resource == "namespaces":
            return (name_of(event.object),)
        ours = name_of(event.object) in (_ACCOUNT, _BUNDLE)
        return (namespace_of(event.object) or "",) if ours else ()


def _named(namespace: str, name: str) -> Object:
    return {"metadata": {"name": name, "namespace": namespace}}
