"""One change in a watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and the whole object after it; for DELETED as it was last.

    The object is shared with the watch's memory: read it, copy it, do not change it.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: dict[str, Any]
