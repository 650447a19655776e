"""What server-side apply goes by, read from client-go's apply configurations for ``generate.py``.

Marks that are added to a field's: ``apply``, ``"whole"`` (one owner has all of it), ``"set"`` or the list of keys by
which items are told apart; ``default``, what such a key is where nobody gives it; ``held``, what a field is that Go
writes even where nobody gives it (no pointer, no ``omitempty``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

_BEFORE: Final = "typed.YAMLObject(`"
# Go writes these lists even when they are empty, which the apply configurations don't tell.
_LISTS: Final = {("core.v1.PodSpec", "containers")}
_PREFIXES: Final = ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.")

Types = dict[str, dict[str, list[Any]]]


def add(types: Types, source: Path) -> set[str]:
    """Add the marks to the types' fields; return the types that are owned as a whole wherever they stand."""
    text = source.read_text().partition(_BEFORE)[2].partition("`")[0]
    structs = {_name(entry["name"]): entry["map"] for entry in yaml.safe_load(text)["types"] if "map" in entry}
    for type_name, struct in structs.items():
        described = {field["name"]: field for field in struct.get("fields", ())}
        for field_name, entry in _all_fields(types, type_name).items():
            if field_name in described:  # FieldsV1 is bytes to protobuf, and anything to JSON
                _mark(entry, described[field_name], structs)
            if (type_name, field_name) in _LISTS:
                entry[3]["held"] = []
    return {name for name, struct in structs.items() if struct.get("elementRelationship") == "atomic"}


def _name(full: str) -> str:
    for prefix in _PREFIXES:
        full = full.removeprefix(prefix)
    return full


def _all_fields(types: Types, type_name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, entry in types.get(type_name, {}).items():
        found |= _all_fields(types, entry[2]) if entry[1] == "." else {name: entry}
    return found


def _mark(entry: list[Any], described: dict[str, Any], structs: dict[str, Any]) -> None:
    marks: dict[str, Any] = {}
    kind = described["type"]
    inner = kind.get("list") or kind.get("map") or kind
    if inner.get("elementRelationship") == "atomic":
        marks["apply"] = "whole"
    elif "list" in kind:
        keys = marks["apply"] = inner.get("keys") or "set"
        if keys != "set":
            items = {field["name"]: field for field in structs[_name(inner["elementType"]["namedType"])]["fields"]}
            marks["default"] = {key: items[key]["default"] for key in keys if "default" in items[key]}
    elif described.get("default") in ({}, "", 0, False):
        marks["held"] = described["default"]
    if marks:
        entry[3:] = [{**(entry[3] if len(entry) > 3 else {}), **marks}]
