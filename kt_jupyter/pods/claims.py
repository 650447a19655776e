"""Which claim keeps a pod from starting, and why.

A pod that waits for a failing provisioner shows neither a condition nor an event of its own: only the claim's events
tell. That a claim waits for its first consumer is no obstacle here, for this pod is the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kt_jupyter.errors import VolumeNotFound, VolumeUnusable
from kt_jupyter.pods.obstacle import Obstacle, about, message, newest

Json = Mapping[str, Any]

SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
_FAILURES: Final = ("ProvisioningFailed", "FailedBinding")
_NO_CLASS: Final = re.compile(r'storageclass\.storage\.k8s\.io "([^"]+)" not found')
# What provisioners put before the sentence that says something.
_NOISE: Final = re.compile(r'^(failed to provision volume with StorageClass "[^"]*": |rpc error: code = \w+ desc = )+')


def is_bound(claim: Json) -> bool:
    """Whether a claim has its disk."""
    return (claim.get("status") or {}).get("phase") == "Bound"


def mounted_by(template: Json) -> list[str]:
    """Return the names of the claims that a pod, or a pod's template, mounts."""
    volumes = template["spec"].get("volumes") or ()
    names = [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]
    return list(dict.fromkeys(names))


def unusable(name: str, claim: Json | None, events: Iterable[Json] = ()) -> Obstacle | None:
    """Return why no pod can use a claim, or not yet.

    Args:
        name: The claim's name.
        claim: The claim; None when there is none.
        events: Events, among them those about it.
    """
    if claim is None:
        return Obstacle(f'there is no volume "{name}"', final=True, error=VolumeNotFound)
    if claim["metadata"].get("deletionTimestamp"):
        fact = f'volume "{name}" is being deleted (Terminating), and takes no new pod'
        return Obstacle(
            fact, f"To see who holds it: vol.status(), or %kt_volume show {name}", final=True, error=VolumeUnusable
        )
    phase = (claim.get("status") or {}).get("phase")
    if phase == "Lost":
        fact = f'volume "{name}" is lost: its disk does not exist any longer, and its data with it'
        return Obstacle(fact, "To begin anew: vol.delete(), then vol.create()", final=True, error=VolumeUnusable)
    return None if phase == "Bound" else _unprovisioned(name, claim, events)


def missing_class(text: str) -> str | None:
    """Return the storage class that a warning says does not exist."""
    found = _NO_CLASS.search(text)
    return found[1] if found else None


def clean(text: str) -> str:
    """Return a provisioner's words without what comes before them."""
    return _NOISE.sub("", " ".join(text.split()))


def _unprovisioned(name: str, claim: Json, events: Iterable[Json]) -> Obstacle | None:
    warning = newest((each for each in about(events, claim) if each.get("type") == "Warning"), *_FAILURES)
    if warning is None:
        return None
    missing = missing_class(message(warning))
    why = f"class {missing} does not exist" if missing else clean(message(warning)).rstrip(".")
    fact = f'volume "{name}" has no disk: {why}'
    return Obstacle(
        fact, f"What can be done: vol.status(), or %kt_volume show {name}", final=True, error=VolumeUnusable
    )
