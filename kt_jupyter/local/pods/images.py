"""Which images this machine can stand in for.

The local cluster has no container images. A pod's processes are this machine's own programs, which is as good as the
image for a shell, coreutils or Python, and not at all for anything else. So a short list of general-purpose images is
accepted, and said to be stood in for; every other one ends in ``ErrImagePull`` and then ``ImagePullBackOff``, as an
image does that a real cluster cannot get. Pretending that ``postgres:16`` runs would only move the error to where
nobody understands it.

The rule: the name decides, written with or without Docker Hub's prefix; any tag or digest of it is taken, because
whether there is an ``alpine:3.99`` only a registry knows, and this cluster asks none. A shell in any of them is this
machine's: ``alpine`` may well have bash here, and ``python:3.12-slim`` has the Python that the server runs with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kt_jupyter.specs.images import REFERENCE

# Image → the command it runs when the container names none.
STAND_INS: Final = {
    "alpine": ["/bin/sh"],
    "bash": ["bash"],
    "busybox": ["sh"],
    "debian": ["bash"],
    "ubuntu": ["/bin/bash"],
    "python": ["python3"],
}
IMAGE_ID: Final = "local.kt-jupyter.dev/programs-of-this-machine"

_HUB: Final = re.compile(r"(?:(?:index\.)?docker\.io/)?(?:library/)?([^/:@]+)(?:[:@].*)?")


@dataclass(frozen=True, slots=True)
class Image:
    """An image that can be stood in for: its full name, and its own command."""

    name: str
    command: list[str]


class ImageProblem(Exception):  # noqa: N818  (it becomes a state of the container)
    """An image that cannot be had: the waiting reason, and the message a person reads."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def find_image(reference: str) -> Image:
    """Return what stands in for an image.

    Raises:
        ImageProblem: ``InvalidImageName`` or ``ErrImagePull``.
    """
    if not REFERENCE.fullmatch(reference):
        raise ImageProblem("InvalidImageName", _invalid(reference))
    name = _HUB.fullmatch(reference)
    command = STAND_INS.get(name.group(1)) if name else None
    if command is None:
        raise ImageProblem("ErrImagePull", _absent(reference))
    return Image(_full_name(reference), command)


def _full_name(reference: str) -> str:
    short = reference.removeprefix("index.").removeprefix("docker.io/").removeprefix("library/")
    tagged = short if ":" in short or "@" in short else f"{short}:latest"
    return f"docker.io/library/{tagged}"


def _invalid(reference: str) -> str:
    """The kubelet's words (``parsers.ParseImageName``)."""
    why = "invalid reference format"
    first, slash, rest = reference.partition("/")
    has_domain = slash and ("." in first or ":" in first or first == "localhost")
    path = rest if has_domain else (reference if slash else f"library/{reference}")
    name = path.partition("@")[0].partition(":")[0]
    if name != name.lower():
        why += f": repository name ({name}) must be lowercase"
    return f'Failed to apply default image tag "{reference}": couldn\'t parse image name "{reference}": {why}'


def _absent(reference: str) -> str:
    names = ", ".join(sorted(STAND_INS))
    return (
        f'failed to pull and unpack image "{reference}": the local cluster runs no images, only this machine\'s own '
        f"programs, which can stand in for: {names}"
    )
