"""How the layers say something while they work: functions that take one line of text.

Two kinds of line. A *notice* is a fact worth knowing that is no error ("ReadWriteOnce: one node at a time") and stays;
*progress* is what is being waited for, given anew each time it changes (``tick`` when only its times do), and at last
what came of it (``outcome``). A caller passes a function of its own; else the voice in use speaks, which writes to
stderr. The notebook layer has one of its own (``use``): cards, and a line that changes in place. Nothing is remembered
here: no queue, no level, no logger to configure.

It stands below all that may have to say something, and imports nothing of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

Say = Callable[[str], None]


class Voice(Protocol):
    """Whoever shows the lines."""

    def notice(self, line: str) -> None:
        """Show a line that stays."""

    def progress(self, line: str) -> None:
        """Show what is waited for now, in place of what was before."""

    def tick(self, line: str) -> None:
        """Show the same with newer times, where a line can change in place."""

    def outcome(self, line: str, *, bare: str) -> None:
        """Show what came of it, for good; ``bare`` where nobody watched: without what is another at every run."""


class Stderr:
    """Writes to stderr, which a notebook shows under the cell and a pipe leaves alone."""

    def notice(self, line: str) -> None:
        """Write the line."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is the one place that speaks

    progress = notice

    def tick(self, line: str) -> None:
        """Write nothing: here every line would stay."""

    def outcome(self, line: str, *, bare: str) -> None:  # noqa: ARG002  # whoever reads it was there
        """Write the line."""
        self.notice(line)


_voice: Voice = Stderr()


def use(voice: Voice) -> Voice:
    """Have a voice speak from now on; return the one before, for giving it back."""
    global _voice  # there is one person
    before, _voice = _voice, voice
    return before


def notice(line: str, to: Say | None = None) -> None:
    """Say something that stays."""
    (to or _voice.notice)(line)


def progress(line: str, to: Say | None = None) -> None:
    """Say what is waited for now, or at the end what came of it."""
    (to or _voice.progress)(line)


def tick(line: str, to: Say | None = None) -> None:
    """Say again what is waited for, with newer times; a caller's own function is spared that."""
    if to is None:
        _voice.tick(line)


def outcome(line: str, *, bare: str, to: Say | None = None) -> None:
    """Say what came of it: a line that stays as a record.

    Args:
        line: With times and names.
        bare: Without what is another at every run: for a notebook that is stored and compared.
        to: The caller's own function; it gets ``line``.
    """
    if to is None:
        _voice.outcome(line, bare=bare)
    else:
        to(line)
