"""Checks that many kinds share: numbers, quantities, selectors, differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kt_jupyter.local.fields import Problem, invalid, not_supported, required
from kt_jupyter.local.objects import Object
from kt_jupyter.local.strategies import names
from kt_jupyter.specs.quantity import Quantity, parse


def amount(text: Any) -> Quantity:
    """Return a quantity that has been checked before; what is absent is nothing."""
    return parse(str(text or "0"))


def at_least_zero(field: str, value: int | None) -> list[Problem]:
    """Refuse negative numbers."""
    if value is None or value >= 0:
        return []
    return [invalid(field, value, "must be greater than or equal to 0")]


def one_of(field: str, value: Any, known: Iterable[str]) -> list[Problem]:
    """Refuse words that a field does not know."""
    listed = list(known)
    return [] if value in listed else [not_supported(field, value or "", listed)]


def selector(field: str, given: Mapping[str, Any] | None) -> list[Problem]:
    """Check a LabelSelector."""
    if given is None:
        return []
    found = names.labels(f"{field}.matchLabels", given.get("matchLabels"))
    for place, expression in enumerate(given.get("matchExpressions") or ()):
        found += _expression(f"{field}.matchExpressions[{place}]", expression)
    return found


def _expression(field: str, expression: Object) -> list[Problem]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    found = []
    if operator in ("In", "NotIn"):
        if not values:
            found.append(required(f"{field}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(Problem("FieldValueForbidden", f"{field}.values", "", why))
    else:
        found.append(invalid(f"{field}.operator", operator, "not a valid selector operator"))
    return found + names.wrong(f"{field}.key", expression.get("key", ""), names.qualified)


def unchanged(field: str, new: Any, old: Any) -> list[Problem]:
    """Refuse to change a field."""
    return [] if new == old else [invalid(field, new, "field is immutable")]
