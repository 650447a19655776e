"""Volumes of a pod, and where its containers mount them."""

from __future__ import annotations

import posixpath
from typing import Final

from kt_jupyter.local.fields import Problem, duplicate, forbidden, invalid, not_found, required
from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.strategies import names, values

_BLOCK: Final = frozenset(("persistentVolumeClaim", "ephemeral"))
# In the order in which the real server looks at them: the first counts, the others are one too many.
_ORDER: Final = (
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
    "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
    "configMap", "azureFile", "flexVolume", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
    "scaleIO", "storageos", "projected", "csi", "ephemeral", "image",
)  # fmt: skip


def volumes(field: str, given: list[Object]) -> tuple[list[Problem], dict[str, str]]:
    """Check volumes; return the problems, and what kind of source each name stands for."""
    found: list[Problem] = []
    sources: dict[str, str] = {}
    for place, volume in enumerate(given):
        here, name = f"{field}[{place}]", volume.get("name") or ""
        problems = _source(here, volume)
        if not name:
            problems.append(required(f"{here}.name"))
        else:
            problems += names.wrong(f"{here}.name", name, names.label)
        if name in sources:
            problems.append(duplicate(f"{here}.name", name))
        found += problems
        if not problems:
            sources[name] = next((key for key in _ORDER if key in volume), "")
    return found, sources


def mounts(field: str, container: Object, sources: dict[str, str]) -> list[Problem]:
    """Check where a container mounts volumes."""
    found, paths = [], set()
    for place, mount in enumerate(container.get("volumeMounts") or ()):
        here, name, path = f"{field}.volumeMounts[{place}]", mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            found.append(required(f"{here}.name"))
        elif name not in sources:
            found.append(not_found(f"{here}.name", name))
        if not path:
            found.append(required(f"{here}.mountPath"))
        if path in paths:
            found.append(invalid(f"{here}.mountPath", path, "must be unique"))
        paths.add(path)
        found += _sub_path(f"{field}.volumeMounts.subPath", mount.get("subPath") or "")
    for place, device in enumerate(container.get("volumeDevices") or ()):
        here, name = f"{field}.volumeDevices[{place}]", device.get("name") or ""
        if name not in sources:
            found.append(not_found(f"{here}.name", name))
        elif sources[name] not in _BLOCK:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            found.append(invalid(f"{here}.name", name, why))
    return found


def _source(field: str, volume: Object) -> list[Problem]:
    kinds = [key for key in _ORDER if key in volume]
    found = [forbidden(f"{field}.{other}", "may not specify more than 1 volume type") for other in kinds[1:]]
    if not kinds:
        found.append(required(field, "must specify a volume type"))
    claim = volume.get("persistentVolumeClaim")
    if claim is not None:
        # Any name will do here: a claim that cannot be is one that is not there.
        found += [] if claim.get("claimName") else [required(f"{field}.persistentVolumeClaim.claimName")]
    if "hostPath" in volume:
        found += _host_path(f"{field}.hostPath.path", volume["hostPath"].get("path") or "")
    size = dig(volume, "emptyDir", "sizeLimit")
    if size is not None and values.amount(size).value < 0:
        found.append(forbidden(f"{field}.emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity"))
    return found


def _host_path(field: str, path: str) -> list[Problem]:
    if not path:
        return [required(field)]
    return [invalid(field, path, "must not contain '..'")] if ".." in path.split("/") else []


def _sub_path(field: str, path: str) -> list[Problem]:
    found = [invalid(field, path, "must be a relative path")] if posixpath.isabs(path) else []
    if ".." in path.split("/"):
        found.append(invalid(field, path, "must not contain '..'"))
    return found
