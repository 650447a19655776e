"""What may stand at the cursor of a magic's line: pure, from the table the parser itself reads.

Only the text before the cursor counts. Live names (volumes, classes, …) are asked for by kind; where they come from,
and how long that may take, is ``names.py``'s affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.command import Command

# "%kt_volume …", "vol = %kt_volume …", "%%kt_compute …"; an assignment's left side may be anything without a quote.
_MAGIC = re.compile(r"""^(?:\s*|[^'"#]*=\s*)(%{1,2})(\w+)[ \t]+(.*)$""")

NamesOf = Callable[[str, str | None], Sequence[str]]
"""Gives the names of a kind (``"volume"``, ``"class"`` …) in a namespace (None: the current one)."""


@dataclass(frozen=True)
class Offer:
    """What Tab may put in place of ``fragment``, the text directly before the cursor; ``kind`` is shown beside it."""

    fragment: str
    words: tuple[str, ...]
    kind: str


class MagicLine(NamedTuple):
    """A magic's name, the text after it, and whether a cell follows."""

    name: str
    text: str
    cell: bool


def magic_line(line: str) -> MagicLine | None:
    """Split a line up to the cursor; None when it is no magic's line."""
    found = _MAGIC.match(line)
    return MagicLine(found[2], found[3], found[1] == "%%") if found else None


def offer(command: Command, text: str, names_of: NamesOf, *, cell: bool = False) -> Offer:
    """Say what may stand at the end of a magic's text."""
    *before, fragment = re.split(r"\s+", text.lstrip()) or [""]
    if cell and command.cell is not None:
        return _within(command.cell, before, fragment, names_of)
    if not before and not fragment.startswith("-"):
        return _matching(fragment, [verb.name for verb in command.verbs], "verb")
    verb = command.verb(before[0]) if before and not before[0].startswith("-") else command.verb(command.default)
    if verb is None:
        return Offer(fragment, (), "")
    given = before[1:] if before and before[0] == verb.name else before
    return _within(verb, given, fragment, names_of)


def _within(verb: Verb, given: list[str], fragment: str, names_of: NamesOf) -> Offer:
    spelled, equals, value = fragment.partition("=")
    option = verb.option(spelled) if equals else verb.option(given[-1]) if given else None
    if option is not None and option.takes_value:
        return _matching(value if equals else fragment, _values(option, given, names_of), option.completes or "value")
    if not fragment.startswith("-"):
        place = _places_taken(verb, given)
        if place < len(verb.positionals):
            argument = verb.positionals[place]
            return _matching(fragment, _values(argument, given, names_of), argument.completes or "value")
    return _matching(fragment, _unused_options(verb, given), "option")


def _values(argument: Argument, given: list[str], names_of: NamesOf) -> Sequence[str]:
    if argument.suggests:
        return argument.suggests
    return names_of(argument.completes, _namespace(given)) if argument.completes else ()


def _namespace(given: list[str]) -> str | None:
    for place, word in enumerate(given):
        if word in {"-n", "--namespace"}:
            return given[place + 1] if place + 1 < len(given) else None
        if word.startswith("--namespace="):
            return word.partition("=")[2] or None
    return None


def _places_taken(verb: Verb, given: list[str]) -> int:
    taken, value_follows = 0, False
    for word in given:
        if value_follows:
            value_follows = False
        elif word.startswith("-"):
            option = verb.option(word)
            value_follows = option is not None and option.takes_value
        else:
            taken += 1
    return taken


def _unused_options(verb: Verb, given: list[str]) -> list[str]:
    used = {word.partition("=")[0] for word in given}
    return [option.name for option in verb.options if option.repeated or used.isdisjoint(option.spellings)]


def _matching(fragment: str, words: Sequence[str], kind: str) -> Offer:
    return Offer(fragment, tuple(word for word in words if word.startswith(fragment)), kind)
