"""Which access mode and storage class a new volume gets.

Kubetorch's default is ReadWriteMany everywhere, which stays Pending for ever on every stock cloud cluster, or an error
on all that lack two particular drivers. Here ``access_mode=None`` means: ReadWriteMany if a class can really do it,
else ReadWriteOnce, said aloud. What was asked for explicitly is never weakened: it is an error, before anything is
made, when it cannot be had. And a class is only named in the claim when there is a reason to: otherwise the server
gives its default, which needs no right to list classes (they are cluster-wide).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import NoSharedStorage, StorageClassNotFound
from kt_jupyter.specs import claim as claims
from kt_jupyter.specs.access_modes import AccessMode
from kt_jupyter.specs.storage import Sharing, StorageClass, default_class, provisioner_of, shared_class

_ONE_NODE = "ReadWriteOnce: one node at a time, so pods on several nodes cannot share it"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a new claim asks for.

    Attributes:
        access_mode: Its one access mode.
        storage_class: The class to name in it; None leaves it to the server.
        expected_class: The class it will have, as far as that can be known.
        notices: What is worth saying about it.
    """

    access_mode: AccessMode
    storage_class: str | None
    expected_class: str | None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Market:
    """The storage that can be had: the classes, and what the namespace's own claims prove about them.

    Attributes:
        classes: The cluster's classes, or those the claims name where classes may not be listed.
        complete: Whether ``classes`` are all there are.
        shared: Names of classes and provisioners of claims that are bound with ReadWriteMany.
    """

    classes: Sequence[StorageClass]
    complete: bool
    shared: frozenset[str]

    @classmethod
    def of(cls, classes: Iterable[Mapping[str, Any]] | None, own_claims: Iterable[Mapping[str, Any]]) -> Market:
        """Read the server's objects; ``classes`` is None where they may not be listed."""
        own = list(own_claims)
        known = _learned(own) if classes is None else [StorageClass.from_manifest(each) for each in classes]
        proof = [each for each in own if _bound_for_many(each)]
        names = {claims.storage_class(each) or "" for each in proof} | {provisioner_of(each) for each in proof}
        return cls(known, complete=classes is not None, shared=frozenset(names - {""}))

    @property
    def default(self) -> StorageClass | None:
        """The class the server gives where none is named."""
        return default_class(self.classes)

    def find(self, name: str) -> StorageClass | None:
        """Return the class of that name."""
        return next((each for each in self.classes if each.name == name), None)

    def describe(self) -> str:
        """Write the classes for a sentence: ``standard (one node at a time), nfs (shared by many nodes)``."""
        listed = sorted(self.classes, key=lambda each: each.name)
        return ", ".join(f"{each.name} ({each.sharing.value})" for each in listed) or "none"


def choose(access_mode: AccessMode | None, storage_class: str | None, market: Market) -> Choice:
    """Settle what a new claim asks for.

    Args:
        access_mode: as asked; None for the best that can be had.
        storage_class: as asked; None for a fitting one; ``""`` for a disk made by hand.
        market: the storage that can be had.

    Raises:
        StorageClassNotFound: the class asked for does not exist.
        NoSharedStorage: ReadWriteMany was asked for and cannot be had.
    """
    if storage_class == "":
        return Choice(access_mode or AccessMode.RWO, "", None)
    if storage_class is not None:
        return _in_class(access_mode, storage_class, market)
    if access_mode is None:
        return _best(market)
    if access_mode is AccessMode.RWX:
        return _shared(market)
    return Choice(access_mode, None, market.default.name if market.default else None, _defaultless(market))


def _in_class(access_mode: AccessMode | None, name: str, market: Market) -> Choice:
    found = market.find(name)
    if found is None and market.complete:
        raise StorageClassNotFound(
            f'there is no storage class "{name}" in this cluster.', remedy=f"Classes here: {market.describe()}."
        )
    verdict = found.sharing if found else Sharing.UNKNOWN
    if name in market.shared and verdict is not Sharing.SINGLE_NODE:
        verdict = Sharing.YES
    if access_mode is None:
        if verdict is Sharing.YES:
            return Choice(AccessMode.RWX, name, name)
        return Choice(AccessMode.RWO, name, name, (f"{_ONE_NODE} (class {name}: {verdict.value}).",))
    if access_mode is not AccessMode.RWX or verdict is Sharing.YES:
        return Choice(access_mode, name, name)
    if verdict is Sharing.NO:
        raise NoSharedStorage(
            f"class {name} cannot do ReadWriteMany: its volumes are for {Sharing.NO.value}.",
            remedy=f'Classes here: {market.describe()}.\nOr ask for one node: access_mode="ReadWriteOnce"',
        )
    return Choice(
        access_mode, name, name, (f"Whether class {name} can do ReadWriteMany its driver decides: {verdict.value}.",)
    )


def _best(market: Market) -> Choice:
    found = shared_class(market.classes, in_use=market.shared)
    if found:
        return Choice(AccessMode.RWX, found.name, found.name)
    default = market.default
    why = "no storage class here is known to be shared" if market.complete else "storage classes may not be listed here"
    notices = (f"{_ONE_NODE} ({why}).", *_defaultless(market))
    return Choice(AccessMode.RWO, None, default.name if default else None, notices)


def _shared(market: Market) -> Choice:
    found = shared_class(market.classes, in_use=market.shared, conditional=True)
    if found and found.sharing is Sharing.CONDITIONAL and found.name not in market.shared:
        return Choice(AccessMode.RWX, found.name, found.name, (f"Class {found.name}: {found.sharing.value}.",))
    if found:
        return Choice(AccessMode.RWX, found.name, found.name)
    if not market.complete:
        notice = (
            "Whether the default class can do ReadWriteMany cannot be checked: storage classes may not be listed here."
        )
        return Choice(AccessMode.RWX, None, None, (notice,))
    raise NoSharedStorage(
        "no storage class of this cluster is known to do ReadWriteMany.",
        remedy=f'Classes here: {market.describe()}.\nAsk for one node: access_mode="ReadWriteOnce", '
        'or name a class you know to be shared: storage_class="…"',
    )


def _defaultless(market: Market) -> tuple[str, ...]:
    if not market.complete or market.default:
        return ()
    return (f"The cluster has no default storage class, so this waits until one is named: {market.describe()}.",)


def _learned(own_claims: Iterable[Mapping[str, Any]]) -> list[StorageClass]:
    """Return the classes that claims name, with the provisioner the controller noted on them."""
    found = {claims.storage_class(each): provisioner_of(each) for each in own_claims if provisioner_of(each)}
    return [StorageClass(name, provisioner) for name, provisioner in found.items() if name]


def _bound_for_many(claim: Mapping[str, Any]) -> bool:
    """Whether the claim proves that its class shares a file system (raw devices prove nothing)."""
    bound = (claim.get("status") or {}).get("phase") == "Bound"
    return bound and claim["spec"].get("volumeMode") != "Block" and AccessMode.RWX.value in claims.access_modes(claim)
