"""Gives a pod its service account, and a token of it, as the admission plugin ``serviceaccount`` does (1.34)."""

from __future__ import annotations

import random
from typing import Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, name_of, namespace_of
from kt_jupyter.local.rules import Change

_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_SECONDS: Final = 3607
_MODE: Final = 0o644
_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


def admit(change: Change) -> None:
    """Name the account of a new pod and mount its token; refuse (403) an account that is not there."""
    obj, namespace = change.obj, namespace_of(change.obj)
    spec = obj["spec"]
    name = spec.get("serviceAccountName") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = change.registry.find("serviceaccounts", namespace, name)
    if account is None:
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise status.forbidden(change.resource, name_of(obj), why)
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        _mount_token(spec)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = list(account["imagePullSecrets"])


def _mount_token(spec: Object) -> None:
    name = "kube-api-access-" + "".join(random.choices(_LETTERS, k=5))  # noqa: S311  (a name, not a secret)
    wanting = [
        container
        for key in ("initContainers", "containers")
        for container in spec.get(key) or ()
        if all(mount.get("mountPath") != _PATH for mount in container.get("volumeMounts") or ())
    ]
    for container in wanting:
        container.setdefault("volumeMounts", []).append({"name": name, "readOnly": True, "mountPath": _PATH})
    if wanting:
        spec.setdefault("volumes", []).append(_volume(name))


def _volume(name: str) -> dict[str, Any]:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": _SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": _MODE}}
