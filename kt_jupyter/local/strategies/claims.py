"""PersistentVolumeClaims: defaults, what they must say, and what may still change.

Source: ``pkg/apis/core/v1/defaults.go``, ``ValidatePersistentVolumeClaimSpec`` and ``…Update`` in
``pkg/apis/core/validation/validation.go``, the admission plugins ``storage/persistentvolume`` and
``storage/storageclass`` (1.34).
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.fields import Problem, forbidden, invalid, not_supported, required
from kt_jupyter.local.objects import Object, clone, dig, name_of
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.base import Strategy

MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
LEGACY_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_PROTECTION: Final = "kubernetes.io/pvc-protection"
_KIND: Final = "PersistentVolumeClaim"
_DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_IMMUTABLE: Final = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)
_NO_RESIZE: Final = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


class Claims(Strategy):
    """The rules of claims."""

    twice = True

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        spec = change.obj.setdefault("spec", {})
        spec.setdefault("volumeMode", "Filesystem")
        spec.setdefault("resources", {})
        _mirror_data_source(spec)
        if change.old is None:
            change.obj["status"] = {"phase": "Pending"}
        for condition in dig(change.obj, "status", "conditions") or ():
            condition.setdefault("lastProbeTime", None)
            condition.setdefault("lastTransitionTime", None)

    def admit(self, change: Change) -> None:
        """Protect a new claim, and give it the default class where it names none."""
        if change.old is not None:
            return
        obj = change.obj
        finalizers = obj["metadata"].setdefault("finalizers", [])
        if _PROTECTION not in finalizers:
            finalizers.append(_PROTECTION)
        if "storageClassName" in obj["spec"] or LEGACY_CLASS in (obj["metadata"].get("annotations") or {}):
            return
        found = default_class(change.registry.list("storageclasses.storage.k8s.io"))
        if found:
            obj["spec"]["storageClassName"] = found

    def prepare(self, change: Change) -> None:
        """A claim begins Pending, whatever its sender says."""
        if change.old is None:
            change.obj["status"] = {"phase": "Pending"}

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the claim itself."""
        spec = change.obj["spec"]
        found = _modes(spec.get("accessModes") or [])
        found += values.selector("spec.selector", spec.get("selector"))
        found += _size(spec)
        if spec.get("storageClassName"):
            found += names.wrong("spec.storageClassName", spec["storageClassName"], names.subdomain)
        if spec.get("volumeMode") not in ("Block", "Filesystem"):
            found.append(not_supported("spec.volumeMode", spec["volumeMode"], ["Block", "Filesystem"]))
        return found + _data_sources(spec)

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what may not become of the old claim."""
        obj = change.obj
        if change.subresource == "status":
            return _capacity(obj)
        fresh, held = clone(obj["spec"]), clone(old["spec"])
        bound = dig(old, "status", "phase") == "Bound"
        if not held.get("volumeName"):
            held["volumeName"] = fresh.get("volumeName")  # may be named once
        sizes = _requests(fresh), _requests(held)
        if bound:
            for spec in (fresh, held):
                spec.get("resources", {}).pop("requests", None)
                spec.pop("volumeAttributesClassName", None)
        found: list[Problem] = []
        if _without_nothing(fresh) != _without_nothing(held):
            found.append(forbidden("spec", f"{_IMMUTABLE}\n@@ the difference @@\n"))
        if bound or _requested(fresh) != _requested(held):
            found += _shrunk(old, *sizes)
        return found + values.unchanged("volumeMode", obj["spec"].get("volumeMode"), old["spec"].get("volumeMode"))

    def warn(self, change: Change) -> None:
        """Add what kubectl shows about claims that work, but not as meant."""
        warnings = change.call.warnings
        if LEGACY_CLASS in (change.obj["metadata"].get("annotations") or {}):
            use = 'deprecated since v1.8; use "storageClassName" attribute instead'
            warnings.append(f"metadata.annotations[{LEGACY_CLASS}]: {use}")
        size = _requests(change.obj["spec"])
        if size is not None and values.amount(size).value.denominator != 1:
            what = f'fractional byte value "{size}" is invalid, must be an integer'
            warnings.append(f"spec.resources.requests[storage]: {what}")

    def check(self, change: Change) -> None:
        """Refuse to grow what its class doesn't let grow."""
        obj, old = change.obj, change.old
        if old is None or dig(old, "status", "phase") != "Bound" or change.subresource:
            return
        if values.amount(_requests(obj["spec"])) <= values.amount(_requests(old["spec"])):
            return
        name = dig(obj, "spec", "storageClassName")
        found = change.registry.find("storageclasses.storage.k8s.io", None, name) if name else None
        if not (found or {}).get("allowVolumeExpansion"):
            raise status.forbidden(change.resource, name_of(obj), _NO_RESIZE)


