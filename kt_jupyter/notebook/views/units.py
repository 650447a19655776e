"""Sizes and ages as a view shows them: short, with the exact value behind.

Ages under a minute are not counted: nobody needs the seconds, and a view made twice within a minute is the same text.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kt_jupyter.notebook.views.blocks import Exact, Span
from kt_jupyter.specs import human
from kt_jupyter.specs.quantity import Quantity

NOTHING = "–"
_MINUTE = timedelta(minutes=1)


def size(amount: Quantity | None) -> Span:
    """Show a size as ``10 Gi``, with the bytes behind."""
    if amount is None:
        return NOTHING
    return Exact(human.size(amount), f"{amount} = {int(amount):,} bytes")


def age(since: datetime | None, now: datetime | None = None) -> Span:
    """Show how long ago something was, ``3 d``, with the moment behind."""
    if since is None:
        return NOTHING
    now = now or datetime.now(UTC)
    short = "<1 min" if now - since < _MINUTE else human.age(since, now)
    return Exact(short, moment(since))


def made(since: datetime, now: datetime | None = None) -> Span:
    """Say when something was made: ``made 3 d ago``, ``made just now``."""
    now = now or datetime.now(UTC)
    words = "made just now" if now - since < _MINUTE else f"made {human.age(since, now)} ago"
    return Exact(words, moment(since))


def moment(when: datetime) -> str:
    """Write a moment out, in UTC as the cluster keeps it."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
