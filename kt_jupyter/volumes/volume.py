"""``Volume``: a handle on one persistent volume claim.

A handle is a name and what somebody asked for, checked when it is made and before any request. The cluster is read when
something is needed that only it knows, and that is remembered until the handle changes it. The cluster itself is bound
at the first request and kept: a handle never wanders to another one because the kernel's current cluster changed.

The public face is Kubetorch's, argument by argument. Where the meaning differs the method says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kt_jupyter.errors import InvalidMountPath, NotFound
from kt_jupyter.kube import CLAIMS, PODS, Cluster, current
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs import human, names, paths
from kt_jupyter.specs.access_modes import AccessMode, shorten
from kt_jupyter.specs.access_modes import access_mode as read_access_mode
from kt_jupyter.specs.quantity import Quantity, storage_size
from kt_jupyter.volumes import creation, deletion, reporting
from kt_jupyter.volumes.choice import Choice
from kt_jupyter.volumes.creation import Wish
from kt_jupyter.volumes.deletion import Deletion
from kt_jupyter.volumes.reading import absence, read_facts
from kt_jupyter.volumes.reporting import Say
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.users import PodUse, users_of
from kt_jupyter.volumes.verdict import State, Verdict
from kt_jupyter.volumes.waiting import wait_until_settled

if TYPE_CHECKING:
    from kubernetes.client import V1PersistentVolumeClaim

Json = dict[str, Any]
_NOTHING_READ: Json = {"metadata": {}, "spec": {}}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments a handle was made with, checked; None for what was left open."""

    name: str
    namespace: str | None
    mount_path: str | None
    size: Quantity | None = None
    size_text: str | None = None
    access_mode: AccessMode | None = None
    storage_class: str | None = None


