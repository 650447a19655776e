"""Sizes and ages as a person reads them.

One unit system everywhere (binary), so that a column can be compared by eye; the exact value belongs beside it, in a
tooltip or in ``--json``. Nothing here is ever parsed again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from kt_jupyter.specs.quantity import Quantity

_UNITS = ((60, "Ei"), (50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki"))
_SPANS = ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def size(amount: Quantity | int) -> str:
    """Write bytes in binary units with three digits or a few more: ``10 Gi``, ``1.5 Ti``, ``954 Mi``, ``512 bytes``."""
    count = amount.value if isinstance(amount, Quantity) else Fraction(amount)
    for exponent, unit in _UNITS:
        number = count / 2**exponent
        # 1023.6 Mi has four digits and 0.9996 Gi rounds to 1: a unit begins where the one below needs a fifth digit.
        if abs(number) >= Fraction(9995, 10000):
            return f"{_short(number)} {unit}"
    return f"{float(count):g} {'byte' if count == 1 else 'bytes'}"


def count(number: Quantity | int, what: str) -> str:
    """Write a number of things: ``1 CPU``, ``0.5 CPUs``, ``8 GPUs``."""
    value = number.value if isinstance(number, Quantity) else number
    return f"{float(value):g} {what}{'' if value == 1 else 's'}"


def fitted(text: str, room: int) -> str:
    """Return text in at most that many characters, the middle left out: names differ at their ends.

    >>> fitted("imagenet-2012-training", 16)
    'imagene…training'
    """
    kept = max(room - 1, 2)
    return text if len(text) <= room else f"{text[: kept // 2]}…{text[len(text) - (kept + 1) // 2 :]}"


def age(since: datetime | str | None, now: datetime | None = None) -> str:
    """Write how long ago something was, in its largest whole unit: ``3 d``, ``4 h``, ``2 min``, ``8 s``.

    Args:
        since: a time, or Kubernetes' text of one (``2026-11-24T03:00:00Z``).
        now: what to count from; the present unless given.
    """
    if not since:
        return "–"
    start = datetime.fromisoformat(since) if isinstance(since, str) else since
    # The API server's clock and ours differ: what is just made may lie a little in the future.
    seconds = max(0, int(((now or datetime.now(UTC)) - start).total_seconds()))
    for length, unit in _SPANS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return "0 s"


def _short(number: Fraction) -> str:
    whole_digits = 100
    return str(round(number)) if abs(number) >= whole_digits else f"{float(number):.3g}"
