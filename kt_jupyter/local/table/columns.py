"""What a column is, and which columns each kind has."""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.table.column import AGE, NAME, Column

_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {}
_DEFAULT: Final = (NAME, AGE)


def columns_of(resource: ResourceType) -> tuple[Column, ...]:
    """Return a kind's columns."""
    return _COLUMNS.get(resource.key, _DEFAULT)
