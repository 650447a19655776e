"""What a view says, before it becomes text or HTML.

Every view is built once, from these few blocks, and written twice: ``text.py`` for terminals, nbval and screen
readers, ``html.py`` for JupyterLab. So the two can never say different things, and a new view costs no markup.

Nothing here knows Kubernetes or IPython; nothing here escapes anything: that is each writer's duty, at one place each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum


class Tone(Enum):
    """What a colour would say; the shape says it too, because colour alone reaches not everyone."""

    GOOD = "good"
    WAIT = "wait"
    BUSY = "busy"
    PROBLEM = "problem"
    LOST = "lost"
    OFF = "off"


@dataclass(frozen=True)
class Mark:
    """A state's shape and tone; the words stand beside it, never in a tooltip only."""

    shape: str
    tone: Tone


GOOD = Mark("●", Tone.GOOD)
WAITING = Mark("◌", Tone.WAIT)
BUSY = Mark("◐", Tone.BUSY)
PROBLEM = Mark("▲", Tone.PROBLEM)
LIMITED = Mark("▲", Tone.WAIT)
LOST = Mark("✕", Tone.LOST)
ENDING = Mark("⊘", Tone.OFF)
ABSENT = Mark("○", Tone.OFF)
YES = Mark("✓", Tone.GOOD)
NO = Mark("✗", Tone.PROBLEM)


@dataclass(frozen=True)
class Exact:
    """A value rounded for reading, with the exact one on hover."""

    short: str
    exact: str


@dataclass(frozen=True)
class Paste:
    """Code to paste; in JupyterLab a click puts it into a new cell below."""

    code: str


Span = str | Exact | Paste | Mark
Words = Span | Sequence[Span]


def spans(words: Words) -> tuple[Span, ...]:
    """Give words as the spans they consist of."""
    return (words,) if isinstance(words, str | Exact | Paste | Mark) else tuple(words)


@dataclass(frozen=True)
class Heading:
    """The first line: what this is, its name, and how it is doing."""

    kind: str
    name: str
    mark: Mark | None = None
    state: Words = ""


@dataclass(frozen=True)
class Facts:
    """A line of short facts, most important first."""

    items: Sequence[Words]


@dataclass(frozen=True)
class Note:
    """A sentence; ``mark`` when it reports a state."""

    words: Words
    mark: Mark | None = None


@dataclass(frozen=True)
class Next:
    """What one could do now: commands to paste."""

    commands: Sequence[str]


@dataclass(frozen=True)
class Code:
    """Lines to be read as they are: a manifest, a server's answer."""

    text: str


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers stand right."""

    name: str
    right: bool = False
    wide: bool = False
    """It may wrap in HTML, and is cut in text."""


@dataclass(frozen=True)
class Row:
    """A row, led by a state's mark."""

    mark: Mark
    cells: Sequence[Words]


@dataclass(frozen=True)
class Table:
    """Rows under a title."""

    title: Words
    columns: Sequence[Column]
    rows: Sequence[Row]


Block = Heading | Facts | Note | Next | Code | Table


@dataclass(frozen=True)
class View:
    """Blocks from top to bottom."""

    blocks: Sequence[Block] = field(default_factory=tuple)
