"""JSON merge patch (RFC 7396): objects merge, null removes, everything else replaces."""

from __future__ import annotations

from typing import Any


def merge(target: Any, change: Any) -> Any:
    """Return ``target`` (changed in place where it is an object) with a merge patch applied."""
    if not isinstance(change, dict):
        return change
    if not isinstance(target, dict):
        target = {}
    for key, value in change.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = merge(target.get(key), value)
    return target
