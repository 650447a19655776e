"""How the volumes layer says something while it works: a function that takes one line of text.

Two kinds of line. A *notice* is a fact worth knowing that is no error ("ReadWriteOnce: one node at a time"); a
*progress* line is what is being waited for, given anew each time it changes. Both go to whatever callable the caller
passes; without one they go to ``default``, which the notebook layer replaces by a line that changes in place. Nothing
is remembered here: no queue, no level, no logger to configure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

Say = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Write the line to stderr, which a notebook shows under the cell and a pipe leaves alone."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is the one place that speaks


default: Say = to_stderr


def use(say: Say) -> Say:
    """Make ``say`` the default and return the one it replaces (for giving it back)."""
    global default  # the one setting there is; per call it is an argument
    previous, default = default, say
    return previous


def say(line: str, to: Say | None = None) -> None:
    """Give a line to ``to``, or to the default."""
    (to or default)(line)
