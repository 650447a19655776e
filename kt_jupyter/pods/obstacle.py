"""What stands in a pod's way: a fact in words, and whether it can come right by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import KtError, PodNotStarted

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a pod does not go on.

    Attributes:
        fact: What is true, as a clause without a full stop.
        remedy: What can be done about it.
        final: Waiting will not help.
        error: What is raised when it is final.
        server: The cluster's own words, where they add something.
    """

    fact: str
    remedy: str | None = None
    final: bool = False
    error: type[KtError] = PodNotStarted
    server: str | None = None

    def raised(self, subject: str) -> KtError:
        """Return the error; ``subject`` is what did not start, such as ``the terminal on my-data``."""
        return self.error(f"{subject} did not start: {self.fact}.", remedy=self.remedy, server=self.server)


def newest(events: Iterable[Json], *reasons: str) -> Json | None:
    """Return the newest event with one of these reasons."""
    return max((each for each in events if each.get("reason") in reasons), key=last_seen, default=None)


def last_seen(event: Json) -> str:
    """Return when an event was last observed; events of one series count up in place."""
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")


def about(events: Iterable[Json], obj: Json) -> list[Json]:
    """Return the events about an object, and not about a namesake of its."""
    uid = obj["metadata"].get("uid")
    return [each for each in events if each["involvedObject"].get("uid") == uid]


def message(event: Json) -> str:
    """Return an event's words, on one line."""
    return " ".join(str(event.get("message") or event.get("reason") or "").split())