class Volume:
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
        self._bind(
            _Asked(
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
        Volume._bind(
            volume,
            _Asked(
                name=names.claim_name(name),
                namespace=None if namespace is None else names.namespace_name(namespace),
                mount_path=None if mount_path is None else paths.mount_path(mount_path),
            ),
        )
        return volume

    def _bind(self, asked: _Asked) -> None:
        self._asked = asked
        self._on: Cluster | None = None
        self._claim: Json | None = None
        self._choice: Choice | None = None
        self._notices: tuple[str, ...] = ()

    # -- what it is -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The volume's name."""
        return self._asked.name

    @property
    def pvc_name(self) -> str:
        """The claim's name, which is the volume's."""
        return self._asked.name

    @property
    def namespace(self) -> str:
        """The namespace it lives in."""
        return self._asked.namespace or self._cluster.namespace

    @property
    def size(self) -> str:
        """How much was asked for, as it was written; of an existing volume, what its claim says."""
        return self._asked.size_text or str(claims.requested(self._existing()) or "0")

    @property
    def mount_path(self) -> str:
        """Where pods mount it.

        Raises:
            InvalidMountPath: It was not given, and the existing claim has no annotation that says it.
        """
        path = self._asked.mount_path or claims.mount_path(self._existing())
        if path is None:
            raise InvalidMountPath(
                f'nothing says where to mount volume "{self.name}": its claim has no {claims.MOUNT_PATH_ANNOTATION}.',
                remedy=f'To say it: kt.Volume.from_name("{self.name}", mount_path="/data")',
            )
        return path

    @property
    def access_mode(self) -> str:
        """The access mode in Kubernetes' long spelling; before the volume is made, the one it would get."""
        if self._asked.access_mode is not None:
            return self._asked.access_mode.value
        claim = self._found()
        if claim is None:
            return self._chosen().access_mode.value
        modes = claims.access_modes(claim)
        return AccessMode.RWX.value if AccessMode.RWX.value in modes else modes[0]

    @property
    def storage_class(self) -> str | None:
        """The storage class; before the volume is made, the one it would get. None where that is not known."""
        if self._asked.storage_class is not None:
            return self._asked.storage_class
        claim = self._found()
        return self._chosen().expected_class if claim is None else claims.storage_class(claim)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was worth saying when it was made, such as why it is for one node at a time."""
        return self._notices

    def config(self) -> dict[str, str | None]:
        """Return the volume's configuration.

        Keys: ``name``, ``size``, ``access_mode``, ``mount_path``, ``storage_class``, ``namespace``. Unlike Kubetorch's
        it has the storage class of a bound volume too. A mount path that nothing says is None.
        """
        path = self._asked.mount_path or claims.mount_path(self._existing())
        return {
            "name": self.name,
            "size": self.size,
            "access_mode": self.access_mode,
            "mount_path": path,
            "storage_class": self.storage_class,
            "namespace": self.namespace,
        }

    def manifest(self) -> Json:
        """Return the claim that ``create()`` would send, storage class and access mode settled."""
        return self._wish().manifest(self._chosen())

    # -- what can be done with it -----------------------------------------------------------------------------------

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
        return self._cluster.typed_claim(self.ensure(dry_run=dry_run, notify=notify))

    def ensure(self, *, dry_run: bool = False, notify: Say | None = None) -> Json:
        """Do what ``create`` does and return the claim as a plain dict, without importing the official client."""
        made = creation.ensure(self._cluster, self._wish(), dry_run=dry_run)
        self._notices = made.notices
        for line in made.notices:
            reporting.notice(line, notify)
        if not (dry_run and made.new):
            self._claim = made.claim
        return made.claim

    def exists(self) -> bool:
        """Ask the cluster whether the volume exists; one that is being deleted does until it is gone."""
        self._claim = None
        return self._found() is not None

    def status(self) -> VolumeStatus:
        """Read the volume's state: bound, waiting for its first use, in trouble and why, and who uses it.

        Returns:
            What is known at this moment. A volume that was described but not made is ``State.ABSENT``.

        Raises:
            VolumeNotFound: The handle is from ``from_name`` and there is no such volume.
        """
        facts = read_facts(self._cluster, self.namespace, self.name)
        self._claim = facts.claim
        if facts.claim is not None:
            return facts.status()
        if self._asked.size is None:
            raise absence(self._cluster, self.namespace, self.name)
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
        status = wait_until_settled(self._cluster, self.namespace, self.name, timeout=timeout, progress=progress)
        self._claim = dict(status.claim)
        return status

    def users(self) -> list[PodUse]:
        """Return the pods that use the volume, those that have finished and hold it still included."""
        return users_of(self.name, self._cluster.list(PODS, namespace=self.namespace))

    def delete(
        self,
        force: bool = False,  # noqa: FBT001, FBT002  # vol.delete(True) is not what anybody writes; Kubetorch's order
        wait: bool = True,  # noqa: FBT001, FBT002
        timeout: float | None = 60,
        *,
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
        planned = deletion.plan(self._cluster, self.namespace, self.name)
        if dry_run:
            return planned
        done = deletion.carry_out(self._cluster, planned, force=force, wait=wait, timeout=timeout, progress=progress)
        self._remember(done.claim)
        return done

    # -- how it knows -----------------------------------------------------------------------------------------------

    @property
    def _cluster(self) -> Cluster:
        if self._on is None:
            self._on = current()
        return self._on

    def _found(self) -> Json | None:
        """Return the claim, read once; None when there is none."""
        if self._claim is None:
            try:
                self._claim = self._cluster.get(CLAIMS, self.name, namespace=self.namespace)
            except NotFound:
                return None
        return self._claim

    def _existing(self) -> Json:
        claim = self._found()
        if claim is None:
            raise absence(self._cluster, self.namespace, self.name)
        return claim

    def _chosen(self) -> Choice:
        if self._choice is None:
            self._choice = creation.choice_for(self._cluster, self._wish())
        return self._choice

    def _wish(self) -> Wish:
        asked = self._asked
        if asked.size is not None and asked.mount_path is not None:
            return Wish(
                asked.name, self.namespace, asked.size, asked.mount_path, asked.access_mode, asked.storage_class
            )
        claim = self._existing()
        size = claims.requested(claim)
        assert size is not None, "the server accepts no claim without a size"
        mode = read_access_mode(self.access_mode)
        return Wish(self.name, self.namespace, size, self.mount_path, mode, claims.storage_class(claim))

    def _remember(self, deleted: Json | None) -> None:
        """Forget the claim that was deleted, but not what it was: ``create()`` after ``delete()`` makes its like.

        Its like, not itself: a claim bound to the same disk would wait for one that is gone.
        """
        if deleted is not None and self._asked.size is None:
            self._claim = deleted
            wish = self._wish()
            self._asked = _Asked(
                wish.name,
                wish.namespace,
                wish.mount_path,
                wish.size,
                str(wish.size),
                wish.access_mode,
                wish.storage_class,
            )
        self._claim = None
        self._choice = None

    def __repr__(self) -> str:
        """Say what is known without a request: what was asked, and what was read before."""
        asked, claim = self._asked, self._claim or _NOTHING_READ
        size = asked.size or claims.requested(claim)
        path = asked.mount_path or claims.mount_path(claim)
        parts = (
            f"Volume {asked.name}",
            human.size(size) if size else "",
            asked.access_mode.short if asked.access_mode else shorten(claims.access_modes(claim)),
            asked.storage_class or claims.storage_class(claim) or "",
            f"at {path}" if path else "",
            f"in {asked.namespace}" if asked.namespace else "",
        )
        return "  ".join(part for part in parts if part)
