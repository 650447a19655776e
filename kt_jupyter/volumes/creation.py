"""Making a volume, or finding that it is there.

``ensure`` is idempotent: a claim that can serve what is asked is used as it is, whoever made it; one that cannot is an
error with the differences and both ways out, never a silent surprise (Kubetorch hands out the small claim, and even one
that is being deleted). Everything that decides is read in one round trip, so that the usual case costs two requests
in a row. Two notebooks that make the same volume at once both succeed.

A mount path that differs from the existing claim's annotation is no difference: it is where this user wants the volume,
not a property of the data. The annotation stays as its maker set it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import AlreadyExists, KtError, NotFound, VolumeDiffers
from kt_jupyter.kube import CLAIMS, STORAGE_CLASSES, Cluster, Get, List
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs import paths
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.specs.quantity import Quantity, parse
from kt_jupyter.volumes.choice import Choice, Market, choose
from kt_jupyter.volumes.pasting import python_arguments
from kt_jupyter.volumes.reading import elsewhere, optional, read_market

Json = dict[str, Any]
_SUSPICIOUSLY_SMALL = parse("1Mi")


@dataclass(frozen=True, slots=True)
class Wish:
    """A volume as it was asked for: checked values, None for what was left open."""

    name: str
    namespace: str
    size: Quantity
    mount_path: str | None
    access_mode: AccessMode | None = None
    storage_class: str | None = None

    def manifest(self, choice: Choice) -> Json:
        """Return the claim to send."""
        return claims.claim_manifest(
            self.name,
            size=self.size,
            access_mode=choice.access_mode,
            mount_path=self.mount_path,
            namespace=self.namespace,
            storage_class=choice.storage_class,
        )


@dataclass(frozen=True, slots=True)
class Made:
    """What ``ensure`` found or made.

    Attributes:
        claim: The claim as the server answered.
        new: Whether it was made just now.
        notices: What is worth saying about it.
    """

    claim: Json
    new: bool
    notices: tuple[str, ...] = ()


def ensure(cluster: Cluster, wish: Wish, *, dry_run: bool = False) -> Made:
    """Make the claim if it does not exist; return it if it can serve.

    Args:
        cluster: where.
        wish: what.
        dry_run: let the server check it (names, quotas, limits) and keep nothing.

    Raises:
        VolumeDiffers: a claim of that name exists and cannot serve.
        StorageClassNotFound: the class asked for does not exist.
        NoSharedStorage: ReadWriteMany was asked for and cannot be had.
        NamespaceNotFound: there is no such namespace.
        QuotaExceeded: the namespace has no room for it.
    """
    found, classes, own = cluster.gather(
        Get(CLAIMS, wish.name, wish.namespace),
        List(STORAGE_CLASSES),
        List(CLAIMS, wish.namespace),
        return_errors=True,
    )
    if not isinstance(found, KtError):
        return _existing(cluster, found, wish)
    if not isinstance(found, NotFound):
        raise found
    choice = choose(wish.access_mode, wish.storage_class, Market.of(optional(classes), optional(own) or ()))
    try:
        claim = cluster.create(CLAIMS, wish.manifest(choice), namespace=wish.namespace, dry_run=dry_run)
    except AlreadyExists:
        # Somebody made it between our two requests; if it can serve, that is as good as having made it.
        return _existing(cluster, cluster.get(CLAIMS, wish.name, namespace=wish.namespace), wish)
    return Made(claim, new=True, notices=(*_about(wish), *choice.notices))


def choice_for(cluster: Cluster, wish: Wish) -> Choice:
    """Return what a claim for this wish would ask for, were it made now."""
    return choose(wish.access_mode, wish.storage_class, read_market(cluster, wish.namespace))


def _existing(cluster: Cluster, claim: Json, wish: Wish) -> Made:
    found = claims.differences(
        claim, size=wish.size, access_mode=wish.access_mode, storage_class_name=wish.storage_class
    )
    if found:
        raise _differs(cluster, claim, wish, found)
    return Made(claim, new=False)


def _differs(cluster: Cluster, claim: Json, wish: Wish, found: dict[str, tuple[str, str]]) -> VolumeDiffers:
    namespace = elsewhere(cluster, wish.namespace)
    path = claims.mount_path(claim) or wish.mount_path
    use_it = f"kt.Volume.from_name({python_arguments(wish.name, namespace=namespace, mount_path=path)})"
    other = python_arguments(
        f"{wish.name[:251]}-2", size=str(wish.size), mount_path=wish.mount_path, namespace=namespace
    )
    if "state" in found:
        return VolumeDiffers(
            f'volume "{wish.name}" in {wish.namespace} is being deleted: it is Terminating until no pod holds it.',
            remedy=f"To see who holds it: {use_it}.status()\nOr make another: kt.Volume({other}).create()",
            differences=found,
        )
    written = "; ".join(f"{what.replace('_', ' ')} is {has}, asked was {asked}" for what, (has, asked) in found.items())
    return VolumeDiffers(
        f'volume "{wish.name}" exists in {wish.namespace} and cannot serve: {written}.',
        remedy=f"To use it as it is: {use_it}\nTo make another: kt.Volume({other}).create()\n"
        f"To replace it, and lose its data: {use_it}.delete(), then create again.",
        differences=found,
    )


def _about(wish: Wish) -> tuple[str, ...]:
    notices = [paths.notice(wish.mount_path)] if wish.mount_path else []
    if wish.size < _SUSPICIOUSLY_SMALL:
        notices.append(f"A size of {wish.size} is {int(wish.size)} bytes; units are Mi, Gi, Ti.")
    return tuple(each for each in notices if each)
