"""Why an image cannot be had, from what the node says of it.

A node tries again, ever more seldom, and never gives up. Most of what it meets does not change by trying: no such
image, no right to it, a registry that is not there. Those end the wait; a registry that is busy or slow does not.
"""

from __future__ import annotations

import re
from typing import Final

from kt_jupyter.errors import ImageNotAvailable
from kt_jupyter.pods.obstacle import Obstacle

_PULL: Final = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
NOT_AN_IMAGE: Final = ("InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "SignatureValidationFailed")
REASONS: Final = (*_PULL, *NOT_AN_IMAGE)

_LATER: Final = re.compile(
    r"timeout|timed out|deadline exceeded|connection (?:refused|reset)|\bEOF\b|TLS handshake|temporary failure"
    r"|\b50[0234]\b|pull QPS exceeded|network is unreachable|no route to host",
    re.IGNORECASE,
)
_SPELLING: Final = "Check its name and its tag."
_FINAL: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), fact, remedy)
    for pattern, fact, remedy in (
        (
            r"toomanyrequests|too many requests|rate limit|\b429\b",
            'the registry of image "{image}" gives out no more images for now (its rate limit)',
            "Try again later, or name an image from another registry.",
        ),
        (
            r"lookup (?P<host>\S+?)(?: on \S+)?: (?:no such host|server misbehaving)",
            'image "{image}" cannot be had: its node finds no registry {host}',
            _SPELLING,
        ),
        (
            r"denied|unauthorized|authorization|forbidden|\b40[13]\b",
            'image "{image}" does not exist, or is not given out to this namespace',
            f"{_SPELLING} A private image needs a pull secret at the namespace's service account.",
        ),
        (r"not ?found|manifest unknown|\b404\b", 'there is no image "{image}"', _SPELLING),
    )
)
_PREAMBLE: Final = re.compile(
    r'^(?:Back-off pulling image "[^"]*": |Failed to pull image "[^"]*": |\w*ErrImagePull: '
    r"|rpc error: code = \w+ desc = |failed to pull and unpack image \"[^\"]*\": "
    r"|failed to resolve (?:reference|image) \"[^\"]*\": )+"
)


def unavailable(image: str, reason: str, said: str) -> Obstacle:
    """Return what a node's words about an image mean.

    Args:
        image: The image as it was asked for.
        reason: The container's waiting reason, one of ``REASONS``.
        said: The message beside it.
    """
    words = _PREAMBLE.sub("", " ".join(said.split())).rstrip(".")
    if reason == "InvalidImageName":
        return _final(f'"{image}" is not the name of an image', "For example: alpine:latest, python:3.12-slim")
    if reason in NOT_AN_IMAGE:
        return _final(f'image "{image}" cannot be used ({reason}): {words}', "Name another image.")
    for pattern, fact, remedy in _FINAL:
        if found := pattern.search(said):
            return _final(fact.format(image=image, **found.groupdict()), remedy)
    if _LATER.search(said):
        return Obstacle(f'image "{image}" is not there yet, and the node tries again: {words}')
    return _final(f'image "{image}" cannot be had: {words}', "Name another image.")


def _final(fact: str, remedy: str) -> Obstacle:
    return Obstacle(fact, remedy, final=True, error=ImageNotAvailable)
