"""Variables that go to a pod with a cell, and those that come back: pickled one by one, sizes shown, limits kept."""

from __future__ import annotations

import difflib
import pickle
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

from kt_jupyter import reporting
from kt_jupyter.compute.functions.capture import Packed, pack_value
from kt_jupyter.compute.session import Done, Problem
from kt_jupyter.errors import InvalidInput, KtError, NotPicklable, TooLarge
from kt_jupyter.specs import human

LIMIT: Final = 1 << 30
"""Bytes that the variables of one cell may have together, in one direction."""

_VOLUME: Final = "Large data belongs on a volume: write it there, and read it where it is needed."


def names(text: str | None, option: str) -> tuple[str, ...]:
    """Read ``a,b`` as names of variables.

    Raises:
        InvalidInput: One of them is none.
    """
    found = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    for name in found:
        if not name.isidentifier():
            raise InvalidInput(
                f"{option}: {name!r} is not the name of a variable.", remedy=f"For example: {option} df,model"
            )
    return found


def packed(wanted: Sequence[str], user_ns: Mapping[str, Any]) -> dict[str, Packed]:
    """Pickle variables of the notebook.

    Raises:
        InvalidInput: There is no such variable.
        NotPicklable: One can't be pickled; names the attribute or item that is to blame.
        TooLarge: They are more than what is sent; names the largest.
    """
    for name in wanted:
        if name not in user_ns:
            near = difflib.get_close_matches(name, [each for each in user_ns if not each.startswith("_")], n=3)
            raise InvalidInput(
                f"--in: there is no variable {name} in this notebook.",
                remedy=f"Close to it: {', '.join(near)}." if near else "Assign it in a cell above.",
            )
    found = {name: pack_value(user_ns[name], name) for name in wanted}
    sizes = {name: len(each.payload) for name, each in found.items()}
    whole = sum(sizes.values())
    if whole > LIMIT:
        largest = max(sizes, key=sizes.__getitem__)
        together = "" if len(sizes) == 1 else f", all of them {human.size(whole)}"
        raise TooLarge(
            f"--in: {largest} has {human.size(sizes[largest])}{together}; a cell takes {human.size(LIMIT)} along.",
            name=largest,
            size=sizes[largest],
            remedy=_VOLUME,
        )
    return found


def say_sizes(verb: str, sizes: Mapping[str, int]) -> None:
    """Say what was sent, or came back."""
    if sizes:
        reporting.notice(f"{verb} {', '.join(f'{name} ({human.size(size)})' for name, size in sizes.items())}")


def assign(done: Done, user_ns: MutableMapping[str, Any]) -> None:
    """Set the variables that came back with a cell.

    Raises:
        KtError: Some could not be brought; those that could are set.
    """
    problems = [_told(each) for each in done.problems]
    for name, data in done.values.items():
        try:
            user_ns[name] = pickle.loads(data)  # noqa: S301 - from the pod that this notebook runs code on
        except Exception as error:  # noqa: BLE001 - a value's own code may raise anything
            problems.append(
                NotPicklable(f"--out: {name} came back and can't be unpickled here ({_in_words(error)}).", path=name)
            )
    say_sizes("brought back", {name: len(data) for name, data in done.values.items() if name in user_ns})
    if problems:
        raise _together(problems)


def not_taken(done: Done) -> KtError:
    """Return the error for variables that could not be set there, for want of which the cell was not run."""
    words = "--in: {0.name} can't be unpickled there ({0.why}); the cell was not run."
    return _together([NotPicklable(words.format(each), path=each.name) for each in done.problems])


def _told(problem: Problem) -> KtError:
    if problem.kind == "size":
        return TooLarge(
            f"--out: {problem.name} was not brought back: {problem.why}.", name=problem.name, size=problem.size,
            remedy=_VOLUME,
        )  # fmt: skip
    if problem.kind == "missing":
        return InvalidInput(f"--out: {problem.name} was not brought back: {problem.why}.")
    return NotPicklable(f"{problem.name}: {problem.why}.", path=problem.name)


def _together(problems: Sequence[KtError]) -> KtError:
    if len(problems) == 1:
        return problems[0]
    first = problems[0]
    first.remedy = "\n".join(filter(None, [*(each.fact for each in problems[1:]), first.remedy]))
    return first


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def sizes_of(inputs: Mapping[str, Packed]) -> dict[str, int]:
    """Return how large variables are."""
    return {name: len(each.payload) for name, each in inputs.items()}
