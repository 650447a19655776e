"""Stub."""

from __future__ import annotations

from kt_jupyter.local.objects import Object, clone
from kt_jupyter.local.patch.merge import merge
from kt_jupyter.local.rest.target import Target


def track_update(obj: Object, old: Object | None, manager: str, subresource: str = "") -> None:
    """X."""


def apply(wanted: Object, old: Object | None, target: Target, manager: str, *, force: bool) -> Object:
    """X."""
    return wanted if old is None else merge(clone(old), wanted)
