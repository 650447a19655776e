"""What of a value can have an owner of its own: all of it at once, its fields, its keys or its items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from kt_jupyter.local import schema
from kt_jupyter.local.ownership.sets import field_element, key_element, value_element


@dataclass(frozen=True, slots=True)
class Shape:
    """How a value divides.

    Attributes:
        kind: ``leaf`` does not; a ``struct`` divides into its fields, a ``map`` into its keys, a ``set`` into its
            values, a ``list`` into items that keys tell apart.
        type: a struct's own type; otherwise that of what is inside.
        told_by: the keys of a list's items, with what they are where nobody gives them (None: nothing).
    """

    kind: Literal["leaf", "struct", "map", "set", "list"]
    type: str = ""
    told_by: tuple[tuple[str, str | int | None], ...] = ()

    @property
    def is_items(self) -> bool:
        """Whether the value is a JSON array that divides."""
        return self.kind in ("set", "list")


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a struct: its shape; what it is where nobody gives it (None: absent); whether empty is absent."""

    shape: Shape
    held: Any = None
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a value: its element, the value and its shape; ``named`` where a struct's type names it."""

    element: str
    value: Any
    shape: Shape
    named: bool = False


LEAF: Final = Shape("leaf")


@cache
def of_type(type_name: str) -> Shape:
    """Return the shape of a type's values."""
    if schema.fields_of(type_name) is None or schema.is_whole(type_name):
        return LEAF
    return Shape("struct", type_name)


def of_kind(api_version: str, kind: str) -> Shape:
    """Return the shape of a kind's objects."""
    return of_type(schema.type_of(api_version, kind) or "")


@cache
def parts(type_name: str) -> dict[str, Part]:
    """Return a struct's fields, ``apiVersion`` and ``kind`` among them (every object has them)."""
    found = {"apiVersion": Part(LEAF), "kind": Part(LEAF)}
    for name, field in (schema.fields_of(type_name) or {}).items():
        found[name] = Part(_of_field(field), held=field.held, plural=field.shape in ("[]", "{}"))
    return found


def _of_field(field: schema.Field) -> Shape:
    if field.owned == "whole":
        return LEAF
    if field.shape == "{}":
        return Shape("map", field.type)
    if field.shape == "[]":
        return {"set": Shape("set", field.type), "keys": Shape("list", field.type, field.told_by)}.get(
            field.owned, LEAF
        )
    return of_type(field.type)


def inside(shape: Shape, name: str) -> Shape:
    """Return the shape of a field, or of what stands under a map's key."""
    if shape.kind == "map":
        return of_type(shape.type)
    part = parts(shape.type).get(name)
    return part.shape if part else LEAF


def pieces(value: Any, shape: Shape, *, stored: bool = False) -> Iterator[Piece]:
    """Yield what a value divides into.

    ``stored`` reads it as the server's own types hold it: what Go always writes is there, empty lists and maps are not.
    """
    if shape.kind == "struct":
        yield from _fields(value or {}, shape, stored=stored)
    elif shape.kind == "map":
        inner = of_type(shape.type)
        for key, item in (value or {}).items():
            yield Piece(field_element(key), item, inner)
    elif shape.is_items:
        inner = of_type(shape.type)
        for item in value or []:
            yield Piece(element_of(item, shape), item, inner)


def _fields(value: dict[str, Any], shape: Shape, *, stored: bool) -> Iterator[Piece]:
    known = parts(shape.type)
    for name, item in value.items():
        part = known.get(name)
        if stored and (item is None or (part and part.plural and not item and part.held is None)):
            continue
        yield Piece(field_element(name), item, part.shape if part else LEAF, named=True)
    if stored:
        for name, part in known.items():
            if part.held is not None and value.get(name) is None:
                yield Piece(field_element(name), part.held, part.shape, named=True)


def element_of(item: Any, shape: Shape) -> str:
    """Return the element of a set's or list's item."""
    if shape.kind == "set":
        return value_element(item)
    held = item if isinstance(item, dict) else {}
    keys = {key: held.get(key, default) for key, default in shape.told_by}
    return key_element({key: value for key, value in keys.items() if value is not None})


def divides(value: Any, shape: Shape) -> bool:
    """Return whether a value is what its shape says, so that it can be looked into."""
    return shape.kind != "leaf" and (value is None or isinstance(value, list if shape.is_items else dict))
