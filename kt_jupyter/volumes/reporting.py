"""How the volumes layer says something while it works: functions that take one line of text.

Two kinds of line. A *notice* is a fact worth knowing that is no error ("ReadWriteOnce: one node at a time") and stays;
*progress* is what is being waited for, given anew each time it changes, and at last what came of it. A caller passes a
function of its own; else the defaults are used, which write to stderr. The notebook layer replaces them (``use``) by
cards and a line that changes in place. Nothing is remembered here: no queue, no level, no logger to configure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

Say = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Write the line to stderr, which a notebook shows under the cell and a pipe leaves alone."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is the one place that speaks


_defaults: dict[str, Say] = {"notice": to_stderr, "progress": to_stderr}


def use(*, notice: Say | None = None, progress: Say | None = None) -> tuple[Say, Say]:
    """Set the defaults that are given; return both as they were, for giving them back."""
    before = _defaults["notice"], _defaults["progress"]
    _defaults.update(notice=notice or before[0], progress=progress or before[1])
    return before


def notice(line: str, to: Say | None = None) -> None:
    """Say something that stays."""
    (to or _defaults["notice"])(line)


def progress(line: str, to: Say | None = None) -> None:
    """Say what is waited for now, or at the end what came of it."""
    (to or _defaults["progress"])(line)
