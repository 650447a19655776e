"""Label selectors: ``app=web,tier in (a, b),!canary``, read and matched as the real server does.

Source: ``k8s.io/apimachinery/pkg/labels/selector.go`` (1.34), the error texts included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter.local import status

_TOKEN: Final = re.compile(r"\s*(?:(==|=|!=|!|<|>|\(|\)|,)|([^\s=!<>(),]+))")
_OPERATORS: Final = {"=": "in", "==": "in", "!=": "notin", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}
_EXPECTED: Final = "in, notin, =, ==, !=, gt, lt"
_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_NAME: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PREFIX: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

_QUALIFIED: Final = (
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' "
    "(e.g. 'example.com/MyName')"
)

Labels = Mapping[str, str]
Matcher = Callable[[Labels], bool]


class _Unreadable(Exception):  # noqa: N818
    """Why a selector cannot be read."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str  # exists | absent | in | notin | gt | lt
    values: frozenset[str] = frozenset()

    def matches(self, labels: Labels) -> bool:
        """Return whether labels satisfy it; ``notin`` is satisfied by a label that is not there."""
        value = labels.get(self.key)
        if self.operator == "exists":
            return value is not None
        if self.operator == "absent":
            return value is None
        if self.operator == "notin":
            return value not in self.values
        if value is None:
            return False
        if self.operator == "in":
            return value in self.values
        return self._compares(value)

    def _compares(self, value: str) -> bool:
        (bound,) = self.values
        try:
            return int(value) > int(bound) if self.operator == "gt" else int(value) < int(bound)
        except ValueError:
            return False


def parse_labels(text: str) -> list[Requirement]:
    """Read a label selector as it stands in a query; raises BadRequest (400)."""
    try:
        return _Parser(text).requirements()
    except _Unreadable as problem:
        raise status.bad_request(str(problem)) from None


def matches_labels(requirements: list[Requirement], labels: Labels | None) -> bool:
    """Return whether labels satisfy every requirement."""
    return all(requirement.matches(labels or {}) for requirement in requirements)


def from_object(selector: Mapping[str, Any] | None) -> list[Requirement] | None:
    """Turn a LabelSelector object (``matchLabels``, ``matchExpressions``) into requirements; None matches nothing."""
    if selector is None:
        return None
    found = [Requirement(key, "in", frozenset([value])) for key, value in (selector.get("matchLabels") or {}).items()]
    names = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}
    for expression in selector.get("matchExpressions") or []:
        operator = names.get(expression.get("operator", ""), "in")
        found.append(Requirement(expression["key"], operator, frozenset(expression.get("values") or [])))
    return found


class _Parser:
    """Recursive descent over the tokens of one selector."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        place = 0
        while match := _TOKEN.match(text, place):
            self._tokens.append(match[1] or match[2])
            place = match.end()
        self._place = 0

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        while (token := self._peek()) is not None:
            if token != "!" and not _is_word(token):  # noqa: S105
                raise _Unreadable(f"found '{token}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except _Unreadable as problem:
                raise _Unreadable(f"unable to parse requirement: {problem}") from None
            after = self._next()
            if after is None:
                break
            if after != ",":
                raise _Unreadable(f"found '{after}', expected: ',' or 'end of string'")
            following = self._peek()
            if following != "!" and not (following and _is_word(following)):
                raise _Unreadable(f"found '{following or ''}', expected: identifier after ','")
        return found

    def _requirement(self) -> Requirement:
        token = self._next() or ""
        absent = token == "!"  # noqa: S105
        if absent:
            token = self._next() or ""
        if not _is_word(token):
            raise _Unreadable(f"found '{token}', expected: identifier")
        _check_key(token)
        if absent:
            return Requirement(token, "absent")
        if self._peek() in (None, ","):
            return Requirement(token, "exists")
        word = self._next() or ""
        operator = _OPERATORS.get(word)
        if operator is None:
            raise _Unreadable(f"found '{word}', expected: {_EXPECTED}")
        values = self._set() if word in ("in", "notin") else frozenset([self._value()])
        for value in sorted(values):
            if operator in ("gt", "lt") and not re.fullmatch(r"[+-]?[0-9]+", value):
                why = "for 'Gt', 'Lt' operators, the value must be an integer"
                raise _Unreadable(f'values[0]: Invalid value: "{value}": {why}')
            _check_value(token, value)
        return Requirement(token, operator, values)

    def _value(self) -> str:
        if self._peek() in (None, ","):
            return ""
        token = self._next() or ""
        if not _is_word(token):
            raise _Unreadable(f"found '{token}', expected: identifier")
        return token

    def _set(self) -> frozenset[str]:
        token = self._next() or ""
        if token != "(":  # noqa: S105
            raise _Unreadable(f"found '{token}' expected: '('")
        values, word = set(), ""
        while (token := self._next() or "") not in ("", ")"):
            if token == ",":  # noqa: S105
                values.add(word)
                word = ""
            elif _is_word(token) and not word:
                word = token
            else:
                raise _Unreadable(f"found '{token}', expected: ',' or ')'")
        if not token:
            raise _Unreadable("found '', expected: ',' or ')'")
        return frozenset(values | {word})

    def _peek(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next(self) -> str | None:
        token = self._peek()
        self._place += 1
        return token


def _is_word(token: str) -> bool:
    return not re.fullmatch(r"[=!<>(),]+", token)


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if _NAME.fullmatch(name) and len(name) <= 63 and (not slash or _PREFIX.fullmatch(prefix)):
        return
    if key.count("/") > 1:
        raise _Unreadable(f'<nil>: Invalid value: "{key}": {_QUALIFIED}')
    raise _Unreadable(
        f"<nil>: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', "
        "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
        "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    )


def _check_value(key: str, value: str) -> None:
    if len(value) > 63:
        raise _Unreadable(f'values[0][{key}]: Invalid value: "{value}": must be no more than 63 characters')
    if not _VALUE.fullmatch(value):
        raise _Unreadable(
            f'values[0][{key}]: Invalid value: "{value}": a valid label must be an empty string or consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            "(e.g. 'MyValue',  or 'my_value',  or '12345', "
            "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        )
