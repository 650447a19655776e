"""What an applied configuration gives that its kind doesn't have, in the real server's words.

Source: ``typed/validate.go`` of structured-merge-diff. Its texts show Go's own structures (``&{x}``): people paste
them into search engines, so they are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kt_jupyter.local import schema
from kt_jupyter.local.fields import quoted
from kt_jupyter.local.objects import Object
from kt_jupyter.local.ownership import shapes
from kt_jupyter.local.ownership.sets import path_text
from kt_jupyter.local.ownership.shapes import Shape
from kt_jupyter.local.patch.strategic import go_text

_NUMBERS: Final = ("int32", "int64", "double")
_ANY: Final = ("raw", "intorstring", "strings")


def mistakes(config: Object, type_name: str) -> str:
    """Return what is wrong with a configuration of a kind; empty where nothing is."""
    found = list(_in_struct(config, type_name, "", top=True))
    return found[0] if len(found) == 1 else "\n  ".join(["errors:", *found]) if found else ""


def _in_struct(value: Any, type_name: str, path: str, *, top: bool = False) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield _said(path, f"expected map, got {_pointer(value)}")
        return
    known = schema.fields_of(type_name) or {}
    for name, item in value.items():
        field = known.get(name)
        if field is not None:
            yield from _in_field(item, field, f"{path}.{name}")
        elif not (top and name in ("apiVersion", "kind")):
            yield _said(f"{path}.{name}", "field not declared in schema")
            return


def _in_field(value: Any, field: schema.Field, path: str) -> Iterator[str]:
    if value is None:
        return
    if field.shape == "{}":
        if not isinstance(value, dict):
            yield _said(path, f"expected map, got {_pointer(value)}")
            return
        for key, item in value.items():
            yield from _in_value(item, field.type, f"{path}.{key}")
    elif field.shape == "[]":
        if not isinstance(value, list):
            yield _said(path, f"expected list, got {_pointer(value)}")
            return
        yield from _in_list(value, field, path)
    else:
        yield from _in_value(value, field.type, path)


def _in_list(value: list[Any], field: schema.Field, path: str) -> Iterator[str]:
    shape = Shape("list" if field.owned == "keys" else "set", field.type, field.told_by)
    seen = set()
    for place, item in enumerate(value):
        here = f"[{place}]"
        if field.owned in ("set", "keys"):
            wrong = _no_element(item, shape)
            if wrong:
                yield _said(path, f"element {place}: {wrong}")
                return
            element = shapes.element_of(item, shape)
            here = path_text((element,))
            if element in seen:
                yield _said(path, f"duplicate entries for key {here}")
            seen.add(element)
        yield from _in_value(item, field.type, f"{path}{here}")


def _no_element(item: Any, shape: Shape) -> str:
    """Return why an item cannot be told apart from others."""
    if shape.kind == "set":
        wrong = {dict: "has an element that's a map type", type(None): "has an element that's an explicit null"}
        if isinstance(item, list):
            return "not supported: associative list with lists as elements"
        return f"associative list without keys {wrong[type(item)]}" if type(item) in wrong else ""
    if not isinstance(item, dict):
        return f"associative list with keys may not have {'a null element' if item is None else 'non-map elements'}"
    if all(key not in item and default is None for key, default in shape.told_by):
        keys = " ".join(quoted(key) for key, _ in shape.told_by)
        why = "(and doesn't have default values for any key fields)"
        return f"associative list with keys has an element that omits all key fields [{keys}] {why}"
    return ""


def _in_value(value: Any, type_name: str, path: str) -> Iterator[str]:
    if schema.fields_of(type_name) is not None:
        yield from _in_struct(value, type_name, path)
    elif value is not None and type_name not in _ANY:
        wrong = _no_scalar(value, type_name)
        if wrong:
            yield _said(path, wrong)


def _no_scalar(value: Any, type_name: str) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if type_name in _NUMBERS:
        return "" if number else f"expected numeric (int or float), got {_go_type(value)}"
    if type_name == "bool":
        return "" if isinstance(value, bool) else f"expected boolean, got {_pointer(value)}"
    if type_name in ("string", "bytes"):
        if isinstance(value, str):
            return ""
        return f"expected string, got &value.valueUnstructured{{Value:{_go_syntax(value)}}}"
    scalar = isinstance(value, str | int | float)
    return "" if scalar else f"expected any scalar, got {_pointer(value)}"


def _said(path: str, what: str) -> str:
    return f"{path}: {what}" if path else what


def _pointer(value: Any) -> str:
    return f"&{{{go_text(value)}}}"


def _go_type(value: Any) -> str:
    names = {str: "string", bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}
    return names[type(value)]


def _go_syntax(value: Any) -> str:
    """Write a value as Go's ``%#v`` does."""
    if isinstance(value, dict):
        inside = (f"{quoted(key)}:{_go_syntax(item)}" for key, item in sorted(value.items()))
        return f"map[string]interface {{}}{{{', '.join(inside)}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(_go_syntax(item) for item in value)}}}"
    if value is None:
        return "interface {}(nil)"
    return str(value).lower() if isinstance(value, bool) else quoted(value) if isinstance(value, str) else str(value)
