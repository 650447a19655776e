"""What fields each kind has: from Kubernetes' own definitions (``generate.py``), loaded at the first use.

One table serves four purposes: unknown and mistyped fields (``checking.py``), bodies in protobuf (``protobuf.py``),
how lists merge in patches (``kt_jupyter.local.patch``), and the OpenAPI documents that kubectl asks for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

SCALARS: Final = frozenset(
    ("string", "int32", "int64", "bool", "bytes", "double", "quantity", "time", "microtime", "raw", "intorstring")
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its protobuf number, whether it is a list (``[]``), a map (``{}``) or one value, and of what type.

    ``merge_key`` and ``strategy`` are what strategic merge patches go by; ``list_type`` and ``keys`` what OpenAPI says.
    The others are what apply goes by: ``owned`` is ``whole`` (one owner has all of it), ``set`` or ``keys`` (items have
    owners of their own), else each part has; ``told_by`` the keys that tell items apart, with what they are where
    nobody gives them (None: nothing); ``held`` is what the field is where nobody gives it (None: absent).
    """

    number: int
    shape: str
    type: str
    merge_key: str = ""
    strategy: str = ""
    list_type: str = ""
    keys: tuple[str, ...] = ()
    owned: str = ""
    told_by: tuple[tuple[str, str | int | None], ...] = ()
    held: Any = None


Fields = dict[str, Field]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(__file__).with_name("types.json").read_bytes())
    return document


def _types() -> dict[str, dict[str, list[object]]]:
    types: dict[str, dict[str, list[object]]] = _document()["types"]
    return types


@cache
def fields_of(type_name: str) -> Fields | None:
    """Return a type's fields by their JSON names, inlined ones included; None for types without (scalars)."""
    entries = _types().get(type_name)
    if entries is None:
        return None
    found: Fields = {}
    for name, entry in entries.items():
        field = _field(entry)
        if field.shape == ".":
            found.update(fields_of(field.type) or {})
        else:
            found[name] = field
    return found


@cache
def wire_fields(type_name: str) -> dict[int, tuple[str, Field]]:
    """Return a type's fields by protobuf number, as they are on the wire: inlined types are messages of their own."""
    return {field.number: (name, field) for name, field in _named(_types().get(type_name) or {})}


@cache
def is_whole(type_name: str) -> bool:
    """Return whether objects of a type have one owner for all of their fields, wherever they stand."""
    return type_name in _document()["whole"]


def type_of(api_version: str, kind: str) -> str | None:
    """Return the type's name of a kind, None when it is not known."""
    found: str | None = _document()["kinds"].get(f"{api_version}/{kind}")
    return found


def not_convertible(api_version: str, kind: str, wanted_version: str, wanted_kind: str) -> str:
    """Say why a kind is not another one: it is known, and different, or it is not known at all."""
    item = kind.removesuffix("List")
    if type_of(api_version, kind) is None and (kind == item or (item and type_of(api_version, item) is None)):
        return f'no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:110"'
    inside = (type_of(wanted_version, wanted_kind) or "core").split(".")[0]
    return f"converting (v1.{kind}) to ({inside}.{wanted_kind}): unknown conversion"


def _named(entries: dict[str, list[object]]) -> list[tuple[str, Field]]:
    return [(name, _field(entry)) for name, entry in entries.items()]


def _field(entry: list[Any]) -> Field:
    number, shape, type_name, *rest = entry
    marks: dict[str, Any] = rest[0] if rest else {}
    owned = marks.get("apply", "")
    told_by: tuple[tuple[str, str | int | None], ...] = ()
    if isinstance(owned, list):
        told_by = tuple((key, marks["default"].get(key)) for key in sorted(owned))
        owned = "keys"
    return Field(
        number,
        shape,
        type_name,
        marks.get("merge", ""),
        marks.get("strategy", ""),
        marks.get("list", ""),
        tuple(marks.get("keys", ())),
        owned,
        told_by,
        marks.get("held"),
    )
