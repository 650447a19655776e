"""The volumes of a compute, as they are named: checked among themselves before any request.

A volume is a ``kt.Volume``, which may not exist yet, or the name of one that does, with or without a place to mount it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kt_jupyter.errors import InvalidInput, InvalidMountPath
from kt_jupyter.specs.mounting import mount_text
from kt_jupyter.volumes import Volume


@dataclass(frozen=True, slots=True)
class Wanted:
    """A volume that a compute is to mount.

    Attributes:
        name: Its name.
        path: Where it is mounted; None leaves it to the claim's annotation.
        read_only: Nothing is to be written there.
        volume: The handle that was given; None where only a name was.
    """

    name: str
    path: str | None = None
    read_only: bool = False
    volume: Volume | None = None

    @property
    def namespace(self) -> str | None:
        """The namespace that was said; None where it was left open."""
        return self.volume.asked.namespace if self.volume else None

    @property
    def can_be_made(self) -> bool:
        """Whether it was described, so that it can be made where it does not exist."""
        return self.volume is not None and self.volume.asked.size is not None


def read_volumes(given: object) -> tuple[Wanted, ...]:
    """Read the ``volumes`` of a compute.

    Args:
        given: A list of ``kt.Volume`` and of words as ``specs.mounting`` reads them.

    Raises:
        InvalidInput: One is no volume, one is there twice, or two are to be mounted at one place.
    """
    if isinstance(given, str | Volume) or not isinstance(given, Iterable):
        raise InvalidInput(f"volumes is a list, not {given!r}.", remedy='For example: volumes=["my-data"]')
    wanted = tuple(map(_read, given))
    refuse_twice(wanted)
    return wanted


def refuse_twice(wanted: Iterable[Wanted]) -> None:
    """Refuse a volume that is mounted twice, and two at one place; a place that is not known yet counts for none.

    Raises:
        InvalidInput, InvalidMountPath: With both of them.
    """
    by_name: dict[str, Wanted] = {}
    by_path: dict[str, Wanted] = {}
    for each in wanted:
        if before := by_name.get(each.name):
            places = dict.fromkeys(one.path or "its own mount path" for one in (before, each))
            raise InvalidInput(
                f'volume "{each.name}" is there twice: at {" and ".join(places)}.',
                remedy="Once is enough: leave one of them out.",
            )
        by_name[each.name] = each
        if each.path is None:
            continue
        if before := by_path.get(each.path):
            raise InvalidMountPath(
                f'volumes "{before.name}" and "{each.name}" are both to be mounted at {each.path}.',
                remedy=f'Mount one of them elsewhere, such as "{each.name}:/mnt/{each.name}".',
            )
        by_path[each.path] = each


def namespace_of(wanted: Iterable[Wanted], asked: str | None) -> str | None:
    """Return the namespace of a compute, as far as it was said: by itself, or by its volumes.

    Args:
        wanted: Its volumes.
        asked: Its own ``namespace``; None where it was left open.

    Raises:
        InvalidInput: Two of them are said to be in different namespaces: a pod mounts only what its own has.
    """
    said = {each.namespace: each.name for each in wanted if each.namespace is not None}
    if asked is not None:
        for namespace, name in said.items():
            if namespace != asked:
                raise elsewhere(name, namespace, asked)
        return asked
    if len(said) > 1:
        listed = ", ".join(f'"{name}" in {namespace}' for namespace, name in said.items())
        raise InvalidInput(
            f"the volumes are in different namespaces: {listed}. A pod mounts only what its own namespace has.",
            remedy="Use those of one namespace, or make another volume there and copy the data.",
        )
    return next(iter(said), None)


def elsewhere(name: str, namespace: str, here: str) -> InvalidInput:
    """Return the error for a volume in another namespace than the compute's."""
    return InvalidInput(
        f'volume "{name}" is in namespace {namespace} and the compute in {here}. A pod mounts only what its own '
        "namespace has.",
        remedy=f'Let the compute run there: namespace="{namespace}"',
    )


def _read(given: object) -> Wanted:
    if isinstance(given, Volume):
        return Wanted(given.name, given.asked.mount_path, volume=given)
    return Wanted(*mount_text(given))
