"""Image names, checked before any request.

The grammar is the one of every container runtime (``github.com/distribution/reference``). Whether there is such an
image only its registry knows.
"""

from __future__ import annotations

import re

from kt_jupyter.errors import InvalidName

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::\d+)?"
REFERENCE = re.compile(
    rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::[\w][\w.-]{{0,127}})?(?:@[a-z0-9]+:[0-9a-fA-F]{{32,}})?",
    re.ASCII,
)
_EXAMPLE = "alpine:latest, ubuntu:22.04, python:3.12-slim"


def image_name(name: object) -> str:
    """Check the name of a container image.

    >>> image_name("python:3.12-slim")
    'python:3.12-slim'

    Raises:
        InvalidName: with what is wrong and a valid spelling.
    """
    if not isinstance(name, str) or not name:
        fact = "the image's name is empty." if name == "" else f"an image's name is text, not {name!r}."
        raise InvalidName(fact, remedy=f"For example: {_EXAMPLE}")
    if REFERENCE.fullmatch(name):
        return name
    shown = f'"{name}"' if name.isprintable() else repr(name)
    near = _near(name)
    raise InvalidName(
        f"{shown} is not the name of an image.",
        remedy=f"Did you mean {near}?" if near else f"For example: {_EXAMPLE}",
    )


def _near(name: str) -> str | None:
    """Return the nearest valid name: small letters, no spaces, no address of a web page."""
    bare = re.sub(r"^\w+://", "", "".join(name.split()))
    for candidate in (bare, bare.lower()):
        if REFERENCE.fullmatch(candidate):
            return candidate
    return None
