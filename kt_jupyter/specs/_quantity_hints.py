"""What somebody probably meant who wrote a size Kubernetes cannot read.

Most wrong sizes are right in another system: ``10GB`` (disks, where it may mean either unit), ``10 Gi`` (SI spacing),
``10g`` (Docker), ``10gib`` and a bare ``10`` (cloud consoles count in Gi). Every spelling offered is valid by
construction, because it is put together from a plain number and a known unit.
"""

from __future__ import annotations

import re

_EXAMPLE = "Write a number and a unit, for example 10Gi."
_LOOSE = re.compile(r"([+-]?)\s*([0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)[\s_]*([A-Za-z]*)", re.ASCII)
_DECIMAL = {"k": "k", "m": "M", "g": "G", "t": "T", "p": "P", "e": "E"}
_BINARY = {letter: f"{letter.upper()}i" for letter in _DECIMAL}
_LONGEST_NUMBER = 12


def spelling_hint(text: object) -> str:
    """Return a sentence with a valid spelling of what ``text`` seems to mean, or with an example."""
    candidates = _candidates(text)
    if not candidates:
        return _EXAMPLE
    return f"Did you mean {' or '.join(candidates)}?"


def _candidates(text: object) -> list[str]:
    if isinstance(text, bool):
        return []
    if isinstance(text, int | float):
        return [f'"{abs(text):g}Gi"'] if text else []
    match = _LOOSE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return []
    number = match[2].replace(",", ".")
    if not float(number) or len(number) > _LONGEST_NUMBER:
        return []
    return [f"{number}{unit}" for unit in _units(match[3])]


def _units(unit: str) -> list[str]:
    """Return the Kubernetes units a loosely written one may stand for, an ambiguous one first in its decimal form."""
    word = unit.lower()
    letter, rest = word[:1], word[1:]
    if word in ("", "gig", "gigs"):
        return ["Gi"]
    if letter not in _DECIMAL:
        return []
    # A lone m is Kubernetes' milli: nobody wants thousandths of a byte.
    if unit == "m" or rest in ("i", "ib", "ibi", "ibibyte", "ibibytes"):
        return [_BINARY[letter]]
    return [_DECIMAL[letter], _BINARY[letter]]
