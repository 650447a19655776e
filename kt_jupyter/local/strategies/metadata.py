"""What is true of every object's metadata.

Source: ``k8s.io/apimachinery/pkg/api/validation/objectmeta.go`` (1.34).
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.fields import Problem, forbidden, invalid, required, too_long
from kt_jupyter.local.objects import Object
from kt_jupyter.local.strategies import names

_ANNOTATION_BYTES: Final = 256 * 1024
_OWN_FINALIZERS: Final = frozenset(("kubernetes", "orphan", "foregroundDeletion"))
# Empty is as good as absent here, and the real server writes it so.
_OMITTED: Final = ("labels", "annotations", "finalizers", "ownerReferences")


def tidy(obj: Object) -> None:
    """Leave out what is empty."""
    meta = obj["metadata"]
    for key in _OMITTED:
        if key in meta and not meta[key]:
            del meta[key]


def problems(obj: Object, check: names.Check) -> list[Problem]:
    """Return what is wrong with a new object's metadata."""
    meta = obj["metadata"]
    name, prefix = meta.get("name") or "", meta.get("generateName") or ""
    found: list[Problem] = []
    if prefix:
        # A name will follow, so a hyphen may stand at the end.
        found += [invalid("metadata.generateName", prefix, why) for why in check(_masked(prefix))]
    if name:
        found += names.wrong("metadata.name", name, check)
    else:
        found.append(required("metadata.name", "name or generateName is required"))
    return found + _common(meta)


def changes(obj: Object, old: Object) -> list[Problem]:
    """Return what is wrong with a changed object's metadata."""
    meta, held = obj["metadata"], old["metadata"]
    found = _common(meta)
    if "deletionTimestamp" in held:
        fresh = [one for one in meta.get("finalizers") or () if one not in (held.get("finalizers") or ())]
        if fresh:
            shown = ", ".join(f'"{one}"' for one in fresh)
            why = "no new finalizers can be added if the object is being deleted, found new finalizers"
            # Twice: the real server checks before and within the kind's own rules.
            found += [forbidden("metadata.finalizers", f"{why} []string{{{shown}}}")] * 2
    return found


def _masked(prefix: str) -> str:
    return f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix


def _common(meta: Object) -> list[Problem]:
    found = names.labels("metadata.labels", meta.get("labels"))
    found += _annotations(meta.get("annotations") or {})
    found += _owners(meta.get("ownerReferences") or [])
    for place, finalizer in enumerate(meta.get("finalizers") or ()):
        found += _finalizer(f"metadata.finalizers[{place}]", finalizer)
    return found


def _annotations(annotations: dict[str, str]) -> list[Problem]:
    field = "metadata.annotations"
    found = [invalid(field, key, why) for key in sorted(annotations) for why in names.qualified(key.lower())]
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _ANNOTATION_BYTES:
        found.append(too_long(field, _ANNOTATION_BYTES))
    return found


def _finalizer(field: str, text: str) -> list[Problem]:
    found = names.wrong(field, text, names.qualified)
    if "/" not in text and text not in _OWN_FINALIZERS:
        found.append(invalid(field, text, "name is neither a standard finalizer name nor is it fully qualified"))
    return found


def _owners(owners: list[Object]) -> list[Problem]:
    found, field = [], "metadata.ownerReferences"
    for owner in owners:
        if not owner.get("apiVersion"):
            found.append(invalid(f"{field}.apiVersion", "", "version must not be empty"))
        missing = [key for key in ("kind", "name", "uid") if not owner.get(key)]
        found += [invalid(f"{field}.{key}", "", "must not be empty") for key in missing]
    controllers = [f"{owner.get('kind')}/{owner.get('name')}" for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        why = 'Only one reference can have Controller set to true. Found "true" in references for'
        found.append(invalid(field, owners, f"{why} {controllers[0]} and {controllers[1]}"))
    return found
