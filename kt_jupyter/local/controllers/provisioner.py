"""The provisioners of the local cluster's classes: volumes are directories of this machine.

* ``local.kt-jupyter.dev/directory``: ReadWriteOnce, on the node the scheduler chose, as the local-path provisioner of
  many small real clusters does it, node affinity and refusal of ReadWriteMany included.
* ``local.kt-jupyter.dev/shared``: every access mode, from every node.
* ``local.kt-jupyter.dev/broken``: always refuses, so that the diagnosis of a refusing provisioner can be tried.

Directories know no quota: the size asked for is what the objects say, not what the directory can hold. For the same
reason a volume is expanded by writing down its new size.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kt_jupyter.local.controllers import claims
from kt_jupyter.local.controllers.binding import CLAIMS, CLASSES, VOLUMES, claim_reference
from kt_jupyter.local.controllers.loop import Loop
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

DIRECTORY: Final = "local.kt-jupyter.dev/directory"
SHARED: Final = "local.kt-jupyter.dev/shared"
BROKEN: Final = "local.kt-jupyter.dev/broken"
HOSTNAME: Final = "kubernetes.io/hostname"
_REMOVED: Final = ".removed-"  # directories whose volume is gone, and which are being emptied
_RETRY: Final = 15.0  # seconds after the disk refused
_SINGLE_NODE: Final = {"ReadWriteOnce", "ReadWriteOncePod"}

Key = tuple[str, str, str]
log = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818  (it becomes the event ProvisioningFailed)
    """The provisioner will not make this volume."""


def refusal(provisioner: str, claim: Object) -> str | None:
    """Return why a provisioner refuses a claim, None when it makes its volume. Pure."""
    if provisioner == BROKEN:
        return "rpc error: code = Unavailable desc = the storage system behind this class does not answer"
    if dig(claim, "spec", "volumeMode") == "Block":
        return f"{provisioner} does not support block volume provisioning"
    if dig(claim, "spec", "selector"):
        return "claim.Spec.Selector is not supported"
    if dig(claim, "spec", "dataSource") or dig(claim, "spec", "dataSourceRef"):
        return f"{provisioner} makes empty volumes only, not copies of another source"
    if provisioner == DIRECTORY and not set(dig(claim, "spec", "accessModes") or []) <= _SINGLE_NODE:
        return "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes"
    return None


def volume_manifest(claim: Object, storage_class: Object, path: Path, node: str | None) -> Object:
    """Return the PersistentVolume for a claim. Pure.

    Args:
        claim: what it is for.
        storage_class: the claim's class.
        path: the directory.
        node: the only node that has it; None when all do.
    """
    provisioner = storage_class["provisioner"]
    spec: Object = {
        "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": claim_reference(claim),
        "hostPath": {"path": str(path), "type": "DirectoryOrCreate"},
        "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
        "storageClassName": name_of(storage_class),
        "volumeMode": "Filesystem",
    }
    if storage_class.get("mountOptions"):
        spec["mountOptions"] = storage_class["mountOptions"]
    if node:
        term = {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [node]}]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
    return {
        "metadata": {
            "name": f"pvc-{dig(claim, 'metadata', 'uid')}",
            "annotations": {claims.PROVISIONED_BY: provisioner},
        },
        "spec": spec,
    }


class Provisioner:
    """Makes, expands and removes the directories of the local classes."""

    def __init__(self, registry: Registry, directory: Path) -> None:
        self._registry = registry
        self._directory = directory
        self._refused: dict[str, str] = {}  # by claim uid
        self._trash = asyncio.Event()

    def loop(self) -> Loop[Key]:
        """Return the loop that runs this controller."""
        return Loop(
            "provisioner",
            self._registry,
            (CLAIMS, VOLUMES),
            concerns=lambda event: self._keys(event.resource, event),
            everything=self._everything,
            reconcile=self.reconcile,
        )

    def reconcile(self, key: Key) -> float | None:
        """Look at one claim or volume."""
        resource, namespace, name = key
        obj = self._registry.find(resource, namespace or None, name)
        if obj is None:
            return None
        try:
            if resource == CLAIMS:
                self._serve(obj)
            else:
                self._reclaim(obj)
        except OSError as error:
            log.warning("%s %s: %s", resource, name, error)
            self._say(obj, "ProvisioningFailed" if resource == CLAIMS else "VolumeFailedDelete", str(error))
            return _RETRY
        return None

    @staticmethod
    def _keys(resource: str, event: StoreEvent) -> Iterable[Key]:
        yield (resource, namespace_of(event.object) or "", name_of(event.object))

    def _everything(self) -> Iterable[Key]:
        for resource in (CLAIMS, VOLUMES):
            for obj in self._registry.list(resource):
                yield (resource, namespace_of(obj) or "", name_of(obj))

    # Claims

    def _serve(self, claim: Object) -> None:
        provisioner = (dig(claim, "metadata", "annotations") or {}).get(claims.PROVISIONER)
        if provisioner not in (DIRECTORY, SHARED, BROKEN) or "deletionTimestamp" in claim["metadata"]:
            return
        storage_class = self._registry.find(CLASSES, None, claims.class_of(claim))
        if storage_class is None:
            return
        if not dig(claim, "spec", "volumeName"):
            self._provision(claim, storage_class)
        elif dig(claim, "status", "phase") == "Bound" and storage_class.get("allowVolumeExpansion"):
            self._expand(claim)

    def _provision(self, claim: Object, storage_class: Object) -> None:
        uid = str(dig(claim, "metadata", "uid"))
        name = f"pvc-{uid}"
        if self._registry.find(VOLUMES, None, name) is not None:
            return
        why = refusal(storage_class["provisioner"], claim)
        if why is not None and self._refused.get(uid) == why:
            return
        full_name = f"{namespace_of(claim)}/{name_of(claim)}"
        self._say(claim, "Provisioning", f'External provisioner is provisioning volume for claim "{full_name}"')
        if why is not None:
            self._refused[uid] = why
            message = f'failed to provision volume with StorageClass "{name_of(storage_class)}": {why}'
            self._say(claim, "ProvisioningFailed", message, warning=True)
            return
        path = self._directory / f"{name}_{namespace_of(claim)}_{name_of(claim)}"
        path.mkdir(parents=True, exist_ok=True)
        node = (dig(claim, "metadata", "annotations") or {}).get(claims.SELECTED_NODE)
        only = node if storage_class["provisioner"] == DIRECTORY else None
        self._registry.create(VOLUMES, volume_manifest(claim, storage_class, path, only), admission=False)
        self._say(claim, "ProvisioningSucceeded", f"Successfully provisioned volume {name}")

    def _expand(self, claim: Object) -> None:
        asked = claim["spec"]["resources"]["requests"]["storage"]
        held = dig(claim, "status", "capacity", "storage") or "0"
        name = claim["spec"]["volumeName"]
        if not claims.is_larger(asked, held) or self._registry.find(VOLUMES, None, name) is None:
            return
        self._say(claim, "Resizing", f"External resizer is resizing volume {name}")
        self._status(claim, _expanding(asked))
        self._registry.modify(VOLUMES, None, name, lambda fresh: fresh["spec"]["capacity"].update(storage=asked))
        self._status(claim, _expanded(asked))
        self._say(claim, "VolumeResizeSuccessful", "Resize volume succeeded")

    def _status(self, claim: Object, change: Callable[[Object], None]) -> None:
        self._registry.modify(CLAIMS, namespace_of(claim), name_of(claim), lambda fresh: change(fresh["status"]))

    # Volumes

    def _reclaim(self, volume: Object) -> None:
        """Remove a released volume and its data, unless its policy says to keep them."""
        provisioner = (dig(volume, "metadata", "annotations") or {}).get(claims.PROVISIONED_BY)
        if provisioner not in (DIRECTORY, SHARED):
            return
        released = dig(volume, "status", "phase") == "Released"
        if not released or dig(volume, "spec", "persistentVolumeReclaimPolicy") != "Delete":
            return
        path = Path(volume["spec"]["hostPath"]["path"])
        if path.parent == self._directory and path.exists():  # never one that somebody else wrote into the object
            path.rename(self._directory / f"{_REMOVED}{path.name}")
            self._trash.set()
        if "deletionTimestamp" not in volume["metadata"]:
            self._registry.delete(VOLUMES, None, name_of(volume))

    async def empty_trash(self) -> None:
        """Remove the data of volumes that are gone, beside everything else: it may be millions of files."""
        while True:
            for path in self._directory.glob(f"{_REMOVED}*"):
                try:
                    await asyncio.to_thread(remove_tree, path)
                except OSError as error:
                    log.warning("%s cannot be removed: %s", path, error)
            self._trash.clear()
            await self._trash.wait()

    def _say(self, obj: Object, reason: str, message: str, *, warning: bool = False) -> None:
        annotations = dig(obj, "metadata", "annotations") or {}
        provisioner = annotations.get(claims.PROVISIONER) or annotations.get(claims.PROVISIONED_BY)
        failed = warning or "Failed" in reason
        self._registry.record_event(
            obj,
            type="Warning" if failed else "Normal",
            reason=reason,
            message=message,
            component=f"{provisioner}_kt-local",
        )


def remove_tree(path: Path) -> None:
    """Remove a directory and everything in it, also what its owner locked himself out of.

    Raises:
        OSError: something could not be removed.
    """
    if not path.exists():
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        for directory in [path, *(one for one in path.rglob("*") if one.is_dir() and not one.is_symlink())]:
            directory.chmod(stat.S_IRWXU)
        shutil.rmtree(path)


def _expanding(asked: str) -> Callable[[Object], None]:
    def change(status: Object) -> None:
        status["allocatedResources"] = {"storage": asked}
        status["allocatedResourceStatuses"] = {"storage": "ControllerResizeInProgress"}

    return change


def _expanded(asked: str) -> Callable[[Object], None]:
    def change(status: Object) -> None:
        status["capacity"] = {**(status.get("capacity") or {}), "storage": asked}
        status.pop("allocatedResourceStatuses", None)

    return change
