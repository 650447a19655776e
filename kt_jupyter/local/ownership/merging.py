"""Putting what is applied into what is there, and taking fields out, each by the value's shape."""

from __future__ import annotations

from typing import Any

from kt_jupyter.local import schema
from kt_jupyter.local.ownership import shapes
from kt_jupyter.local.ownership.sets import FieldSet, field_element
from kt_jupyter.local.ownership.shapes import Shape, divides


def merge(live: Any, config: Any, shape: Shape) -> Any:
    """Return a new value: ``live`` with what ``config`` gives in its place."""
    if not divides(config, shape) or not divides(live, shape) or (not live and not config):
        return config
    if shape.is_items:
        return _merge_items(live or [], config or [], shape)
    merged = dict(live or {})
    for name, value in (config or {}).items():
        inner = shapes.inside(shape, name)
        merged[name] = merge(merged[name], value, inner) if name in merged else value
    return merged


def _merge_items(live: list[Any], config: list[Any], shape: Shape) -> list[Any]:
    """Merge lists: shared items stand in the order of the config, the others where they were among them."""
    inner = shapes.of_type(shape.type)
    names = [shapes.element_of(item, shape) for item in live]
    wanted = {shapes.element_of(item, shape): item for item in config}
    # An item that is there twice is not merged with: it is replaced.
    held = {name: item for name, item in zip(names, live, strict=True) if names.count(name) == 1}

    def merged(name: str) -> Any:
        return merge(held[name], wanted[name], inner) if name in held else wanted[name]

    shared = [name for name in wanted if name in names]
    waiting = list(wanted)  # those of the config that are not yet placed
    result = []
    for name, item in zip(names, live, strict=True):
        if name not in wanted:
            result.append(item)
        elif shared and name == shared[0]:  # its turn: what the config has before it comes first
            while waiting:
                first = waiting.pop(0)
                result.append(merged(first))
                if first == name:
                    break
            shared.pop(0)
    return result + [merged(name) for name in waiting]


def remove(value: Any, gone: FieldSet, shape: Shape) -> Any:
    """Return a new value without some of its fields; None where nothing is left."""
    if not value or not divides(value, shape):
        return None
    if shape.is_items:
        inner = shapes.of_type(shape.type)
        named = [(shapes.element_of(item, shape), item) for item in value]
        kept = [_pruned(item, gone.below(element), inner) for element, item in named if (element,) not in gone]
        return [{} if item is None else item for item in kept] or None
    left = {}
    for name, item in value.items():
        element = field_element(name)
        if (element,) not in gone:
            left[name] = _pruned(item, gone.below(element), shapes.inside(shape, name))
    return left or None


def _pruned(value: Any, gone: FieldSet, shape: Shape) -> Any:
    return remove(value, gone, shape) if gone else value


def with_named(fields: FieldSet, shape: Shape) -> FieldSet:
    """Return a set with the structs that its fields stand in, so that these go when all of their fields go."""
    members = set(fields.members)
    children = {}
    known = schema.fields_of(shape.type) or {} if shape.kind == "struct" else {}
    for element, below in fields.children.items():
        inner = shapes.LEAF
        if element.startswith("f:"):
            name = element[2:]
            inner = shapes.inside(shape, name) if shape.kind in ("struct", "map") else inner
            if name in known:
                members.add(element)
        elif shape.kind == "list":
            inner = shapes.of_type(shape.type)
        children[element] = with_named(below, inner)
    return FieldSet(members, children)
