"""The four access modes of a volume, in Kubernetes' long and short spelling, and what each means in words.

A mode says which *nodes* may mount a volume at once; only ``ReadWriteOncePod`` speaks of pods. It gates binding and
attaching and enforces nothing afterwards: a claim with ReadOnlyMany is mounted writable unless the pod says otherwise.
"""

from __future__ import annotations

import difflib
from enum import StrEnum

from kt_jupyter.errors import InvalidAccessMode


class AccessMode(StrEnum):
    """An access mode; its value is Kubernetes' long spelling."""

    RWO = "ReadWriteOnce"
    ROX = "ReadOnlyMany"
    RWX = "ReadWriteMany"
    RWOP = "ReadWriteOncePod"

    @property
    def short(self) -> str:
        """Kubectl's abbreviation: RWO, ROX, RWX or RWOP."""
        return self.name

    @property
    def meaning(self) -> str:
        """Who may use such a volume at once, in words."""
        return _MEANINGS[self]


_MEANINGS = {
    AccessMode.RWO: "one node at a time",
    AccessMode.ROX: "many nodes, read-only",
    AccessMode.RWX: "many nodes at once",
    AccessMode.RWOP: "one pod at a time",
}
_BY_SPELLING = {spelling.lower(): mode for mode in AccessMode for spelling in (mode.short, mode.value)}
# Abbreviations people coin; each is also what difflib would get wrong.
_COINED = {
    "rwm": AccessMode.RWX,
    "rom": AccessMode.ROX,
    "rw": AccessMode.RWO,
    "ro": AccessMode.ROX,
    "shared": AccessMode.RWX,
}


def access_mode(text: object) -> AccessMode:
    """Read an access mode in its long or short spelling, in any case.

    Example:
        >>> access_mode("rwx")
        <AccessMode.RWX: 'ReadWriteMany'>

    Raises:
        InvalidAccessMode: it is none of the four; the message names the nearest.
    """
    if isinstance(text, AccessMode):
        return text
    mode = _BY_SPELLING.get(text.strip().lower()) if isinstance(text, str) else None
    if mode is None:
        shown = f'"{text}"' if isinstance(text, str) else repr(text)
        raise InvalidAccessMode(f"{shown} is not an access mode.", remedy=_hint(text))
    return mode


def shorten(modes: list[str]) -> str:
    """Write a claim's access modes as kubectl does: ``RWO,RWX``; a mode of a future Kubernetes stays as it is."""
    return ",".join(mode.short if (mode := _BY_SPELLING.get(text.lower())) else text for text in modes)


def _hint(text: object) -> str:
    known = ", ".join(f"{mode.short} ({mode.value}: {mode.meaning})" for mode in AccessMode)
    word = text.strip().lower() if isinstance(text, str) else ""
    near = difflib.get_close_matches(word, _BY_SPELLING, n=1)
    mode = _COINED.get(word) or (_BY_SPELLING[near[0]] if near else None)
    question = f"Did you mean {mode.short} ({mode.value}, {mode.meaning})?\n" if mode else ""
    return f"{question}The modes are {known}."
