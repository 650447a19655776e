"""What the events of a claim say about why it waits.

Events are a log for people, not a state: they are kept for an hour, repeated ones are counted, and old ones stay. So
little is read from them: the newest Warning counts, ``WaitForFirstConsumer`` is normal and stays after binding, and
``ExternalProvisioning`` is normal too, unless it goes on and on without the provisioner ever answering.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from kt_jupyter.kube import CLAIMS
from kt_jupyter.pods.obstacle import last_seen

Event = Mapping[str, Any]

# The controller repeats itself every 15 s (its resync period); a provisioner that runs answers within a second or two.
_PATIENCE = timedelta(seconds=20)


def about(name: str | None = None, *, classes_known: bool = False) -> str:
    """Return the field selector for the events of one claim, or of all.

    By name and not by uid, which would take reading the claim first; a namesake's events are told apart later. With the
    classes known, who waits for a first consumer follows from them, and these events, one a claim, need not be read.
    """
    selector = f"involvedObject.kind={CLAIMS.kind}"
    if name is not None:
        selector += f",involvedObject.name={name}"
    return f"{selector},reason!=WaitForFirstConsumer" if classes_known else selector


def newest_warning(events: Iterable[Event]) -> str | None:
    """Return the text of the newest Warning."""
    newest = max((each for each in events if each.get("type") == "Warning"), key=last_seen, default=None)
    return newest.get("message") or newest.get("reason") if newest else None


def waits_for_first_consumer(events: Iterable[Event]) -> bool:
    """Whether the controller said that it waits for a pod."""
    return any(each.get("reason") == "WaitForFirstConsumer" for each in events)


def unanswered(events: Iterable[Event]) -> bool:
    """Whether the controller asks an external provisioner for a disk, again and again, and none has begun."""
    asked = None
    for each in events:
        if str(each.get("reason")).startswith("Provisioning"):
            return False
        if each.get("reason") == "ExternalProvisioning":
            asked = each
    return asked is not None and _span(asked) >= _PATIENCE


def _span(event: Event) -> timedelta:
    first, last = event.get("firstTimestamp"), event.get("lastTimestamp")
    return datetime.fromisoformat(last) - datetime.fromisoformat(first) if first and last else timedelta()
