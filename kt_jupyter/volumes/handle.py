"""What a ``Volume`` stands on: what somebody asked for, the cluster it is asked of, and what was read of it.

The cluster is bound at the first request and kept with its namespace: a handle never wanders to another one because the
kernel's current cluster changed. The claim is read once, when something is needed that only it knows, and forgotten
when the handle changes it; so is the choice of class and mode that a new claim would get.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import InvalidMountPath, NotFound
from kt_jupyter.kube import CLAIMS, Cluster, current
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs import human
from kt_jupyter.specs.access_modes import AccessMode, access_mode, shorten
from kt_jupyter.specs.quantity import Quantity
from kt_jupyter.volumes import creation
from kt_jupyter.volumes.choice import Choice
from kt_jupyter.volumes.creation import Wish
from kt_jupyter.volumes.pasting import python_arguments
from kt_jupyter.volumes.reading import absence, elsewhere

Json = dict[str, Any]
_NOTHING_READ: Json = {"metadata": {}, "spec": {}}


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments a volume was described with, checked; None for what was left open."""

    name: str
    namespace: str | None = None
    mount_path: str | None = None
    size: Quantity | None = None
    size_text: str | None = None
    access_mode: AccessMode | None = None
    storage_class: str | None = None


class Handle:
    """A volume's description together with what the cluster says about it.

    Attributes:
        asked: The description.
        claim: The claim as it was read last; None when it was not, or when there is none.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.claim: Json | None = None
        self._cluster: Cluster | None = None
        self._choice: Choice | None = None

    @property
    def cluster(self) -> Cluster:
        """The cluster, bound now if it was not."""
        if self._cluster is None:
            self._cluster = current()
        return self._cluster

    @property
    def namespace(self) -> str:
        """The namespace that was asked for, else the cluster's at the time it was bound."""
        return self.asked.namespace or self.cluster.namespace

    def found(self) -> Json | None:
        """Return the claim, read at most once; None when there is none."""
        if self.claim is None:
            try:
                self.claim = self.cluster.get(CLAIMS, self.asked.name, namespace=self.namespace)
            except NotFound:
                return None
        return self.claim

    def existing(self) -> Json:
        """Return the claim, or raise the error that says what is missing."""
        claim = self.found()
        if claim is None:
            raise absence(self.cluster, self.namespace, self.asked.name)
        return claim

    def choice(self) -> Choice:
        """Return what a new claim would get."""
        if self._choice is None:
            self._choice = creation.choice_for(self.cluster, self.wish())
        return self._choice

    def mode(self) -> str:
        """Return the access mode: as asked, else as it is, else as it would be."""
        if self.asked.access_mode is not None:
            return self.asked.access_mode.value
        claim = self.found()
        if claim is None:
            return self.choice().access_mode.value
        modes = claims.access_modes(claim)
        return AccessMode.RWX.value if AccessMode.RWX.value in modes else modes[0]

    def storage_class(self) -> str | None:
        """Return the class: as asked, else as it is, else as it would be."""
        if self.asked.storage_class is not None:
            return self.asked.storage_class
        claim = self.found()
        return self.choice().expected_class if claim is None else claims.storage_class(claim)

    def known_path(self) -> str | None:
        """Return the mount path: as asked, else what the claim's annotation says."""
        return self.asked.mount_path or claims.mount_path(self.existing())

    def path(self) -> str:
        """Return the mount path; an error where nothing says it."""
        path = self.known_path()
        if path is None:
            name, namespace = self.asked.name, elsewhere(self.cluster, self.namespace)
            arguments = python_arguments(name, namespace=namespace, mount_path="/data")
            raise InvalidMountPath(
                f'nothing says where to mount volume "{name}": its claim has no {claims.MOUNT_PATH_ANNOTATION}.',
                remedy=f"To say it: kt.Volume.from_name({arguments})   or, in a magic: --mount /data",
            )
        return path

    def wish(self) -> Wish:
        """Return what would be made: the description, or for a volume known by name the like of what exists."""
        asked = self.asked
        if asked.size is not None:
            return Wish(
                asked.name, self.namespace, asked.size, asked.mount_path, asked.access_mode, asked.storage_class
            )
        claim = self.existing()
        size = claims.requested(claim)
        assert size is not None, "the server accepts no claim without a size"
        mode = access_mode(self.mode())
        return Wish(asked.name, self.namespace, size, self.known_path(), mode, claims.storage_class(claim))

    def forget(self, deleted: Json | None) -> None:
        """Forget the claim that was deleted, but not what it was: making it again makes its like.

        Its like, not itself: a claim bound to the same disk would wait for one that is gone.
        """
        if deleted is not None and self.asked.size is None:
            self.claim = deleted
            wish = self.wish()
            self.asked = Asked(
                name=wish.name,
                namespace=self.asked.namespace,
                mount_path=wish.mount_path,
                size=wish.size,
                size_text=str(wish.size),
                access_mode=wish.access_mode,
                storage_class=wish.storage_class,
            )
        self.claim = None
        self._choice = None

    def __str__(self) -> str:
        """Say what is known without a request: what was asked, and what was read before."""
        asked, claim = self.asked, self.claim or _NOTHING_READ
        size = asked.size or claims.requested(claim)
        path = asked.mount_path or claims.mount_path(claim)
        parts = (
            asked.name,
            human.size(size) if size else "",
            asked.access_mode.short if asked.access_mode else shorten(claims.access_modes(claim)),
            asked.storage_class or claims.storage_class(claim) or "",
            f"at {path}" if path else "",
            f"in {asked.namespace}" if asked.namespace else "",
        )
        return "  ".join(part for part in parts if part)
