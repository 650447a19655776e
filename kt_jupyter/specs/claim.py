"""The claim behind a volume: its manifest, and whether one that exists can serve.

Labels and annotation are Kubetorch's own, so that ``kt volumes list`` sees our volumes (it shows the claims that have
the mount-path annotation) and we see its; one label of ours says who made it. Kubetorch puts the claim's name into a
label value as it is and breaks beyond 63 characters: ours is shortened there, with a hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kt_jupyter.specs.access_modes import AccessMode, shorten
from kt_jupyter.specs.names import label_value
from kt_jupyter.specs.quantity import Quantity, parse

MOUNT_PATH_ANNOTATION = "kubetorch.com/mount-path"
VOLUME_LABEL = "kubetorch.com/volume"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "kt-jupyter"
_BETA_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"

Claim = Mapping[str, Any]


def claim_manifest(
    name: str,
    *,
    size: Quantity,
    access_mode: AccessMode,
    mount_path: str | None,
    namespace: str | None = None,
    storage_class: str | None = None,
) -> dict[str, Any]:
    """Return the PersistentVolumeClaim for a volume, ready to be sent.

    Args:
        name: the claim's name.
        size: how much to ask for; written canonically, as the server would.
        access_mode: the one mode of the claim.
        mount_path: where pods mount it; kept in an annotation, none when None.
        namespace: left out when None.
        storage_class: left out when None, so that the server gives its default class; ``""`` asks for a volume
            without a class, which is another thing.
    """
    metadata: dict[str, Any] = {
        "name": name,
        "labels": {"app": "kubetorch", VOLUME_LABEL: label_value(name), MANAGED_BY_LABEL: MANAGED_BY},
    }
    if mount_path is not None:
        metadata["annotations"] = {MOUNT_PATH_ANNOTATION: mount_path}
    if namespace is not None:
        metadata["namespace"] = namespace
    spec: dict[str, Any] = {
        "accessModes": [access_mode.value],
        "resources": {"requests": {"storage": str(size)}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def requested(claim: Claim) -> Quantity | None:
    """Return the size a claim asks for."""
    text = (claim["spec"].get("resources") or {}).get("requests", {}).get("storage")
    return parse(text) if text is not None else None


def capacity(claim: Claim) -> Quantity | None:
    """Return the size a claim really has (providers round up), None while it has no volume."""
    text = ((claim.get("status") or {}).get("capacity") or {}).get("storage")
    return parse(text) if text is not None else None


def access_modes(claim: Claim) -> list[str]:
    """Return the access modes a claim asks for, in Kubernetes' long spelling."""
    return list(claim["spec"].get("accessModes") or [])


def storage_class(claim: Claim) -> str | None:
    """Return a claim's class; None where the server has given it none (yet), ``""`` where it asked for none."""
    name: str | None = claim["spec"].get("storageClassName")
    return name if name is not None else (claim["metadata"].get("annotations") or {}).get(_BETA_CLASS_ANNOTATION)


def mount_path(claim: Claim) -> str | None:
    """Return where the annotation says pods mount it, or None."""
    return (claim["metadata"].get("annotations") or {}).get(MOUNT_PATH_ANNOTATION) or None


def differences(
    claim: Claim,
    *,
    size: Quantity | None = None,
    access_mode: AccessMode | None = None,
    storage_class_name: str | None = None,
) -> dict[str, tuple[str, str]]:
    """Return in what an existing claim cannot serve what is asked: name → (what exists, what was asked).

    What was not asked (None) never differs. A larger claim serves, and so does one whose modes include the mode asked.
    A different mount path is no difference: it is where this pod wants it, not a property of the data.
    """
    found: dict[str, tuple[str, str]] = {}
    if claim["metadata"].get("deletionTimestamp"):
        found["state"] = ("Terminating", "usable")
    sizes = [each for each in (requested(claim), capacity(claim)) if each is not None]
    if size is not None and size > max(sizes, default=Quantity(size.value * 0)):
        found["size"] = (str(max(sizes)) if sizes else "none", str(size))
    modes = access_modes(claim)
    if access_mode is not None and access_mode.value not in modes:
        found["access_mode"] = (shorten(modes), access_mode.short)
    has = storage_class(claim)
    # A claim without a class that is still waiting gets the default one later: the server fills the field in itself.
    if storage_class_name is not None and has != storage_class_name:
        found["storage_class"] = (has or "none", storage_class_name or "none")
    if claim["spec"].get("volumeMode") == "Block":
        found["volume_mode"] = ("Block (a raw device)", "Filesystem")
    return found
