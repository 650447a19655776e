"""Whom a pod on a volume runs as, so that it may read and write what is there.

Files belong to numbers. A pod that already uses the volume has the right ones, so they are copied from it: user, group
and the group that its volumes are given to. Root is never copied, for most namespaces refuse it and no terminal needs
it: whoever does says ``run_as=0``. Where nothing tells, it is the usual user, in the usual group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from kt_jupyter.specs.pod import ORDINARY, RunAs
from kt_jupyter.volumes.users import claims_of

Json = Mapping[str, Any]

_OPENSHIFT_RANGE = "openshift.io/sa.scc.uid-range"
_ORDER = {"Running": 0, "Pending": 1, "Succeeded": 2, "Failed": 3}


class Identity(NamedTuple):
    """Whom it runs as, and the pod from which that is copied."""

    run_as: RunAs
    like: str | None = None


def identity(name: str, pods: Iterable[Json], *, asked: RunAs | None, fresh: bool, namespace: Json | None) -> Identity:
    """Return whom a pod on the claim ``name`` runs as.

    Args:
        name: The claim.
        pods: The namespace's pods.
        asked: What somebody asked for, which counts.
        fresh: The volume has no disk yet, so there is no data that could be somebody's.
        namespace: The namespace, where it may be read.
    """
    using = sorted((pod for pod in pods if name in claims_of(pod)), key=_usefulness)
    found = [(identified, pod) for pod in using if (identified := _of(pod, name))]
    if asked is not None:
        fs_group = next((each.fs_group for each, _ in found), asked.group if fresh else None)
        return Identity(replace(asked, fs_group=fs_group))
    if found:
        return Identity(found[0][0], found[0][1]["metadata"]["name"])
    if namespace and _OPENSHIFT_RANGE in (namespace["metadata"].get("annotations") or {}):
        return Identity(RunAs(None, None, None))
    return Identity(ORDINARY)


def _usefulness(pod: Json) -> tuple[int, str]:
    return _ORDER.get((pod.get("status") or {}).get("phase", ""), len(_ORDER)), pod["metadata"]["name"]


def _of(pod: Json, claim: str) -> RunAs | None:
    """Return whom a pod's container on the claim runs as; None where it says nothing, or root."""
    whole = pod["spec"].get("securityContext") or {}
    own = container_on(pod, claim).get("securityContext") or {}
    user, group = own.get("runAsUser", whole.get("runAsUser")), own.get("runAsGroup", whole.get("runAsGroup"))
    fs_group = whole.get("fsGroup")
    if not user and fs_group is None:
        return None
    if not user:
        return RunAs(ORDINARY.user, fs_group, fs_group)
    return RunAs(user, group, fs_group)


def container_on(pod: Json, claim: str) -> Json:
    """Return the first container of a pod that mounts a claim; empty where none does."""
    volumes = pod["spec"].get("volumes") or ()
    names = {each["name"] for each in volumes if (each.get("persistentVolumeClaim") or {}).get("claimName") == claim}
    for container in pod["spec"]["containers"]:
        if names & {mount["name"] for mount in container.get("volumeMounts") or ()}:
            found: Json = container
            return found
    return {}
