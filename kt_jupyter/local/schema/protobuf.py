r"""Bodies in protobuf, which kubectl's typed commands (``create configmap``, ``auth can-i`` …) send and cannot undo.

The envelope is ``k8s\0`` and a ``runtime.Unknown`` with the object inside (``apimachinery/pkg/runtime/serializer/
protobuf``). Only decoding: every client that can send protobuf accepts JSON in return.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from kt_jupyter.local import schema
from kt_jupyter.local.objects import Object, stamp

_MAGIC: Final = b"k8s\x00"
_WireValue = int | bytes


class UnreadableError(ValueError):
    """The bytes are not what they say they are."""


def decode(body: bytes) -> Object:
    """Return the object in an envelope; raises UnreadableError."""
    if not body.startswith(_MAGIC):
        raise UnreadableError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = dict(_entries(body[len(_MAGIC) :]))
    names = dict(_entries(_bytes(envelope.get(1, b""))))
    api_version, kind = _bytes(names.get(1, b"")).decode(), _bytes(names.get(2, b"")).decode()
    type_name = schema.type_of(api_version, kind) or schema.type_of("v1", kind)
    if type_name is None:
        raise UnreadableError(f'no kind "{kind}" is registered for version "{api_version}"')
    return {"kind": kind, "apiVersion": api_version, **_message(_bytes(envelope.get(2, b"")), type_name)}


def _message(data: bytes, type_name: str) -> Object:
    fields = schema.wire_fields(type_name)
    found: Object = {}
    for number, value in _entries(data):
        if number not in fields:
            continue
        name, field = fields[number]
        if field.shape == ".":
            found.update(_message(_bytes(value), field.type))
        elif field.shape == "[]":
            found.setdefault(name, []).extend(_items(value, field.type))
        elif field.shape == "{}":
            key, item = _map_entry(_bytes(value), field.type)
            found.setdefault(name, {})[key] = item
        else:
            found[name] = _value(value, field.type)
    # Go writes empty strings and zeros of required-looking fields too; JSON leaves them out.
    return {name: value for name, value in found.items() if value not in ("", {}, None) and not _zero(value)}


def _zero(value: Any) -> bool:
    return type(value) is int and value == 0


def _items(value: _WireValue, type_name: str) -> Iterator[Any]:
    if type_name in ("int32", "int64", "bool") and isinstance(value, bytes):  # packed
        place = 0
        while place < len(value):
            number, place = _varint(value, place)
            yield _value(number, type_name)
    else:
        yield _value(value, type_name)


def _map_entry(data: bytes, type_name: str) -> tuple[str, Any]:
    entry = dict(_entries(data))
    return _bytes(entry.get(1, b"")).decode(), _value(entry.get(2, b""), type_name)


def _value(value: _WireValue, type_name: str) -> Any:
    convert = _CONVERT.get(type_name)
    return convert(value) if convert else _message(_bytes(value), type_name)


def _signed(value: _WireValue) -> int:
    number = value if isinstance(value, int) else 0
    return number - (1 << 64) if number >= 1 << 63 else number


def _quantity(value: _WireValue) -> str:
    return _bytes(dict(_entries(_bytes(value))).get(1, b"")).decode()


def _time(value: _WireValue) -> str | None:
    parts = dict(_entries(_bytes(value)))
    seconds = _signed(parts.get(1, 0))
    return stamp(dt.datetime.fromtimestamp(seconds, dt.UTC)) if parts else None


def _int_or_string(value: _WireValue) -> int | str:
    parts = dict(_entries(_bytes(value)))
    return _bytes(parts.get(3, b"")).decode() if parts.get(1) else _signed(parts.get(2, 0))


def _raw(value: _WireValue) -> Any:
    raw = _bytes(dict(_entries(_bytes(value))).get(1, b""))
    return json.loads(raw) if raw else None


def _strings(value: _WireValue) -> list[str]:
    return [_bytes(item).decode() for number, item in _entries(_bytes(value)) if number == 1]


_CONVERT: Final[dict[str, Callable[[_WireValue], Any]]] = {
    "string": lambda value: _bytes(value).decode(),
    "int32": _signed,
    "int64": _signed,
    "bool": bool,
    "bytes": lambda value: base64.b64encode(_bytes(value)).decode(),
    "double": lambda value: struct.unpack("<d", _bytes(value))[0],
    "quantity": _quantity,
    "time": _time,
    "microtime": _time,
    "intorstring": _int_or_string,
    "raw": _raw,
    "strings": _strings,
}


def _bytes(value: _WireValue) -> bytes:
    if not isinstance(value, bytes):
        raise UnreadableError("a protobuf field has another type than its number promises")
    return value


def _entries(data: bytes) -> Iterator[tuple[int, _WireValue]]:
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == 2:
            length, place = _varint(data, place)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise UnreadableError(f"protobuf wire type {wire} is not known")
        if place + length > len(data):
            raise UnreadableError("unexpected EOF")
        yield number, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise UnreadableError("unexpected EOF")
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return number, place
        shift += 7
