"""One column, and the values that many kinds show alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, name_of, parse_time

UNSET: Final = "<unset>"
NONE: Final = "<none>"
UNKNOWN: Final = "<unknown>"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how its cell is made; priority 1 is shown by ``-o wide`` only."""

    name: str
    value: Callable[[Object], Any]
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0

    def definition(self) -> dict[str, Any]:
        """Return its TableColumnDefinition."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


def age(obj: Object) -> str:
    """Return how long ago an object was made."""
    return since(dig(obj, "metadata", "creationTimestamp"))


def since(moment: str | None) -> str:
    """Return how long ago a moment was, as kubectl writes it."""
    if not moment:
        return UNKNOWN
    return duration((dt.datetime.now(dt.UTC) - parse_time(moment)).total_seconds())


def duration(seconds: float) -> str:
    """Write a duration in two to three figures, as ``k8s.io/apimachinery/pkg/util/duration`` does."""
    if seconds < -1:
        return "<invalid>"
    whole = max(int(seconds), 0)
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    # Up to each limit, the bigger unit and what is left in the smaller one, or the unit alone.
    for limit, unit, sign, rest, rest_sign in _STEPS:
        if whole < limit:
            left = whole % unit // rest if rest else 0
            return f"{whole // unit}{sign}{left}{rest_sign}" if left else f"{whole // unit}{sign}"
    return f"{whole // _YEAR}y"


_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_YEAR: Final = 365 * _DAY
_STEPS: Final = (
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)


NAME: Final = Column(
    "Name",
    name_of,
    format="name",
    description=(
        "Name must be unique within a namespace. Is required when creating resources, although some resources may "
        "allow a client to request the generation of an appropriate name automatically. Name is primarily intended "
        "for creation idempotence and configuration definition. Cannot be updated. More info: "
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
    ),
)
AGE: Final = Column(
    "Age",
    age,
    description=(
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not "
        "guaranteed to be set in happens-before order across separate operations. Clients may not set this value. "
        "It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. "
        "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
    ),
)
