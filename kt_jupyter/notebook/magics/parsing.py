"""From a magic's line to values, or to one line that names the mistake and the nearest right spelling.

argparse does the parsing; what it says about mistakes is replaced, because in a notebook nobody sees a shell's usage
synopsis. ``UsageError`` itself is raised, never a subclass: IPython shows only the exact class without a traceback.
"""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Iterable
from typing import NoReturn

from IPython.core.error import UsageError

from kt_jupyter.notebook.magics.arguments import Argument, Verb


class _Parser(argparse.ArgumentParser):
    """argparse, but a mistake raises instead of ending the process: here the process is the kernel."""

    def error(self, message: str) -> NoReturn:
        """Report what the checks before did not see."""
        raise UsageError(f"{self.prog}: {message}")


def split(name: str, line: str) -> list[str]:
    """Split a line into words, as a shell does."""
    try:
        return shlex.split(line)
    except ValueError:
        raise UsageError(f"%{name}: a quotation mark is not closed in: {line.strip()}") from None


def parse(name: str, verb: Verb, words: list[str]) -> argparse.Namespace:
    """Give the verb's arguments; ``name`` is the magic's, for what is said about mistakes."""
    _refuse_unknown(name, verb, words)
    parser = _Parser(prog=verb.of(name), add_help=False, allow_abbrev=False)
    for argument in verb.arguments:
        _add(parser, argument)
    parsed = parser.parse_args(_bind_values(name, verb, words))
    for argument in verb.arguments:
        if argument.required and getattr(parsed, argument.key) is None:
            raise UsageError(_missing(name, verb, argument))
    return parsed


def written(name: str, verb: Verb, args: argparse.Namespace, *, without: Argument) -> str:
    """Return the line that ``args`` were read from, without one of its options: for a suggestion to go on with it."""
    words = [verb.of(name)]
    for argument in verb.arguments:
        value = getattr(args, argument.key)
        if not value or argument == without:
            continue
        for each in value if argument.repeated else [value]:
            words += [argument.name] if argument.is_option else []
            words += [shlex.quote(each)] if argument.takes_value else []
    return " ".join(words)


def _add(parser: argparse.ArgumentParser, argument: Argument) -> None:
    if not argument.is_option:
        parser.add_argument(argument.name, nargs="?")
    elif argument.takes_value:
        action = "append" if argument.repeated else "store"
        parser.add_argument(*argument.spellings, dest=argument.key, action=action)
    else:
        parser.add_argument(*argument.spellings, dest=argument.key, action="store_true")


def _refuse_unknown(name: str, verb: Verb, words: list[str]) -> None:
    """Name the first option the verb does not have, and the one that was probably meant."""
    places = len(verb.positionals)
    value_follows = False
    for word in words:
        if value_follows:
            value_follows = False
        elif word.startswith("-") and word != "-":
            spelled = word.partition("=")[0]
            option = verb.option(spelled)
            if option is None:
                near = close_to(spelled, (known for each in verb.options for known in each.spellings))
                raise UsageError(f"{verb.of(name)} has no option {spelled}.{near}{_see_help(name, verb)}")
            value_follows = option.takes_value and "=" not in word
        elif places == 0:
            raise UsageError(f"{verb.of(name)} has no place for {word!r}.{_see_help(name, verb)}")
        else:
            places -= 1


def _bind_values(name: str, verb: Verb, words: list[str]) -> list[str]:
    """Write ``--size -1Gi`` as ``--size=-1Gi``: argparse would take the value for an option and say so."""
    bound: list[str] = []
    rest = iter(words)
    for word in rest:
        option = verb.option(word)
        if option is not None and option.takes_value:
            value = next(rest, None)
            if value is None:
                raise UsageError(_missing(name, verb, option))
            bound.append(f"{option.name}={value}")
        else:
            bound.append(word)
    return bound


def _missing(name: str, verb: Verb, argument: Argument) -> str:
    needed = f"{argument.name} {argument.value}".strip() if argument.is_option else f"a {argument.name}"
    example = f", for example {argument.example}" if argument.example else ""
    return f"{verb.of(name)} needs {needed}{example}.{_see_help(name, verb)}"


def close_to(word: str, known: Iterable[str]) -> str:
    """Name the known word that was probably meant; nothing when none is near."""
    spellings = {name.lstrip("-"): name for name in known}
    close = difflib.get_close_matches(word.lstrip("-"), spellings, n=1, cutoff=0.5)
    return f" Close to it: {spellings[close[0]]}." if close else ""


def _see_help(name: str, verb: Verb) -> str:
    return f" Help: {verb.of(name)} --help"
