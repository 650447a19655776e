"""What Go's JSON decoder says about bytes that are no JSON. Clients show it to people, so it is part of the API.

Source: ``encoding/json/scanner.go`` (Go 1.25). Python finds the place; only the words are made here.
"""

from __future__ import annotations

import json
from typing import Any, Final

_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
_SPACE: Final = " \t\r\n"
_END: Final = "unexpected end of JSON input"
_KINDS: Final = {str: "string", list: "array", dict: "object", bool: "bool", int: "number", float: "number"}


class Doubled(dict[str, Any]):
    """An object that names a field more than once; the last one counts, as in Go."""

    fields: tuple[str, ...] = ()
    lines: tuple[tuple[int, str], ...] = ()  # in YAML: where


class NoJsonError(ValueError):
    """The text is no JSON; says why, in Go's words."""


def loads(body: bytes) -> Any:
    """Read JSON; objects with repeated fields come as :class:`Doubled`.

    Raises:
        NoJsonError: it is none.
    """
    try:
        return _parsed(body.decode("utf-8", "replace"))
    except json.JSONDecodeError:
        pass
    # Go reports bytes, not letters: read once more with one letter a byte.
    text = body.decode("latin-1")
    try:
        return _parsed(text)
    except json.JSONDecodeError as problem:
        raise NoJsonError(_complaint(text, problem)) from None


def kind_of(value: Any) -> str:
    """Return Go's word for the kind of a JSON value."""
    return _KINDS.get(type(value), "null")


def doubled(value: Any, path: str = "") -> list[str]:
    """Return what is to be said of fields that are given more than once, below a value."""
    found = []
    if isinstance(value, Doubled):
        found += [
            f'yaml: unmarshal errors:\n  line {line}: key "{name}" already set in map' for line, name in value.lines
        ]
        found += [f'duplicate field "{each}"' for each in _below(path, value.fields)]
    if isinstance(value, dict):
        for name, item in value.items():
            found += doubled(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            found += doubled(item, f"{path}[{place}]")
    return found


def _below(path: str, names: tuple[str, ...]) -> list[str]:
    return [f"{path}.{name}" if path else name for name in names]


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    again = [name for name, _ in pairs if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    twice = Doubled(made)
    twice.fields = tuple(dict.fromkeys(again))
    return twice


def _refuse(constant: str) -> Any:
    """NaN and Infinity are JSON for Python alone."""
    raise json.JSONDecodeError("constant", constant, 0)


def _complaint(text: str, problem: json.JSONDecodeError) -> str:
    place = problem.pos
    while place < len(text) and text[place] in _SPACE:
        place += 1
    if place >= len(text):
        return _END
    if problem.msg.startswith("Expecting value"):
        return _no_value(text, place)
    if problem.msg.startswith("Unterminated string"):
        return _END
    inside = "object key:value pair" if _in_object(text[:place]) else "array element"
    where = {
        "Extra data": "after top-level value",
        "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
        "Expecting ':' delimiter": "after object key",
        "Expecting ',' delimiter": f"after {inside}",
        "Invalid control character at": "in string literal",
    }
    return _invalid(text[place], where.get(problem.msg, "in string escape code"))


def _no_value(text: str, place: int) -> str:
    literal = _LITERALS.get(text[place])
    if literal is None:
        return _invalid(text[place], "looking for beginning of value")
    for offset, wanted in enumerate(literal):
        found = text[place + offset : place + offset + 1]
        if not found:
            return _END
        if found != wanted:
            return _invalid(found, f"in literal {literal} (expecting '{wanted}')")
    return _END


def _in_object(before: str) -> bool:
    """Whether a place stands in an object rather than in a list: the innermost bracket that is open."""
    depth, quoted = 0, False
    for place in range(len(before) - 1, -1, -1):
        letter = before[place]
        if letter == '"' and (place == 0 or before[place - 1] != "\\"):
            quoted = not quoted
        if quoted:
            continue
        if letter in "}]":
            depth += 1
        elif letter in "{[":
            if depth == 0:
                return letter == "{"
            depth -= 1
    return False


def _invalid(letter: str, where: str) -> str:
    return f"invalid character {_quoted(letter)} {where}"


def _quoted(letter: str) -> str:
    if letter == "'":
        return "'\\''"
    if letter == '"':
        return "'\"'"
    if letter.isprintable():
        return f"'{letter}'"
    code = ord(letter)
    return f"'\\x{code:02x}'" if code < 0x80 else f"'\\u{code:04x}'"
