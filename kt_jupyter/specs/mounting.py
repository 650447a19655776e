"""A volume to mount, in one word: ``data``, ``data:/mnt``, ``data:/mnt:ro``."""

from __future__ import annotations

from typing import NamedTuple

from kt_jupyter.errors import InvalidInput
from kt_jupyter.specs import names, paths

_MODES = {"ro": True, "rw": False}


class MountText(NamedTuple):
    """What such a word says.

    Attributes:
        name: The volume.
        path: Where it is mounted; None leaves it to the volume.
        read_only: Nothing can be written there.
    """

    name: str
    path: str | None = None
    read_only: bool = False


def mount_text(text: object) -> MountText:
    """Read such a word.

    >>> mount_text("data:/mnt:ro")
    MountText(name='data', path='/mnt', read_only=True)

    Raises:
        InvalidInput: It is none, or the name or the path in it is not what Kubernetes accepts.
    """
    if not isinstance(text, str):
        raise InvalidInput(
            f"{text!r} is no volume.", remedy='A volume is a kt.Volume, or a name: "data", "data:/mnt", "data:/mnt:ro"'
        )
    name, *rest = text.split(":")
    read_only = False
    if rest and rest[-1] in _MODES:
        read_only = _MODES[rest.pop()]
    if len(rest) > 1:
        raise InvalidInput(
            f'"{text}" says more than a volume, a path and ro.', remedy=f"For example: {name}:/data, or {name}:/data:ro"
        )
    path = paths.mount_path(rest[0]) if rest else None
    return MountText(names.claim_name(name), path, read_only)
