"""Kubernetes quantities, exactly.

The API server keeps a size in the spelling it was given or in a canonical one, so sizes can only be compared by value:
``1Gi`` and ``1024Mi`` are the same volume. The official client's ``parse_quantity`` is no help: it accepts spellings
the server refuses (``1 Gi``, ``1K``) and computes through floats. Here every value is a ``Fraction``, and the grammar,
the rounding and the canonical text are those of apimachinery's ``pkg/api/resource/quantity.go``.

Deliberately not copied from there: ``.``, ``+`` and ``Gi`` alone, which its scanner reads as zero although its own
grammar does not allow them; and its habit of keeping a given spelling that "looks canonical" (``+1Gi``, ``1.500``).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from kt_jupyter.errors import InvalidQuantity
from kt_jupyter.specs._quantity_hints import spelling_hint

_DECIMAL_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_EXPONENTS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIXES = {exponent: suffix for suffix, exponent in _DECIMAL_EXPONENTS.items()}
_BINARY_SUFFIXES = {exponent: suffix for suffix, exponent in _BINARY_EXPONENTS.items()}
_GRAMMAR = re.compile(
    r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+|[numkMGTPE])?", re.ASCII
)
_NANO = Fraction(1, 10**9)
_LARGEST = 2**63 - 1
_SMALLEST_BINARY = 1024
# "1e999999999" is a legal quantity, and written out it would fill the memory: nothing real needs so many digits.
_LONGEST_TEXT = 128
_LARGEST_EXPONENT = 128


class Format(StrEnum):
    """The three ways a quantity is written; a quantity is written back in the one it came in."""

    BINARY = "BinarySI"
    DECIMAL = "DecimalSI"
    EXPONENT = "DecimalExponent"


@functools.total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A number with the format it was written in; equality and order are by value alone.

    Example:
        >>> parse("1024Mi") == parse("1Gi"), str(parse("1.5Gi"))
        (True, '1536Mi')
    """

    value: Fraction
    format: Format = Format.BINARY

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if isinstance(other, Quantity) else NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        return self.value < other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + other.value, self.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.value - other.value, self.format)

    def __int__(self) -> int:
        """Return the number of whole units, rounded up as Kubernetes' own ``Value()`` does."""
        return -(-self.value.numerator // self.value.denominator)

    def __str__(self) -> str:
        """Return the canonical text: no fraction, and the largest suffix that loses nothing."""
        if self.value == 0:
            return "0"
        # Binary suffixes start at Ki and write whole numbers only; for anything else the server falls back to decimal.
        if self.format is not Format.BINARY:
            return _canonical_decimal(self.value, self.format)
        if self.value.denominator != 1 or abs(self.value) < _SMALLEST_BINARY:
            return _canonical_decimal(self.value, Format.DECIMAL)
        return _canonical_binary(self.value.numerator)


def parse(text: object, *, what: str = "quantity") -> Quantity:
    """Read a quantity as the API server does.

    White space around the text is dropped, as the server drops it; inside it is an error. Values finer than ``1n`` are
    rounded up (away from zero), binary ones beyond 2**63-1 are cut to that.

    Args:
        text: for example ``"10Gi"``, ``"1.5Ti"``, ``"500M"``, ``"1e9"``.
        what: how an error calls it (``"size"``, ``"memory"``).

    Raises:
        InvalidQuantity: it is none; the message has a valid spelling.

    Source: apimachinery ``pkg/api/resource/quantity.go``, ``ParseQuantity``.
    """
    if not isinstance(text, str):
        raise _refusal(text, what, "it must be text, a number with its unit")
    return _parse(text.strip(), what)


def storage_size(text: object, *, what: str = "size") -> Quantity:
    """Read the size of a volume: a quantity that is more than zero and a whole number of bytes.

    Args:
        text: the size, for example ``"10Gi"``.
        what: how an error calls it.

    Raises:
        InvalidQuantity: it is no such size; the message has a valid spelling.

    Source: ``ValidatePersistentVolumeClaimSpec`` ("must be greater than zero"); storage is counted in whole bytes.
    """
    quantity = parse(text, what=what)
    if quantity.value <= 0:
        raise _refusal(text, what, "a volume is larger than nothing")
    if quantity.value.denominator != 1:
        raise _refusal(text, what, f"that is {float(quantity.value):g} bytes, and a volume has whole ones")
    if quantity.value >= _LARGEST:
        raise InvalidQuantity(
            f"{_shown(text)} is too large: Kubernetes counts bytes to 2**63-1, a little less than 8Ei."
        )
    return quantity


@functools.lru_cache(maxsize=4096)  # a listing of 500 volumes has perhaps ten different sizes
def _parse(text: str, what: str) -> Quantity:
    match = _GRAMMAR.fullmatch(text)
    if match is None or len(text) > _LONGEST_TEXT:
        raise _refusal(text, what, "it must be a number directly followed by Ki, Mi, Gi, Ti (or k, M, G, T)")
    sign, whole, fraction, bare_fraction, suffix = match.groups(default="")
    fraction = fraction or bare_fraction
    scale, format_ = _interpret(suffix)
    if scale is None:
        raise _refusal(text, what, "its exponent is beyond anything Kubernetes can count")
    value = _round_up_at_nano(Fraction(int(whole + fraction), 10 ** len(fraction)) * scale)
    if format_ is Format.BINARY:
        value = min(value, Fraction(_LARGEST))
        format_ = Format.DECIMAL if 0 < value < 1 else Format.BINARY
    return Quantity(-value if sign == "-" else value, format_)


def _interpret(suffix: str) -> tuple[Fraction | None, Format]:
    if suffix in _BINARY_EXPONENTS:
        return Fraction(2 ** _BINARY_EXPONENTS[suffix]), Format.BINARY
    if suffix in _DECIMAL_EXPONENTS:
        return Fraction(10) ** _DECIMAL_EXPONENTS[suffix], Format.DECIMAL
    exponent = int(suffix[1:])
    return (Fraction(10) ** exponent if abs(exponent) <= _LARGEST_EXPONENT else None), Format.EXPONENT


def _round_up_at_nano(value: Fraction) -> Fraction:
    nanos = value / _NANO
    return -(-nanos.numerator // nanos.denominator) * _NANO


def _canonical_binary(number: int) -> str:
    exponent = 0
    while number % 1024 == 0 and exponent < max(_BINARY_SUFFIXES):
        number //= 1024
        exponent += 10
    return f"{number}{_BINARY_SUFFIXES.get(exponent, '')}"


def _canonical_decimal(value: Fraction, format_: Format) -> str:
    number, exponent = (value / _NANO).numerator, -9
    largest = _LARGEST_EXPONENT if format_ is Format.EXPONENT else max(_DECIMAL_SUFFIXES)
    while number % 1000 == 0 and exponent + 3 <= largest:
        number //= 1000
        exponent += 3
    if format_ is Format.EXPONENT:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIXES[exponent]}"


def _refusal(text: object, what: str, rule: str) -> InvalidQuantity:
    fact = f"the {what} is empty." if text == "" else f"{_shown(text)} is not a {what}: {rule}."
    return InvalidQuantity(fact, remedy=spelling_hint(text))


def _shown(text: object) -> str:
    if not isinstance(text, str):
        return repr(text)
    return f'"{text}"' if len(text) <= _LONGEST_TEXT else f'"{text[:20]}…" ({len(text)} characters)'
