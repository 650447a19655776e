"""``VolumeStatus``: everything known about one volume at one moment, so that whoever shows it makes no request.

A view of the server's own objects, not a copy: the verdict is computed when it is made (a list must sort by it), all
else when it is asked for. 500 volumes become rows in less time than their JSON took to decode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kt_jupyter.specs import claim as claims
from kt_jupyter.specs import human
from kt_jupyter.specs.access_modes import shorten
from kt_jupyter.specs.quantity import Quantity
from kt_jupyter.specs.storage import StorageClass, provisioner_of
from kt_jupyter.volumes.users import PodUse
from kt_jupyter.volumes.verdict import State, Verdict, judge


class VolumeStatus:
    """One volume as it was when it was read.

    Attributes:
        claim: The claim as the server gave it.
        users: The pods that use it; None when pods may not be listed.
        state: ``State.BOUND``, ``State.WAITING`` …: word, shape and rank.
        reason: One clause that explains the state; empty when there is nothing to explain.
        remedy: Something to paste, or None.
    """

    __slots__ = ("claim", "reason", "remedy", "state", "users")

    def __init__(self, claim: Mapping[str, Any], verdict: Verdict, users: Sequence[PodUse] | None) -> None:
        self.claim = claim
        self.users = users
        self.state: State = verdict.state
        self.reason = verdict.reason
        self.remedy = verdict.remedy

    @classmethod
    def of(
        cls,
        claim: Mapping[str, Any],
        *,
        users: Sequence[PodUse] | None = None,
        classes: Mapping[str, StorageClass] | None = None,
        events: Iterable[Mapping[str, Any]] | None = None,
    ) -> VolumeStatus:
        """Judge a claim with what is known beside it; None where it could not be read."""
        return cls(claim, judge(claim, users=users, classes=classes, events=events), users)

    @property
    def name(self) -> str:
        """The volume's name."""
        return str(self.claim["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The namespace it lives in."""
        return str(self.claim["metadata"]["namespace"])

    @property
    def requested(self) -> Quantity | None:
        """The size that was asked for."""
        return claims.requested(self.claim)

    @property
    def capacity(self) -> Quantity | None:
        """The size there really is; None while there is no disk."""
        return claims.capacity(self.claim)

    @property
    def size(self) -> Quantity | None:
        """The size to show: the real one, else the one asked for."""
        return self.capacity or self.requested

    @property
    def access_modes(self) -> str:
        """The access modes as kubectl abbreviates them: ``RWO,RWX``."""
        return shorten(claims.access_modes(self.claim))

    @property
    def storage_class(self) -> str | None:
        """The storage class; None where none is set."""
        return claims.storage_class(self.claim)

    @property
    def provisioner(self) -> str:
        """Who makes its disk, where the claim says so."""
        return provisioner_of(self.claim)

    @property
    def mount_path(self) -> str | None:
        """Where pods mount it, where the claim says so."""
        return claims.mount_path(self.claim)

    @property
    def created(self) -> datetime | None:
        """When it was made."""
        text = self.claim["metadata"].get("creationTimestamp")
        return datetime.fromisoformat(text) if text else None

    @property
    def age(self) -> str:
        """How long ago it was made, in words."""
        return human.age(self.claim["metadata"].get("creationTimestamp"))

    @property
    def used_by(self) -> tuple[str, ...] | None:
        """The names of the pods that use it; None when pods may not be listed."""
        return None if self.users is None else tuple(use.name for use in self.users)

    @property
    def words(self) -> str:
        """The state in words: ``Bound``, ``Problem: class gp9 does not exist``."""
        return f"{self.state.word}: {self.reason}" if self.reason else self.state.word

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain data, for ``--json``: exact sizes, long access modes, ISO times."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "status": self.state.word,
            "reason": self.reason,
            "requested": str(self.requested) if self.requested else None,
            "capacity": str(self.capacity) if self.capacity else None,
            "accessModes": claims.access_modes(self.claim),
            "storageClass": self.storage_class,
            "mountPath": self.mount_path,
            "usedBy": None if self.used_by is None else list(self.used_by),
            "created": self.claim["metadata"].get("creationTimestamp"),
        }

    def __repr__(self) -> str:
        size = human.size(self.size) if self.size else "size unknown"
        parts = [f"Volume {self.name}", size, self.access_modes, self.storage_class or "no class", self.words]
        return "  ".join(parts)
