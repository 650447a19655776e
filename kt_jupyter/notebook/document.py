r"""Text that is for reading and for keeping: a manifest, JSON.

A magic's ``--yaml`` and ``--json`` give one of these. In a cell it shows as it is, without quotes and ``\n``; assigned
(``text = %kt_volume show my-data --json``) it is an ordinary ``str`` for ``json.loads`` or a file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class Document(str):
    """A string that IPython shows as its lines."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001, ARG002 - IPython's protocol
        printer.text(str(self))


def as_json(data: Any) -> Document:
    """Write data as JSON for reading."""
    return Document(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def as_yaml(*manifests: dict[str, Any] | Sequence[Any]) -> Document:
    """Write manifests as one YAML stream, in the order their fields were given."""
    import yaml  # noqa: PLC0415 - a sixth of a second that only --yaml needs to spend

    return Document(yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True).rstrip("\n"))
