"""``Volume``: the public face of a persistent volume claim.

Kubetorch's class, argument by argument; where the meaning differs the method says so. Arguments are checked when the
object is made, before any request. What it is stands in ``described``, what it knows and when it asks the cluster is
``handle``'s matter, and each verb's work is done in the module named after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kt_jupyter import reporting
from kt_jupyter.kube import PODS
from kt_jupyter.reporting import Say
from kt_jupyter.specs import names, paths
from kt_jupyter.specs.access_modes import access_mode as read_access_mode
from kt_jupyter.specs.quantity import storage_size
from kt_jupyter.volumes import creation, deletion
from kt_jupyter.volumes.deletion import Deletion
from kt_jupyter.volumes.described import Described
from kt_jupyter.volumes.handle import Asked, Handle
from kt_jupyter.volumes.reading import absence, read_facts
from kt_jupyter.volumes.ssh import Terminals
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.users import PodUse, users_of
from kt_jupyter.volumes.verdict import State, Verdict
from kt_jupyter.volumes.waiting import wait_until_settled

if TYPE_CHECKING:
    from kubernetes.client import V1PersistentVolumeClaim

Json = dict[str, Any]


class Volume(Described, Terminals):
    """Storage that outlives pods: a PersistentVolumeClaim with a place to mount it.

    Making the object makes no request; ``create()`` makes the volume.

    Args:
        name: The claim's name, unique in its namespace.
        size: How much to ask for: ``"10Gi"``, ``"500Mi"``, ``"1Ti"``.
        mount_path: Where pods mount it; absolute.
        storage_class: A class of the cluster; default: one that fits the access mode. ``""`` asks for a disk that an
            administrator made by hand.
        access_mode: ``"ReadWriteOnce"`` (one node at a time), ``"ReadWriteMany"`` (many nodes), ``"ReadOnlyMany"``,
            ``"ReadWriteOncePod"``, or RWO, RWX, ROX, RWOP. Default: RWX if a class can really do it, else RWO.
        namespace: Default: the current one.

    Raises:
        InvalidInput: An argument is not what Kubernetes accepts; the message has a valid spelling.

    Example:
        >>> vol = kt.Volume("checkpoints", size="50Gi", mount_path="/checkpoints")
        >>> claim = vol.create()
    """

    def __init__(  # noqa: PLR0917  # Kubetorch's signature, in its order
        self,
        name: str,
        size: str,
        mount_path: str,
        storage_class: str | None = None,
        access_mode: str | None = None,
        namespace: str | None = None,
    ) -> None:
        self._stand_on(
            Asked(
                name=names.claim_name(name),
                size=storage_size(size),
                size_text=size.strip(),
                mount_path=paths.mount_path(mount_path),
                storage_class=names.storage_class_name(storage_class) if storage_class else storage_class,
                access_mode=None if access_mode is None else read_access_mode(access_mode),
                namespace=None if namespace is None else names.namespace_name(namespace),
            )
        )

    @classmethod
    def from_name(cls, name: str, namespace: str | None = None, mount_path: str | None = None) -> Volume:
        """Return a handle on a volume that exists. Makes no request until something about it is needed.

        Args:
            name: The claim's name.
            namespace: Default: the current one.
            mount_path: Where pods mount it; default: what the claim's annotation says.

        Raises:
            InvalidInput: An argument is not what Kubernetes accepts.

        Example:
            >>> kt.Volume.from_name("imagenet", namespace="ml-datasets", mount_path="/datasets/imagenet")
            Volume imagenet  at /datasets/imagenet  in ml-datasets
        """
        volume = cls.__new__(cls)
        Volume._stand_on(
            volume,
            Asked(
                name=names.claim_name(name),
                namespace=None if namespace is None else names.namespace_name(namespace),
                mount_path=None if mount_path is None else paths.mount_path(mount_path),
            ),
        )
        return volume

    def _stand_on(self, asked: Asked) -> None:
        self._handle = Handle(asked)
        self._notices: tuple[str, ...] = ()

    def create(self, *, dry_run: bool = False, notify: Say | None = None) -> V1PersistentVolumeClaim:
        """Make the volume if it does not exist.

        One that exists is used if it can serve: as large or larger, the access mode among its modes, the class the
        same; what was left open in the constructor never differs. The mount path is this handle's, whatever the
        annotation says.

        Args:
            dry_run: Let the server check everything (names, quotas, limits) and keep nothing.
            notify: Gets what is worth saying, a line at a time; default: stderr.

        Returns:
            The claim as the official client's ``V1PersistentVolumeClaim``.

        Raises:
            VolumeDiffers: It exists and cannot serve; the message has the differences and the ways out.
            StorageClassNotFound: The class does not exist; the message lists those that do.
            NoSharedStorage: ReadWriteMany was asked for and no class can do it.
            NamespaceNotFound: There is no such namespace.
            QuotaExceeded: The namespace has no room for it.
            VolumeNotFound: The handle is from ``from_name`` and there is nothing to make it from.

        Example:
            >>> kt.Volume("my-data", size="10Gi", mount_path="/data").create().status.phase
            'Pending'
        """
        return self._handle.cluster.typed_claim(self.ensure(dry_run=dry_run, notify=notify))

    def ensure(self, *, dry_run: bool = False, notify: Say | None = None) -> Json:
        """Do what ``create`` does and return the claim as a plain dict, without importing the official client."""
        made = creation.ensure(self._handle.cluster, self._handle.wish(), dry_run=dry_run)
        self._notices = made.notices
        for line in made.notices:
            reporting.notice(line, notify)
        if not (dry_run and made.new):
            self._handle.claim = made.claim
        return made.claim

    def exists(self) -> bool:
        """Ask the cluster whether the volume exists; one that is being deleted does until it is gone."""
        self._handle.claim = None
        return self._handle.found() is not None

    def status(self) -> VolumeStatus:
        """Read the volume's state: bound, waiting for its first use, in trouble and why, and who uses it.

        Returns:
            What is known at this moment. A volume that was described but not made is ``State.ABSENT``.

        Raises:
            VolumeNotFound: The handle is from ``from_name`` and there is no such volume.
        """
        facts = read_facts(self._handle.cluster, self.namespace, self.name)
        self._handle.claim = facts.claim
        if facts.claim is not None:
            return facts.status()
        if self._handle.asked.size is None:
            raise absence(self._handle.cluster, self.namespace, self.name)
        return VolumeStatus(self.manifest(), Verdict(State.ABSENT), ())

    def wait(self, timeout: float | None = 30, *, progress: Say | None = None) -> VolumeStatus:
        """Wait until it is known what becomes of the volume, and return its state.

        It is known when the volume is bound, when it waits for its first use (nothing more happens before a pod needs
        it), and when it cannot be had and an event says why.

        Args:
            timeout: Seconds; then the state as it is, Pending, is returned. None waits until Ctrl-C.
            progress: Gets what is waited for, a line each time it changes; default: stderr.

        Raises:
            VolumeNotFound: There is no such volume.

        Example:
            >>> vol.wait().state
            <State.BOUND: ('Bound', '●', 1)>
        """
        status = wait_until_settled(self._handle.cluster, self.namespace, self.name, timeout=timeout, progress=progress)
        self._handle.claim = dict(status.claim)
        return status

    def users(self) -> list[PodUse]:
        """Return the pods that use the volume, those that have finished and hold it still included."""
        return users_of(self.name, self._handle.cluster.list(PODS, namespace=self.namespace))

    def delete(
        self,
        *,
        force: bool = False,
        wait: bool = True,
        timeout: float | None = 60,
        dry_run: bool = False,
        progress: Say | None = None,
    ) -> Deletion:
        """Delete the volume, and by its reclaim policy usually its data.

        Refuses while pods use it and names them. A volume that does not exist is none to delete, and said so.

        Args:
            force: Delete although pods use it. Finished pods that hold it are removed; running ones are left alone,
                and the volume is Terminating until they end.
            wait: Wait until it is gone, saying who holds it.
            timeout: Seconds to wait; None waits until Ctrl-C, which stops the waiting, not the deletion.
            dry_run: Say what would happen (to the data too) and do nothing; refuses nothing.
            progress: Gets what becomes of the data and who is waited for, a line at a time; default: stderr.

        Returns:
            What was done, and what becomes of the data.

        Raises:
            VolumeInUse: Pods use it; the message names them.
            Conflict: It was deleted and made anew meanwhile; the new one is left alone.
            WaitTimeout: It is still there; the message says who holds it. The deletion goes on.

        Example:
            >>> vol.delete()
            Volume my-data: deleted; its data is destroyed (reclaim policy Delete)
        """
        planned = deletion.plan(self._handle.cluster, self.namespace, self.name)
        if dry_run:
            return planned
        done = deletion.carry_out(
            self._handle.cluster, planned, force=force, wait=wait, timeout=timeout, progress=progress
        )
        self._handle.forget(done.claim)
        return done
