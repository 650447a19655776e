"""PersistentVolumes and StorageClasses.

Source: ``ValidatePersistentVolume`` in ``pkg/apis/core/validation/validation.go``, ``pkg/apis/storage/validation``
(1.34).
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.fields import Problem, forbidden, invalid, not_supported, required
from kt_jupyter.local.objects import Object, dig, now
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.base import Strategy
from kt_jupyter.local.strategies.claims import MODES

_PROTECTION: Final = "kubernetes.io/pv-protection"
_PLAIN: Final = frozenset(
    (
        "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy",
        "storageClassName", "volumeAttributesClassName", "volumeMode",
    )
)  # fmt: skip


class Volumes(Strategy):
    """The rules of volumes."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        spec = change.obj.setdefault("spec", {})
        spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
        spec.setdefault("volumeMode", "Filesystem")
        if "hostPath" in spec:
            spec["hostPath"].setdefault("type", "")
        if spec.get("claimRef"):
            spec["claimRef"].setdefault("kind", "PersistentVolumeClaim")
            spec["claimRef"].setdefault("apiVersion", "v1")

    def admit(self, change: Change) -> None:
        """Protect a new volume."""
        if change.old is None:
            finalizers = change.obj["metadata"].setdefault("finalizers", [])
            if _PROTECTION not in finalizers:
                finalizers.append(_PROTECTION)

    def prepare(self, change: Change) -> None:
        """A volume begins Pending, whatever its sender says."""
        if change.old is None:
            change.obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": now()}

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the volume itself."""
        spec = change.obj["spec"]
        modes, capacity = spec.get("accessModes") or [], spec.get("capacity") or {}
        found = [] if modes else [required("spec.accessModes")]
        found += [not_supported("spec.accessModes", mode, list(MODES)) for mode in modes if mode not in MODES]
        if not capacity:
            found.append(required("spec.capacity"))
        if list(capacity) != ["storage"]:
            found.append(not_supported("spec.capacity", spec.get("capacity"), ["storage"]))
        for key, size in capacity.items():
            if values.amount(size).value <= 0:
                found.append(invalid(f"spec.capacity[{key}]", size, "must be greater than zero"))
        if spec.get("persistentVolumeReclaimPolicy") not in ("Delete", "Recycle", "Retain"):
            policy = spec["persistentVolumeReclaimPolicy"]
            found.append(not_supported("spec.persistentVolumeReclaimPolicy", policy, ["Delete", "Recycle", "Retain"]))
        return found + _source(spec)

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Where a volume lies is settled for good."""
        if change.subresource == "status" or _sources(change.obj["spec"]) == _sources(old["spec"]):
            return []
        field = "spec.persistentvolumesource"
        return [forbidden(field, f"{field} is immutable after creation\n@@ the difference @@\n")]


class Classes(Strategy):
    """The rules of storage classes."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        change.obj.setdefault("reclaimPolicy", "Delete")
        change.obj.setdefault("volumeBindingMode", "Immediate")

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the class itself."""
        obj = change.obj
        provisioner = obj.get("provisioner") or ""
        found = [] if provisioner else [required("provisioner")]
        if provisioner:
            found += names.wrong("provisioner", provisioner.lower(), names.qualified)
        found += values.one_of("reclaimPolicy", obj["reclaimPolicy"], ("Delete", "Retain"))
        return found + values.one_of(
            "volumeBindingMode", obj["volumeBindingMode"], ("Immediate", "WaitForFirstConsumer")
        )

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what may not change: nearly everything."""
        obj, fixed = change.obj, ("parameters", "provisioner", "reclaimPolicy")
        touched = [key for key in fixed if (obj.get(key) or None) != (old.get(key) or None)]
        found = [forbidden(key, f"updates to {key} are forbidden.") for key in touched]
        return found + values.unchanged("volumeBindingMode", obj["volumeBindingMode"], old["volumeBindingMode"])


def _sources(spec: Object) -> Object:
    return {key: value for key, value in spec.items() if key not in _PLAIN}


def _source(spec: Object) -> list[Problem]:
    kinds = list(_sources(spec))
    found = [forbidden(f"spec.{other}", "may not specify more than 1 volume type") for other in kinds[1:]]
    if not kinds:
        found.append(required("spec", "must specify a volume type"))
    if dig(spec, "hostPath", "path") == "/" and spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        found.append(
            forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")
        )
    return found
