"""Spans of time as people write them for a cluster: ``30m``, ``8h``, ``1h30m``, or a number of seconds."""

from __future__ import annotations

import re

from kt_jupyter.errors import InvalidInput

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(d|h|m|s)[a-z]*\s*", re.ASCII | re.IGNORECASE)


def seconds(span: object, what: str = "time") -> int:
    """Return a span in whole seconds.

    >>> seconds("30m"), seconds("1h30m"), seconds(90)
    (1800, 5400, 90)

    Args:
        span: A number of seconds, or text such as ``"30m"``, ``"8h"``, ``"1 h 30 min"``, ``"2d"``.
        what: What it is, for the error.

    Raises:
        InvalidInput: It is no span of time, or none at all.
    """
    found = _read(span)
    if found is None or found < 1:
        raise InvalidInput(f"{span!r} is not a {what}.", remedy='For example: "30m", "8h", or a number of seconds')
    return round(found)


def written(count: float) -> str:
    """Write seconds for a sentence: ``30 min``, ``8 h``, ``90 s``."""
    whole = round(count)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= length and whole % length == 0:
            return f"{whole // length} {unit}"
    if whole > 2 * 60:
        return f"{round(whole / 60)} min"
    return f"{whole} s"


def _read(span: object) -> float | None:
    if isinstance(span, bool) or not isinstance(span, str | int | float):
        return None
    if isinstance(span, int | float):
        return span if span < 2**31 else None
    text = span.strip()
    if text.isdecimal():
        return float(text)
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    return sum(float(part[1]) * _UNITS[part[2].lower()] for part in parts)
