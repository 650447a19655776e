"""What several workers make of a volume that one node, or one pod, can have at a time. Pure.

ReadWriteOnce is about nodes: pods on one node may all have the volume, so the workers go to one. Nothing else works:
the pods on other nodes would wait for the disk for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kt_jupyter.errors import VolumeInUse
from kt_jupyter.specs.access_modes import AccessMode

Json = Mapping[str, Any]

_OF_MANY = {AccessMode.RWX.value, AccessMode.ROX.value}


def of_one_node(claims: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the names of those that one node can have at a time."""
    return tuple(name for name, claim in claims.items() if not _OF_MANY & set(_modes(claim)))


def refuse_of_one_pod(claims: Mapping[str, Json], workers: int | None) -> None:
    """Refuse a volume that one pod can have at a time.

    Raises:
        VolumeInUse: Names it.
    """
    for name, claim in claims.items():
        if _modes(claim) == [AccessMode.RWOP.value]:
            raise VolumeInUse(
                f'volume "{name}" is for one pod at a time (ReadWriteOncePod), and {workers} workers are {workers}.',
                remedy="Leave it out, or use one that many pods can have: ReadWriteMany.",
            )


def told(names: Iterable[str], workers: int | None) -> tuple[str, ...]:
    """Say what follows from them."""
    listed = ", ".join(names)
    if not listed:
        return ()
    return (f"All {workers} workers run on one node: {listed} can be had by one node at a time (ReadWriteOnce).",)


def _modes(claim: Json) -> list[str]:
    return list(claim["spec"].get("accessModes") or ())
