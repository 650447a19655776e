"""What deleting means: preconditions, grace, finalizers, propagation.

Source: ``k8s.io/apiserver/pkg/registry/rest/delete.go`` (BeforeDelete) and
``pkg/registry/generic/registry/store.go`` (deletionFinalizersForGarbageCollection), 1.34.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, dig, name_of, parse_time, stamp
from kt_jupyter.local.resources import ResourceType

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"
PROTECTED_NAMESPACES: Final = ("default", "kube-system", "kube-public")


@dataclass(frozen=True, slots=True)
class Options:
    """DeleteOptions, as far as they change what happens."""

    uid: str | None = None
    resource_version: str | None = None
    grace_seconds: int | None = None
    propagation: str | None = None


def check_preconditions(resource: ResourceType, obj: Object, options: Options) -> None:
    """Raise a conflict when the object is not the one that was meant."""
    meta = obj["metadata"]
    if resource.key == "namespaces" and options.uid not in (None, meta["uid"]):
        why = f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {meta['uid']}"
        raise status.conflict(resource, name_of(obj), why)
    if options.uid is not None and options.uid != meta["uid"]:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({meta['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise status.conflict(resource, name_of(obj), why, noun=resource.kind)
    if options.resource_version and options.resource_version != meta["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
            f"ResourceVersion in record ({meta['resourceVersion']}). The object might have been modified"
        )
        raise status.conflict(resource, name_of(obj), why, noun=resource.kind)


def grace_period(resource: ResourceType, obj: Object, options: Options) -> int:
    """Return for how many seconds the object is given to end: only pods that run somewhere have any."""
    if resource.key != "pods":
        return 0
    if not dig(obj, "spec", "nodeName") or dig(obj, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    seconds = options.grace_seconds
    if seconds is None:
        seconds = int(dig(obj, "spec", "terminationGracePeriodSeconds") or 0)
    return seconds if seconds >= 0 else 1


def mark(resource: ResourceType, obj: Object, options: Options) -> bool:
    """Note on ``obj`` that it is being deleted; return whether it may go at once."""
    meta = obj["metadata"]
    if resource.key == "namespaces":
        return _mark_namespace(obj)
    _set_finalizers(resource, meta, options.propagation)
    grace = grace_period(resource, obj, options)
    if "deletionTimestamp" not in meta:
        meta["deletionTimestamp"] = stamp(_now() + dt.timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
        if "generation" in meta:
            meta["generation"] += 1
    elif options.grace_seconds is not None or grace == 0:
        _shorten(meta, grace)
    return finished(resource, obj)


def finished(resource: ResourceType, obj: Object) -> bool:
    """Return whether nothing keeps an object that is being deleted."""
    meta = obj["metadata"]
    if "deletionTimestamp" not in meta or meta.get("finalizers"):
        return False
    if resource.key == "namespaces" and dig(obj, "spec", "finalizers"):
        return False
    return not meta.get("deletionGracePeriodSeconds")


def _mark_namespace(obj: Object) -> bool:
    """A namespace goes when the namespace controller has emptied it and cleared ``spec.finalizers``."""
    meta = obj["metadata"]
    if "deletionTimestamp" not in meta:
        meta["deletionTimestamp"] = stamp(_now())
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    return not dig(obj, "spec", "finalizers") and not meta.get("finalizers")


def _set_finalizers(resource: ResourceType, meta: Object, propagation: str | None) -> None:
    finalizers = [name for name in meta.get("finalizers") or [] if name not in (FOREGROUND, ORPHAN)]
    kept = [name for name in meta.get("finalizers") or [] if name in (FOREGROUND, ORPHAN)]
    if propagation == "Foreground":
        kept = [FOREGROUND]
    elif propagation == "Orphan" or (propagation is None and not kept and resource.key == "jobs.batch"):
        kept = [ORPHAN]  # jobs keep their pods by default, for compatibility with the first releases
    elif propagation == "Background":
        kept = []
    finalizers += kept
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)


def _shorten(meta: Object, grace: int) -> None:
    """A second deletion may only bring the end nearer."""
    present = int(meta.get("deletionGracePeriodSeconds") or 0)
    if grace >= present:
        return
    asked = parse_time(meta["deletionTimestamp"]) - dt.timedelta(seconds=present - grace)
    if asked < _now():
        asked = _now()
        grace = min(grace, 1)
    meta["deletionTimestamp"] = stamp(asked)
    meta["deletionGracePeriodSeconds"] = grace


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
