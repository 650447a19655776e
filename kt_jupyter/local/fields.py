"""What is wrong with one field of an object, in the real server's words.

Source: ``k8s.io/apimachinery/pkg/util/validation/field/errors.go`` (1.34). The texts are part of the API: people
paste them into search engines and tests compare them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

_WORDS: Final = {
    "FieldValueNotFound": "Not found",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
}
_WITHOUT_VALUE: Final = {"FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong"}


class _Omitted:
    """Marks a value that is left out of the message."""


OMITTED: Final = _Omitted()


def quoted(text: str) -> str:
    """Quote a string as Go's ``%q`` does, for the characters that occur in field values."""
    return json.dumps(text, ensure_ascii=False)


def go_json(value: Any) -> str:
    """Write a value as Go's json.Marshal does: no spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """One field error: its machine-readable reason, the field's path, the bad value and the detail."""

    reason: str
    field: str
    value: Any = OMITTED
    detail: str = ""

    @property
    def body(self) -> str:
        """The message without the field's path, as it stands in ``details.causes``."""
        text = _WORDS[self.reason]
        if self.reason not in _WITHOUT_VALUE and not isinstance(self.value, _Omitted):
            shown = quoted(self.value) if isinstance(self.value, str) else go_json(self.value)
            text = f"{text}: {shown}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def required(field: str, detail: str = "") -> Problem:
    """Report a value that must be given."""
    return Problem("FieldValueRequired", field, "", detail)


def invalid(field: str, value: Any, detail: str) -> Problem:
    """Report a value that breaks a rule."""
    return Problem("FieldValueInvalid", field, value, detail)


def forbidden(field: str, detail: str) -> Problem:
    """Report a value that may not be given here, or not changed."""
    return Problem("FieldValueForbidden", field, "", detail)


def duplicate(field: str, value: Any) -> Problem:
    """Report a value that may occur once only."""
    return Problem("FieldValueDuplicate", field, value)


def not_found(field: str, value: Any) -> Problem:
    """Report a reference to something that the object does not define."""
    return Problem("FieldValueNotFound", field, value)


def too_long(field: str, maximum: int) -> Problem:
    """Report a string longer than its limit in bytes."""
    return Problem("FieldValueTooLong", field, "", f"may not be more than {maximum} bytes")


def not_supported(field: str, value: Any, supported: list[str]) -> Problem:
    """Report a word that is not one of those the field knows."""
    known = ", ".join(quoted(word) for word in supported)
    return Problem("FieldValueNotSupported", field, value, f"supported values: {known}" if known else "")
