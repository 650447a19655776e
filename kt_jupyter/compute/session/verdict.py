"""What the cluster says of a session's pod: whether it has ended, as an error. Pure: a pod's object in, a sentence out.

How a pod ended is ``compute.ending``'s to say; here it is told to who was in conversation with it.
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.compute.ending import DELETED, Ending, ending, ending_of_job
from kt_jupyter.errors import SessionEnded

Json = dict[str, Any]

_GONE: Final = " What ran there has ended, and its variables are gone."


def ended(pod: Json | None, last: Json | None, name: str, container: str | None) -> SessionEnded | None:
    """Return why a session is over; None while it is not.

    Args:
        pod: Its object; None when there is none (any more).
        last: The object before, if any.
        name: The pod's name.
        container: The agent's; None for the first.
    """
    if pod is None:
        return _told((ending(last, container) if last is not None else None) or DELETED, name)
    how = ending(pod, container)
    return _told(how, name) if how is not None and how.over else None


def leaving(pod: Json | None, name: str, container: str | None) -> SessionEnded | None:
    """Return why a session is about to be over: its pod is told to end."""
    if pod is None or not pod["metadata"].get("deletionTimestamp"):
        return None
    return _told(ending(pod, container) or DELETED, name)


def deleted(name: str) -> SessionEnded:
    """Return what is true when nothing more is known."""
    return _told(DELETED, name)


def job_of(pod: Json | None) -> str | None:
    """Return the name of the Job that made a pod."""
    owners = ((pod or {}).get("metadata") or {}).get("ownerReferences") or ()
    return next((owner["name"] for owner in owners if owner.get("controller") and owner.get("kind") == "Job"), None)


def job_failed(job: Json, name: str) -> SessionEnded | None:
    """Return why a Job deleted its pod; None when it did not."""
    how = ending_of_job(job)
    return _told(how, name) if how is not None and how.reason in {"deadline", "preempted"} else None


def scheduled(pod: Json) -> bool:
    """Whether a node has it."""
    return bool((pod.get("spec") or {}).get("nodeName"))


def _told(how: Ending, name: str) -> SessionEnded:
    gone = "" if how.kept is False or how.reason == "not started" else _GONE
    return SessionEnded(
        f'the session in pod "{name}" has ended: {how.why}.{gone}',
        reason=how.reason,
        why=how.why,
        kept=how.kept,
        remedy=how.remedy,
        server=how.server,
    )
