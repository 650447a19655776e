"""A magic: from its line, and its cell if it has one, to the function that does it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field

from IPython.core.error import UsageError

from kt_jupyter.notebook.magics.arguments import HELP, Verb
from kt_jupyter.notebook.magics.helping import magic_help, verb_help
from kt_jupyter.notebook.magics.parsing import close_to, parse, split


class Stopped(KeyboardInterrupt):
    """Somebody pressed Stop: what it meant has been said, and where in our code it fell is nobody's matter."""

    def _render_traceback_(self) -> list[str]:
        return ["\x1b[31mKeyboardInterrupt\x1b[0m: stopped."]


@dataclass(frozen=True)
class Command:
    """A line magic with verbs; without a verb, ``default`` is meant. ``cell`` is what it does to a cell."""

    name: str
    summary: str
    verbs: tuple[Verb, ...]
    default: str
    cell: Verb | None = None
    _by_name: dict[str, Verb] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {verb.name: verb for verb in self.verbs})

    def verb(self, name: str) -> Verb | None:
        """Find a verb by its name."""
        return self._by_name.get(name)

    def run(self, line: str, **given: object) -> object:
        """Parse the line, do what it says, return what that made. Asked for help, print it.

        What is ``given`` the verb's function gets among its arguments, such as the shell.
        """
        words = split(self.name, line)
        if words and words[0] in HELP.spellings:
            return print(self.help())  # noqa: T201 - help is for reading now, not a value
        verb, rest = self._pick(words)
        if any(word in HELP.spellings for word in rest):
            return print(verb_help(self.name, verb))  # noqa: T201
        args = parse(self.name, verb, rest)
        vars(args).update(given)
        return _called(verb, args)

    def run_cell(self, line: str, source: str, **given: object) -> object:
        """Parse the line and do what it says to the cell, which the verb's function gets as ``source``."""
        assert self.cell is not None
        words = split(self.name, line)
        if any(word in HELP.spellings for word in words):
            return print(verb_help(self.name, self.cell))  # noqa: T201
        args = parse(self.name, self.cell, words)
        vars(args).update(given, source=source)
        return _called(self.cell, args)

    def _pick(self, words: list[str]) -> tuple[Verb, list[str]]:
        if not words or words[0].startswith("-"):
            return self._by_name[self.default], words
        verb = self.verb(words[0])
        if verb is None:
            verbs = ", ".join(self._by_name)
            raise UsageError(
                f"%{self.name} has no verb {words[0]!r}.{close_to(words[0], self._by_name)} Its verbs: {verbs}."
            )
        return verb, words[1:]

    def help(self) -> str:
        """Say what the magic is for; also its docstring."""
        told = magic_help(self.name, self.summary, self.verbs, self.default)
        return told if self.cell is None else f"{told}\n\n{verb_help(self.name, self.cell)}"


def _called(verb: Verb, args: Namespace) -> object:
    try:
        return verb.call(args)
    except KeyboardInterrupt as press:
        raise Stopped from press
