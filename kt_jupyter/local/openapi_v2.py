"""OpenAPI v2, in protobuf: what kubectl checks a ``kind: List`` by, the one kind of file that it checks itself.

Source of the numbers: ``openapiv2/OpenAPIv2.proto`` of ``github.com/google/gnostic-models`` (0.7). kubectl takes no
other form of this document. There are no descriptions and no paths in it: nobody reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from kt_jupyter.local import schema
from kt_jupyter.local.openapi import SCALARS
from kt_jupyter.local.resources import RESOURCES

MEDIA_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
PATH: Final = "/openapi/v2"

# Field numbers.
_DOCUMENT: Final = {"swagger": 1, "info": 2, "paths": 8, "definitions": 9}
_SCHEMA: Final = {"ref": 1, "format": 2, "additional": 21, "type": 22, "items": 23, "properties": 25, "extension": 31}
_NAME, _VALUE = 1, 2  # of every named thing
_FIRST: Final = 1  # of every message that holds but one thing
_YAML: Final = 2


@cache
def document() -> bytes:
    """Return the document."""
    definitions = b"".join(_part(_FIRST, _named(_full(name), _definition(name))) for name in sorted(_types()))
    info = _part(1, b"Kubernetes") + _part(2, b"v1.34.0+kt-local")
    parts = {"swagger": b"2.0", "info": info, "paths": b"", "definitions": definitions}
    return b"".join(_part(_DOCUMENT[name], data) for name, data in parts.items())


def _types() -> set[str]:
    """Return every type that some resource has, at any depth."""
    found: set[str] = set()
    waiting = [name for r in RESOURCES if (name := schema.type_of(r.api_version, r.kind))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            inside = (schema.fields_of(name) or {}).values()
            waiting += [field.type for field in inside if schema.fields_of(field.type) is not None]
    return found


def _full(name: str) -> str:
    return f"io.k8s.apimachinery.pkg.apis.{name}" if name.startswith("meta.") else f"io.k8s.api.{name}"


def _definition(name: str) -> bytes:
    properties = {field_name: _field(field) for field_name, field in (schema.fields_of(name) or {}).items()}
    kinds = [
        {"group": r.group, "kind": r.kind, "version": r.version}
        for r in RESOURCES
        if schema.type_of(r.api_version, r.kind) == name
    ]
    if kinds:
        text = {"type": "string"}
        properties |= {"apiVersion": _scalar(text), "kind": _scalar(text)}
    extension = _extension("x-kubernetes-group-version-kind", kinds) if kinds else b""
    inside = b"".join(_part(_FIRST, _named(each, data)) for each, data in properties.items())
    return _typed("object") + _part(_SCHEMA["properties"], inside) + extension


def _field(field: schema.Field) -> bytes:
    inner = _inner(field.type)
    if field.shape == "[]":
        return _typed("array") + _part(_SCHEMA["items"], _part(_FIRST, inner))
    if field.shape == "{}":
        return _typed("object") + _part(_SCHEMA["additional"], _part(_FIRST, inner))
    return inner


def _inner(type_name: str) -> bytes:
    if schema.fields_of(type_name) is not None:
        return _part(_SCHEMA["ref"], f"#/definitions/{_full(type_name)}".encode())
    return _scalar(SCALARS[type_name])


def _scalar(described: dict[str, Any]) -> bytes:
    if described == SCALARS["raw"]:
        return b""  # anything
    if described.get("items"):
        return _typed(described["type"]) + _part(_SCHEMA["items"], _part(_FIRST, _scalar(described["items"])))
    format_ = _part(_SCHEMA["format"], described["format"].encode()) if "format" in described else b""
    return _typed(described.get("type", "string")) + format_


def _typed(name: str) -> bytes:
    return _part(_SCHEMA["type"], _part(_FIRST, name.encode()))


def _extension(name: str, value: Any) -> bytes:
    text = json.dumps(value).encode()  # which is YAML too
    return _part(_SCHEMA["extension"], _named(name, _part(_YAML, text)))


def _named(name: str, value: bytes) -> bytes:
    return _part(_NAME, name.encode()) + _part(_VALUE, value)


def _part(number: int, data: bytes) -> bytes:
    """Write one field that has a length: a text, or a message."""
    return bytes([*_varint(number << 3 | 2), *_varint(len(data))]) + data


def _varint(number: int) -> Iterable[int]:
    while number > 0x7F:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
