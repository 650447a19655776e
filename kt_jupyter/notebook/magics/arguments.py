"""What a magic understands, written down once: a table of verbs and their arguments.

The parser, the help and Tab completion all read the same table, so that an option cannot exist in one and be missing
in another. argparse does the parsing; what it says about mistakes is replaced, because in a notebook nobody sees a
shell's usage synopsis: a mistake is one line that names it and the nearest right spelling.

``UsageError`` itself is raised, never a subclass: IPython shows only the exact class without a traceback.
"""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from IPython.core.error import UsageError


@dataclass(frozen=True)
class Argument:
    """One argument of a verb.

    ``name`` is ``"name"`` for a positional, ``"--size"`` for an option; ``short`` its one-letter form.
    ``value`` is what stands for the value in the help (``"SIZE"``); an option without one is a switch.
    Tab offers ``suggests`` (examples; what is valid is the core's to say), or the live names of the kind ``completes``.
    """

    name: str
    help: str
    short: str = ""
    value: str = ""
    example: str = ""
    required: bool = False
    suggests: tuple[str, ...] = ()
    completes: str = ""
    attribute: str = ""

    @property
    def is_option(self) -> bool:
        """Whether it is given by name."""
        return self.name.startswith("-")

    @property
    def takes_value(self) -> bool:
        """Whether a value follows it."""
        return not self.is_option or bool(self.value)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write its name."""
        return (self.short, self.name) if self.short else (self.name,)

    @property
    def shown(self) -> str:
        """How the help writes it."""
        return ", ".join(self.spellings) + (f" {self.value}" if self.is_option and self.value else "")


HELP = Argument("--help", "show this help", short="-h")


@dataclass(frozen=True)
class Verb:
    """One verb of a magic: what it takes and the function that does it."""

    name: str
    summary: str
    call: Callable[[argparse.Namespace], object]
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def positionals(self) -> tuple[Argument, ...]:
        """Its arguments that are given by place."""
        return tuple(argument for argument in self.arguments if not argument.is_option)

    @property
    def options(self) -> tuple[Argument, ...]:
        """Its arguments that are given by name, help included."""
        return (*(argument for argument in self.arguments if argument.is_option), HELP)

    def option(self, spelling: str) -> Argument | None:
        """Find an option by any of its spellings."""
        return next((option for option in self.options if spelling in option.spellings), None)


@dataclass(frozen=True)
class Command:
    """A line magic with verbs; without a verb, ``default`` is meant."""

    name: str
    summary: str
    verbs: tuple[Verb, ...]
    default: str
    _by_name: dict[str, Verb] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {verb.name: verb for verb in self.verbs})

    def verb(self, name: str) -> Verb | None:
        """Find a verb by its name."""
        return self._by_name.get(name)

    def run(self, line: str) -> object:
        """Parse the line, do what it says, return what that made. Asked for help, print it."""
        words = _split(self, line)
        if words and words[0] in HELP.spellings:
            return print(self.help())  # noqa: T201 - help is for reading now, not a value
        verb, rest = self._pick(words)
        if any(word in HELP.spellings for word in rest):
            return print(verb_help(self, verb))  # noqa: T201
        return verb.call(_parse(self, verb, rest))

    def _pick(self, words: list[str]) -> tuple[Verb, list[str]]:
        if not words or words[0].startswith("-"):
            return self._by_name[self.default], words
        verb = self.verb(words[0])
        if verb is None:
            verbs = ", ".join(self._by_name)
            raise UsageError(
                f"%{self.name} has no verb {words[0]!r}.{_close(words[0], self._by_name)} Its verbs: {verbs}."
            )
        return verb, words[1:]

    def help(self) -> str:
        """Say what the magic is for and what each verb does, with examples."""
        width = max(len(verb.name) for verb in self.verbs)
        verbs = [f"    {verb.name:<{width}}  {verb.summary}" for verb in self.verbs]
        examples = [f"    {example}" for verb in self.verbs for example in verb.examples]
        return "\n".join(
            [
                f"{self.summary}",
                "",
                f"    %{self.name} VERB …      without a verb: {self.default}",
                "",
                "Verbs",
                *verbs,
                "",
                f"The options of a verb: %{self.name} {self.verbs[0].name} --help",
                f"Each verb returns what it made or read: x = %{self.name} …",
                "",
                "Examples",
                *examples,
            ]
        )


def verb_help(command: Command, verb: Verb) -> str:
    """Say what one verb does and takes."""
    rows = [(argument.shown, argument.help) for argument in (*verb.positionals, *verb.options)]
    width = max(len(shown) for shown, _ in rows)
    places = "".join(f" {a.name.upper()}" if a.required else f" [{a.name.upper()}]" for a in verb.positionals)
    examples = ["", "Examples", *(f"    {example}" for example in verb.examples)] if verb.examples else []
    return "\n".join(
        [
            f"%{command.name} {verb.name}{places} [options]",
            f"    {verb.summary}",
            "",
            *(f"    {shown:<{width}}  {text}" for shown, text in rows),
            *examples,
        ]
    )


class _Parser(argparse.ArgumentParser):
    """argparse, but a mistake raises instead of ending the process: here the process is the kernel."""

    def error(self, message: str) -> NoReturn:
        """Report what the checks before did not see."""
        raise UsageError(f"{self.prog}: {message}")


def _split(command: Command, line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        raise UsageError(f"%{command.name}: a quotation mark is not closed in: {line.strip()}") from None


def _parse(command: Command, verb: Verb, words: list[str]) -> argparse.Namespace:
    _refuse_unknown(command, verb, words)
    parser = _Parser(prog=f"%{command.name} {verb.name}", add_help=False, allow_abbrev=False)
    for argument in verb.arguments:
        _add(parser, argument)
    parsed = parser.parse_args(_bind_values(command, verb, words))
    for argument in verb.arguments:
        if argument.required and getattr(parsed, _attribute(argument)) is None:
            raise UsageError(_missing(command, verb, argument))
    return parsed


def _add(parser: argparse.ArgumentParser, argument: Argument) -> None:
    if not argument.is_option:
        parser.add_argument(argument.name, nargs="?")
    elif argument.takes_value:
        parser.add_argument(*argument.spellings, dest=_attribute(argument))
    else:
        parser.add_argument(*argument.spellings, dest=_attribute(argument), action="store_true")


def _attribute(argument: Argument) -> str:
    return argument.attribute or argument.name.lstrip("-").replace("-", "_")


def _refuse_unknown(command: Command, verb: Verb, words: list[str]) -> None:
    """Name the first option the verb does not have, and the one that was probably meant."""
    places = len(verb.positionals)
    value_follows = False
    for word in words:
        if value_follows:
            value_follows = False
        elif word.startswith("-") and word != "-":
            option = verb.option(word.partition("=")[0])
            if option is None:
                name = word.partition("=")[0]
                known = [spelling for known in verb.options for spelling in known.spellings]
                raise UsageError(
                    f"%{command.name} {verb.name} has no option {name}.{_close(name, known)}{_see_help(command, verb)}"
                )
            value_follows = option.takes_value and "=" not in word
        elif places == 0:
            raise UsageError(f"%{command.name} {verb.name} has no place for {word!r}.{_see_help(command, verb)}")
        else:
            places -= 1


def _bind_values(command: Command, verb: Verb, words: list[str]) -> list[str]:
    """Write ``--size -1Gi`` as ``--size=-1Gi``: argparse would take the value for an option and say so."""
    bound: list[str] = []
    rest = iter(words)
    for word in rest:
        option = verb.option(word)
        if option is not None and option.takes_value:
            value = next(rest, None)
            if value is None:
                raise UsageError(_missing(command, verb, option))
            bound.append(f"{option.name}={value}")
        else:
            bound.append(word)
    return bound


def _missing(command: Command, verb: Verb, argument: Argument) -> str:
    needed = f"{argument.name} {argument.value}".strip() if argument.is_option else f"a {argument.name}"
    example = f", for example {argument.example}" if argument.example else ""
    return f"%{command.name} {verb.name} needs {needed}{example}.{_see_help(command, verb)}"


def _close(word: str, known: Iterable[str]) -> str:
    spellings = {name.lstrip("-"): name for name in known}
    close = difflib.get_close_matches(word.lstrip("-"), spellings, n=1, cutoff=0.5)
    return f" Close to it: {spellings[close[0]]}." if close else ""


def _see_help(command: Command, verb: Verb) -> str:
    return f" Help: %{command.name} {verb.name} --help"
