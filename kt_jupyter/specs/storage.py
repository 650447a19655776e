"""What storage classes can do, and which one a claim gets.

Two questions are answered from plain objects. Which class is the default (the server's own rule, so that we can say
beforehand what it will choose)? Which one can really do ReadWriteMany (Kubernetes does not know; ``_provisioners``
does)? An unknown provisioner is never guessed: it is neither picked nor refused, the server and its driver decide.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from kt_jupyter.specs import _provisioners as known

_DEFAULT_ANNOTATIONS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_PROVISIONER_ANNOTATIONS = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)


class Sharing(Enum):
    """Whether many nodes can write one volume of a class; the value says it in words."""

    YES = "shared by many nodes"
    CONDITIONAL = "shared by many nodes if its backend is set up for it"
    OBJECT_STORE = "shared, but an object store: no append, rename or lock"
    SINGLE_NODE = "a directory of one node"
    NO = "one node at a time"
    UNKNOWN = "not known to be shared"


@dataclass(frozen=True, slots=True)
class StorageClass:
    """The part of a StorageClass that choosing needs."""

    name: str
    provisioner: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    waits_for_first_use: bool = False
    reclaim_policy: str = "Delete"
    expandable: bool = False
    default: bool = False
    created: str = ""

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> StorageClass:
        """Read the API server's object."""
        metadata = manifest["metadata"]
        annotations = metadata.get("annotations") or {}
        return cls(
            name=metadata["name"],
            provisioner=manifest.get("provisioner", ""),
            parameters=manifest.get("parameters") or {},
            waits_for_first_use=manifest.get("volumeBindingMode") == "WaitForFirstConsumer",
            reclaim_policy=manifest.get("reclaimPolicy") or "Delete",
            expandable=bool(manifest.get("allowVolumeExpansion")),
            default=any(annotations.get(name) == "true" for name in _DEFAULT_ANNOTATIONS),
            created=metadata.get("creationTimestamp") or "",
        )

    @property
    def sharing(self) -> Sharing:
        """Whether many nodes can write one of its volumes."""
        return sharing(self.provisioner, self.parameters)

    @property
    def provisions(self) -> bool:
        """Whether it makes volumes by itself; otherwise an administrator has to."""
        return not _named(self.provisioner, known.WITHOUT_PROVISIONING)


def sharing(provisioner: str, parameters: Mapping[str, str] | None = None) -> Sharing:
    """Return whether many nodes can write one file-system volume of this provisioner.

    >>> sharing("rook-ceph.cephfs.csi.ceph.com"), sharing("ebs.csi.aws.com")
    (<Sharing.YES: 'shared by many nodes'>, <Sharing.NO: 'one node at a time'>)

    Source: kubernetes-csi/docs ``book/src/drivers.md``; see ``_provisioners``.
    """
    for pattern, (parameter, values) in known.CONDITIONAL.items():
        if fnmatch.fnmatchcase(provisioner, pattern):
            return _by_parameter(parameters or {}, parameter, values)
    if _named(provisioner, known.FILE_SYSTEMS) or _matches(provisioner, known.FILE_SYSTEM_PATTERNS):
        return Sharing.YES
    if _named(provisioner, known.OBJECT_STORES):
        return Sharing.OBJECT_STORE
    if provisioner in known.SINGLE_NODE:
        return Sharing.SINGLE_NODE
    if _named(provisioner, known.BLOCK) or _matches(provisioner, known.BLOCK_PATTERNS):
        return Sharing.NO
    return Sharing.UNKNOWN


def default_class(classes: Iterable[StorageClass]) -> StorageClass | None:
    """Return the class the server gives to a claim that names none, or None.

    Of several defaults the newest counts, at the same age the first by name.

    Source: ``pkg/volume/util/storageclass.go``, ``GetDefaultClass`` (the documentation, which says that several
    defaults forbid creation, is out of date).
    """
    by_name = sorted((each for each in classes if each.default), key=lambda each: each.name)
    return max(by_name, key=lambda each: each.created, default=None)


def shared_class(
    classes: Iterable[StorageClass], *, in_use: Iterable[str] = (), conditional: bool = False
) -> StorageClass | None:
    """Return the class to use for ReadWriteMany, or None where none can really do it.

    In this order: the class or provisioner of a claim that is bound with ReadWriteMany already (proof that it works
    here), the default class, the first by name that is known to share, and with ``conditional`` the first that may.
    Classes that only bind volumes made by hand are left out, and so are object stores: whoever wants them names them.

    Args:
        classes: the classes of the cluster.
        in_use: names of classes, and of provisioners, of claims bound with ReadWriteMany.
        conditional: whether to settle for a class whose parameters do not tell.
    """
    candidates = sorted((each for each in classes if each.provisions), key=lambda each: each.name)
    proven = set(in_use)
    trusted = (Sharing.YES, Sharing.CONDITIONAL, Sharing.UNKNOWN)
    for each in candidates:
        if each.sharing in trusted and not proven.isdisjoint((each.name, each.provisioner or each.name)):
            return each
    able = [each for each in candidates if each.sharing is Sharing.YES]
    if conditional and not able:
        able = [each for each in candidates if each.sharing is Sharing.CONDITIONAL]
    return default_class(able) or next(iter(able), None)


def provisioner_of(claim: Mapping[str, Any]) -> str:
    """Return the provisioner a claim's annotations name: how to learn it without the right to read classes."""
    annotations = claim["metadata"].get("annotations") or {}
    return next((annotations[name] for name in _PROVISIONER_ANNOTATIONS if name in annotations), "")


def _by_parameter(parameters: Mapping[str, str], parameter: str | None, values: str) -> Sharing:
    if parameter is None or parameter not in parameters:
        return Sharing.CONDITIONAL
    return Sharing.YES if re.fullmatch(values, parameters[parameter], re.IGNORECASE) else Sharing.NO


def _named(provisioner: str, names: frozenset[str]) -> bool:
    """Match exactly, or after the prefix with which Rook and ODF install Ceph's drivers."""
    return provisioner in names or any(provisioner.endswith(f".{name}") for name in names)


def _matches(provisioner: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(provisioner, pattern) for pattern in patterns)