def default_class(classes: list[Object]) -> str | None:
    """Return the name of the default class: the newest of those marked, then the first by name."""

    def marked(storage_class: Object) -> bool:
        annotations = storage_class["metadata"].get("annotations") or {}
        return any(annotations.get(key) == "true" for key in _DEFAULT_CLASS)

    found = sorted((one for one in classes if marked(one)), key=name_of)
    found.sort(key=lambda one: str(one["metadata"]["creationTimestamp"]), reverse=True)
    return name_of(found[0]) if found else None


def _mirror_data_source(spec: Object) -> None:
    """The two ways to say what a volume is made from mean the same, and each is filled in from the other.

    What nothing can be made from is dropped without a word, in the old field.
    """
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and not source.get("apiGroup") and source.get("kind") not in (None, "", _KIND):
        del spec["dataSource"]
        source = None
    if source is not None and reference is None:
        spec["dataSourceRef"] = {"apiGroup": source.get("apiGroup"), **source}
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = {key: reference.get(key) for key in ("apiGroup", "kind", "name")}
    for key in ("dataSource", "dataSourceRef"):
        if isinstance(spec.get(key), dict):
            spec[key].setdefault("apiGroup", None)


def _modes(modes: list[str]) -> list[Problem]:
    if not modes:
        return [required("spec.accessModes", "at least 1 access mode is required")]
    found = [not_supported("spec.accessModes", mode, list(MODES)) for mode in modes if mode not in MODES]
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        found.append(forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes"))
    return found


def _requests(spec: Object) -> str | None:
    size: str | None = dig(spec, "resources", "requests", "storage")
    return size


def _size(spec: Object) -> list[Problem]:
    size, field = _requests(spec), "spec.resources[storage]"
    if size is None:
        return [required(field)]
    return [] if values.amount(size).value > 0 else [invalid(field, size, "must be greater than zero")]


def _data_sources(spec: Object) -> list[Problem]:
    found = []
    for key in ("dataSource", "dataSourceRef"):
        source = spec.get(key)
        if source is None:
            continue
        found += [required(f"spec.{key}.{part}") for part in ("name", "kind") if not source.get(part)]
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if (
        source is not None
        and reference is not None
        and any(source.get(key) != reference.get(key) for key in ("kind", "name"))
    ):
        found.append(invalid("spec", {}, "must match dataSourceRef"))
    return found


def _capacity(claim: Object) -> list[Problem]:
    return [
        invalid(f"status.capacity[{key}]", _number(size), "must be a valid resource quantity")
        for key, size in (dig(claim, "status", "capacity") or {}).items()
        if values.amount(size).value < 0
    ]


def _number(size: str) -> Any:
    value = values.amount(size).value
    return int(value) if value.denominator == 1 else size


def _requested(spec: Object) -> Any:
    size = _requests(spec)
    return None if size is None else values.amount(size)


def _shrunk(old: Object, fresh: str | None, held: str | None) -> list[Problem]:
    """A claim may ask for less than before only while that is more than it has."""
    field, why = "spec.resources.requests.storage", "field can not be less than status.capacity"
    wanted, asked = values.amount(fresh), values.amount(held)
    has = values.amount(dig(old, "status", "capacity", "storage"))
    return [forbidden(field, why)] if wanted < asked and (wanted <= has or not has.value) else []


def _without_nothing(value: Any) -> Any:
    """Absent, null and empty are the same to the comparison."""
    if isinstance(value, dict):
        kept = {key: _without_nothing(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [], "")}
    return value
