"""Sets of fields, as ``fieldsV1`` writes them.

A field's place is a path of elements: ``f:name`` (a field, or a key of a map), ``k:{"name":"c"}`` (the item of a list
with that key), ``v:"x"`` (the item of a set that is that value). An element can be a member itself, have members below
it, or both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

_SELF: Final = "."

Path = tuple[str, ...]


def field_element(name: str) -> str:
    """Return the element of a field, or of a map's key."""
    return f"f:{name}"


def value_element(value: Any) -> str:
    """Return the element of a set's item."""
    return f"v:{_json(value)}"


def key_element(keys: dict[str, Any]) -> str:
    """Return the element of a list's item that these keys tell apart."""
    return f"k:{_json(keys)}"


def path_text(path: Path) -> str:
    """Write a path as error messages show it: ``.spec.containers[name="c"].image``."""
    return "".join(_element_text(element) for element in path)


class FieldSet:
    """A set of paths; never empty below its root."""

    __slots__ = ("children", "members")

    def __init__(self, members: set[str] | None = None, children: dict[str, FieldSet] | None = None) -> None:
        self.members = members if members is not None else set()
        self.children = {element: child for element, child in (children or {}).items() if child}

    @classmethod
    def of(cls, *paths: Path) -> FieldSet:
        """Return the set of these paths."""
        made = cls()
        for path in paths:
            made.add(path)
        return made

    @classmethod
    def read(cls, fields: Any) -> FieldSet:
        """Read a ``fieldsV1``; raises ValueError when it is none."""
        if not isinstance(fields, dict):
            raise ValueError("fields are an object")  # noqa: TRY004  (of the entry, whatever is wrong with it)
        made = cls()
        for element, below in fields.items():
            if element == _SELF:
                continue
            if element[:2] not in ("f:", "k:", "v:", "i:"):
                raise ValueError(f"{element!r} names no field")
            child = cls.read(below)
            if _SELF in below or not child:
                made.members.add(element)
            if child:
                made.children[element] = child
        return made

    def write(self) -> dict[str, Any]:
        """Write as ``fieldsV1``."""
        written: dict[str, Any] = {}
        for element in sorted(self.members | self.children.keys()):
            child = self.children.get(element)
            below = child.write() if child else {}
            written[element] = {_SELF: {}, **below} if child and element in self.members else below
        return written

    def __bool__(self) -> bool:
        return bool(self.members or self.children)

    def __contains__(self, path: Path) -> bool:
        *way, last = path
        node: FieldSet | None = self
        for element in way:
            node = node.children.get(element) if node else None
        return node is not None and last in node.members

    def __iter__(self) -> Iterator[Path]:
        for element in sorted(self.members):
            yield (element,)
        for element in sorted(self.children):
            for path in self.children[element]:
                yield (element, *path)

    def add(self, path: Sequence[str]) -> None:
        """Make a path a member."""
        node = self
        for element in path[:-1]:
            node = node.children.setdefault(element, FieldSet())
        node.members.add(path[-1])

    def below(self, element: str) -> FieldSet:
        """Return what is in the set below an element."""
        return self.children.get(element, _EMPTY)

    def __or__(self, other: FieldSet) -> FieldSet:
        elements = self.children.keys() | other.children.keys()
        children = {element: self.below(element) | other.below(element) for element in elements}
        return FieldSet(self.members | other.members, children)

    def __sub__(self, other: FieldSet) -> FieldSet:
        children = {element: child - other.below(element) for element, child in self.children.items()}
        return FieldSet(self.members - other.members, children)

    def __and__(self, other: FieldSet) -> FieldSet:
        children = {element: child & other.below(element) for element, child in self.children.items()}
        return FieldSet(self.members & other.members, children)

    def without(self, other: FieldSet) -> FieldSet:
        """Return the set without the other's members and everything below them."""
        kept = {element: child for element, child in self.children.items() if element not in other.members}
        children = {element: child.without(other.below(element)) for element, child in kept.items()}
        return FieldSet(self.members - other.members, children)


_EMPTY: Final = FieldSet()


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _element_text(element: str) -> str:
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "k:":
        return f"[{','.join(f'{name}={_json(value)}' for name, value in json.loads(text).items())}]"
    return f"[={text}]" if kind == "v:" else f"[{text}]"
