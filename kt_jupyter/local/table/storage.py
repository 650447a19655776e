"""Claims, volumes and classes as ``kubectl get`` shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, name_of
from kt_jupyter.local.table.column import UNSET

_MODES: Final = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_LEGACY_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_DEFAULT: Final = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def short_modes(modes: list[str] | None) -> str:
    """Write access modes as kubectl does: abbreviated, each once, in a fixed order."""
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))


def _phase(obj: Object) -> str:
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else str(dig(obj, "status", "phase") or "")


def _text(*path: str, default: str = "") -> Callable[[Object], str]:
    return lambda obj: str(dig(obj, *path) or default)


def _class(obj: Object) -> str:
    # The annotation from before storageClassName existed still wins where somebody set it.
    legacy = (obj["metadata"].get("annotations") or {}).get(_LEGACY_CLASS)
    return str(legacy or dig(obj, "spec", "storageClassName") or "")


def _of_bound(cell: Callable[[Object], str]) -> Callable[[Object], str]:
    """What a claim has only once it has a volume."""
    return lambda claim: cell(claim) if dig(claim, "spec", "volumeName") else ""


def _claimed_by(volume: Object) -> str:
    claim = dig(volume, "spec", "claimRef")
    return f"{claim.get('namespace', '')}/{claim['name']}" if claim else ""


def class_name(storage_class: Object) -> str:
    """Return a class's name, with a mark behind that of the default."""
    annotations = storage_class["metadata"].get("annotations") or {}
    default = any(annotations.get(key) == "true" for key in _DEFAULT)
    return f"{name_of(storage_class)} (default)" if default else name_of(storage_class)


CLAIM: Final[tuple[Callable[[Object], Any], ...]] = (
    _phase,
    _text("spec", "volumeName"),
    _of_bound(_text("status", "capacity", "storage")),
    _of_bound(lambda claim: short_modes(dig(claim, "status", "accessModes"))),
    _class,
    _text("spec", "volumeAttributesClassName", default=UNSET),
    _text("spec", "volumeMode", default=UNSET),
)
VOLUME: Final[tuple[Callable[[Object], Any], ...]] = (
    _text("spec", "capacity", "storage"),
    lambda volume: short_modes(dig(volume, "spec", "accessModes")),
    _text("spec", "persistentVolumeReclaimPolicy"),
    _phase,
    _claimed_by,
    _class,
    _text("spec", "volumeAttributesClassName", default=UNSET),
    _text("status", "reason"),
    _text("spec", "volumeMode", default=UNSET),
)
CLASS: Final[tuple[Callable[[Object], Any], ...]] = (
    _text("provisioner"),
    _text("reclaimPolicy", default="Delete"),
    _text("volumeBindingMode", default="Immediate"),
    lambda storage_class: bool(storage_class.get("allowVolumeExpansion")),
)
