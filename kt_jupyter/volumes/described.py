"""What a volume is: its description, completed by what the cluster knows, without changing anything."""

from __future__ import annotations

from typing import Any

from kt_jupyter.errors import InvalidInput
from kt_jupyter.kube import Cluster
from kt_jupyter.specs import claim as claims
from kt_jupyter.volumes.handle import Asked, Handle

Json = dict[str, Any]


class Described:
    """A volume that can be asked what it is; ``_handle`` answers."""

    _handle: Handle
    _notices: tuple[str, ...]

    @property
    def asked(self) -> Asked:
        """What it was described with, None where something was left open. Costs no request."""
        return self._handle.asked

    def refuse_other_cluster(self, cluster: Cluster) -> None:
        """Raise InvalidInput when the volume is in another cluster than this one."""
        own = self._handle.cluster
        if own.server != cluster.server:
            raise InvalidInput(
                f'volume "{self.name}" is in cluster {own.context or own.server}, not in '
                f"{cluster.context or cluster.server}.",
                remedy="A handle stays with the cluster it was first used on: make it anew for this one.",
            )

    @property
    def name(self) -> str:
        """The volume's name."""
        return self._handle.asked.name

    @property
    def pvc_name(self) -> str:
        """The claim's name, which is the volume's."""
        return self._handle.asked.name

    @property
    def namespace(self) -> str:
        """The namespace it lives in."""
        return self._handle.namespace

    @property
    def size(self) -> str:
        """How much was asked for, as it was written; of an existing volume, what its claim says."""
        return self._handle.asked.size_text or str(claims.requested(self._handle.existing()) or "0")

    @property
    def mount_path(self) -> str:
        """Where pods mount it.

        Raises:
            InvalidMountPath: It was not given, and the existing claim has no annotation that says it.
        """
        return self._handle.path()

    @property
    def access_mode(self) -> str:
        """The access mode in Kubernetes' long spelling; before the volume is made, the one it would get."""
        return self._handle.mode()

    @property
    def storage_class(self) -> str | None:
        """The storage class; before the volume is made, the one it would get. None where that is not known."""
        return self._handle.storage_class()

    @property
    def notices(self) -> tuple[str, ...]:
        """What was worth saying when it was made, such as why it is for one node at a time."""
        return self._notices

    def config(self) -> dict[str, str | None]:
        """Return the volume's configuration.

        Keys: ``name``, ``size``, ``access_mode``, ``mount_path``, ``storage_class``, ``namespace``. Unlike Kubetorch's
        it has the storage class of a bound volume too. A mount path that nothing says is None.
        """
        return {
            "name": self.name,
            "size": self.size,
            "access_mode": self.access_mode,
            "mount_path": self._handle.known_path(),
            "storage_class": self.storage_class,
            "namespace": self.namespace,
        }

    def manifest(self) -> Json:
        """Return the claim that ``create()`` would send, storage class and access mode settled."""
        return self._handle.wish().manifest(self._handle.choice())

    def __repr__(self) -> str:
        """Say what is known without a request."""
        return f"Volume {self._handle}"
