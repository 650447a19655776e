"""Which pods use a claim, and which of them keep it from being deleted.

The two differ. Kubernetes' own protection (``pvc_protection_controller.go``, ``podUsesPVC``) counts every pod object
that was ever given a node, whatever its phase: the finished pod of a Job holds a claim for as long as the object
exists. A pod that still waits for a node does not hold it, and will wait for ever when the claim goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kt_jupyter.specs.pod import PURPOSE_LABEL, TERMINAL

_FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class PodUse:
    """One pod that names a claim among its volumes.

    Attributes:
        name: The pod.
        namespace: Its namespace, which is the claim's.
        uid: Its identity, for a deletion that hits no namesake.
        phase: ``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Unknown``.
        node: Where it was scheduled; None while it waits for a node.
        owner: Who made it, such as ``Job train``; None for a pod made by hand.
        ending: It is being deleted.
        terminal: It is a terminal that somebody opened with kt_jupyter.
    """

    name: str
    namespace: str
    uid: str
    phase: str
    node: str | None = None
    owner: str | None = None
    ending: bool = False
    terminal: bool = False

    @property
    def finished(self) -> bool:
        """Whether its containers have ended for good."""
        return self.phase in _FINISHED

    @property
    def holds(self) -> bool:
        """Whether a deleted claim stays until this pod object is gone."""
        return self.node is not None

    def __str__(self) -> str:
        state = "ending" if self.ending else f"{self.phase}, finished" if self.finished else self.phase
        made_by = "a terminal" if self.terminal else f"of {self.owner}" if self.owner else ""
        return f"{self.name} ({state}{f', {made_by}' if made_by else ''})"


def users_by_claim(pods: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], list[PodUse]]:
    """Return, for each (namespace, claim), the pods that use it, in the order of their names."""
    found: defaultdict[tuple[str, str], list[PodUse]] = defaultdict(list)
    for pod in pods:
        for claim in claims_of(pod):
            found[pod["metadata"]["namespace"], claim].append(_use(pod))
    for uses in found.values():
        uses.sort(key=lambda use: use.name)
    return found


def users_of(name: str, pods: Iterable[Mapping[str, Any]]) -> list[PodUse]:
    """Return the pods, all of one namespace, that use the claim ``name``."""
    return sorted((_use(pod) for pod in pods if name in claims_of(pod)), key=lambda use: use.name)


def claims_of(pod: Mapping[str, Any]) -> Iterator[str]:
    """Return the names of the claims a pod mounts, those made for it (generic ephemeral volumes) included.

    Source: ``k8s.io/component-helpers/storage/ephemeral``: such a claim is named ``<pod>-<volume>``.
    """
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            yield f"{pod['metadata']['name']}-{volume['name']}"


def name_some(uses: Iterable[PodUse], *, most: int = 4) -> str:
    """Write pods for a sentence: the first few in full, the rest as a number."""
    written = [str(use) for use in uses]
    rest = len(written) - most
    return ", ".join(written[:most]) + (f" and {rest} more" if rest > 0 else "")


def _use(pod: Mapping[str, Any]) -> PodUse:
    metadata = pod["metadata"]
    owners = metadata.get("ownerReferences") or ()
    owner = next((each for each in owners if each.get("controller")), None)
    return PodUse(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        phase=(pod.get("status") or {}).get("phase") or "Unknown",
        node=pod["spec"].get("nodeName") or None,
        owner=f"{owner['kind']} {owner['name']}" if owner else None,
        ending="deletionTimestamp" in metadata,
        terminal=(metadata.get("labels") or {}).get(PURPOSE_LABEL) == TERMINAL,
    )
