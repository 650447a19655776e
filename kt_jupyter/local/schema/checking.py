"""Is a body what its kind's definition says? Unknown fields (strictly, with a warning, or not at all) and wrong types.

Source: ``k8s.io/apimachinery/pkg/runtime/serializer/json`` and Go's ``encoding/json`` (1.34): the texts are theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from kt_jupyter.local import schema, status
from kt_jupyter.local.fields import invalid, quoted
from kt_jupyter.local.objects import Object, parse_time
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.specs.quantity import Quantity, parse

_BAD_QUANTITY: Final = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_QUANTITY: Final = re.compile(r"([+-]?[0-9]*(?:\.[0-9]*)?)([eEinumkKMGTP]*[-+]?[0-9]*)")
_SUFFIX: Final = re.compile(r"Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]+|")
_ALWAYS: Final = frozenset(("apiVersion", "kind"))
_JSON_NAMES: Final = {"str": "string", "list": "array", "dict": "object"}
_LAYOUTS: Final = {"time": "2006-01-02T15:04:05Z07:00", "microtime": "2006-01-02T15:04:05.000000Z07:00"}
_NOTHING: Final[dict[str, Any]] = {"string": "", "quantity": "0", "bytes": ""}
_STRINGS: Final = {
    "accessModes": "PersistentVolumeAccessMode",
    "completionMode": "CompletionMode",
    "dnsPolicy": "DNSPolicy",
    "imagePullPolicy": "PullPolicy",
    "persistentVolumeReclaimPolicy": "PersistentVolumeReclaimPolicy",
    "restartPolicy": "RestartPolicy",
    "volumeMode": "PersistentVolumeMode",
}
_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "bytes": (str,),
    "int32": (int,),
    "int64": (int,),
    "double": (int, float),
    "bool": (bool,),
}


def check(obj: Object, resource: ResourceType, mode: str, warnings: list[str], *, twice: Sequence[str] = ()) -> None:
    """Check a body against its kind; remove what the kind does not know, and nulls.

    Args:
        obj: the body, changed in place.
        resource: what it should be.
        mode: what to do about unknown fields: Strict refuses (400), Warn adds to ``warnings``, Ignore drops them.
        warnings: texts for Warning headers.
        twice: what is to be said about fields that the body gives more than once.

    Raises:
        ApiStatus: BadRequest (400).
    """
    wrong = _mistake(obj, resource, mode, warnings, twice)
    if wrong:
        what = f"{resource.kind} in version {quoted(resource.version)} cannot be handled as a {resource.kind}"
        raise status.bad_request(f"{what}: {wrong}")


def check_patched(
    obj: Object, resource: ResourceType, mode: str, warnings: list[str], *, shown: str, twice: Sequence[str]
) -> None:
    """Check what a patch has made, as ``check`` does; mistakes are the patch's (422), ``shown`` with them."""
    api_version, kind = str(obj.get("apiVersion")), str(obj.get("kind"))
    if (api_version, kind) != (resource.api_version, resource.kind):
        wrong: str | None = schema.not_convertible(api_version, kind, resource.api_version, resource.kind)
    else:
        wrong = _mistake(obj, resource, mode, warnings, twice)
    if wrong:
        raise status.invalid("", "", "", [invalid("patch", shown, wrong)])


def _mistake(obj: Object, resource: ResourceType, mode: str, warnings: list[str], twice: Sequence[str]) -> str | None:
    """Return what must be refused, None when nothing must."""
    type_name = schema.type_of(resource.api_version, resource.kind)
    if type_name is None:
        return None
    unknown: list[str] = []
    wrong = next(_walk(obj, type_name, "", unknown), None)
    texts = [*twice, *(f"unknown field {quoted(path)}" for path in unknown)]
    if wrong or not texts or mode == "Ignore":
        return wrong
    if mode == "Strict":
        return f"strict decoding error: {', '.join(texts)}"
    warnings.extend(texts)
    return None


def first_mistake(obj: Object, api_version: str, kind: str) -> str | None:
    """Return what is mistyped in an object, in Go's words, None when nothing is."""
    type_name = schema.type_of(api_version, kind)
    return next(_walk(obj, type_name, "", []), None) if type_name else None


def _walk(value: Object, type_name: str, path: str, unknown: list[str]) -> Iterator[str]:
    """Yield what is mistyped; note what is unknown and remove it."""
    fields = schema.fields_of(type_name) or {}
    for name in list(value):
        here = f"{path}.{name}" if path else name
        field = fields.get(name)
        if field is None:
            if path or name not in _ALWAYS:
                unknown.append(here)
                del value[name]
            continue
        if value[name] is None:
            del value[name]
            continue
        yield from _check_field(value[name], field, here, unknown, type_name)
        if field.type == "quantity" and field.shape == "":
            value[name] = canonical(value[name])


def _check_field(value: Any, field: schema.Field, path: str, unknown: list[str], owner: str) -> Iterator[str]:
    if field.shape == "[]":
        if not isinstance(value, list):
            yield _complaint(value, f"[]{_go_name(path, field.type)}", path, owner)
            return
        for place, item in enumerate(value):
            yield from _check_value(item, field.type, f"{path}[{place}]", unknown, owner)
    elif field.shape == "{}":
        if not isinstance(value, dict):
            whole = "v1.ResourceList" if field.type == "quantity" else f"map[string]{_go_type(field.type)}"
            yield _complaint(value, whole, path, owner)
            return
        for key, item in value.items():
            if item is None:  # null in a map is its type's nothing
                value[key] = _NOTHING.get(field.type, {})
                continue
            yield from _check_value(item, field.type, path, unknown, owner)
            if field.type == "quantity" and not _no_quantity(item):
                value[key] = canonical(item, finest=3)
    else:
        yield from _check_value(value, field.type, path, unknown, owner)


def _check_value(value: Any, type_name: str, path: str, unknown: list[str], owner: str) -> Iterator[str]:
    if schema.fields_of(type_name) is not None:
        if isinstance(value, dict):
            yield from _walk(value, type_name, path, unknown)
        elif value is not None:
            yield _complaint(value, _go_type(type_name), path, owner)
        return
    complaint = _no_scalar(value, type_name, path, owner)
    if complaint:
        yield complaint


def _no_scalar(value: Any, type_name: str, path: str, owner: str) -> str | None:
    if type_name == "quantity":
        return _no_quantity(value)
    if type_name in _LAYOUTS:
        if not isinstance(value, str) or _is_time(value):
            return None
        return f'parsing time {quoted(value)} as "{_LAYOUTS[type_name]}": cannot parse {quoted(value)} as "2006"'
    if type_name == "intorstring":
        fits = isinstance(value, str | int) and not isinstance(value, bool)
        return None if fits else _complaint(value, "intstr.IntOrString", path, owner)
    if type_name == "bytes" and isinstance(value, str):
        place = _not_base64(value)
        return None if place is None else f"illegal base64 data at input byte {place}"
    wanted = _PYTHON_TYPES.get(type_name)
    fits = wanted is None or (isinstance(value, wanted) and (type_name == "bool" or not isinstance(value, bool)))
    return None if fits else _complaint(value, _go_name(path, type_name), path, owner)


def _go_name(path: str, type_name: str) -> str:
    """Return the Go type of a field: many strings have a type of their own, which the schema does not tell."""
    named = _STRINGS.get(re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]) if type_name == "string" else None
    return f"v1.{named}" if named else _go_type(type_name)


def _not_base64(text: str) -> int | None:
    """Return the first byte that is no base64, None when all is well."""
    plain = text.replace("\n", "").replace("\r", "")
    match = re.match(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", plain)
    assert match is not None
    if match.end() == len(plain):
        return None
    letters = re.match(r"[A-Za-z0-9+/]*", plain)
    assert letters is not None
    return letters.end() if letters.end() < len(plain) else len(plain) - len(plain) % 4


def _is_time(text: str) -> bool:
    try:
        return parse_time(text).tzinfo is not None
    except ValueError:
        return False


def _no_quantity(value: Any) -> str | None:
    """Return why a value is no quantity, None when it is one; the server's parser takes more than its grammar says."""
    if not isinstance(value, str | int | float) or isinstance(value, bool) or value == "":
        return _BAD_QUANTITY
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return _BAD_QUANTITY
    return None if _SUFFIX.fullmatch(match[2]) else "unable to parse quantity's suffix"


def canonical(value: Any, *, finest: int = 9) -> str:
    """Write a quantity as the server does: ``1024Mi`` becomes ``1Gi``; a suffix alone is nothing.

    In lists of resources it knows nothing finer than a thousandth (``finest=3``), and rounds up.
    """
    match = _QUANTITY.fullmatch(str(value))
    if match is None or not any(letter.isdigit() for letter in match[1]):
        return "0"
    read = parse(str(value))
    scaled = read.value * 10**finest
    if scaled.denominator != 1:
        up = -(-scaled.numerator // scaled.denominator) if scaled > 0 else scaled.numerator // scaled.denominator
        read = Quantity(Fraction(up, 10**finest), read.format)
    return str(read)


def _go_type(type_name: str) -> str:
    names = {"bytes": "[]uint8", "double": "float64", "time": "v1.Time", "quantity": "resource.Quantity"}
    if type_name in schema.SCALARS:
        return names.get(type_name, type_name)
    return "v1." + type_name.rpartition(".")[2]


def _complaint(value: Any, wanted: str, path: str, owner: str) -> str:
    found = "bool" if isinstance(value, bool) else "number" if isinstance(value, int | float) else ""
    found = found or _JSON_NAMES.get(type(value).__name__, "null")
    struct = owner.rpartition(".")[2]
    plain = re.sub(r"\[\d+\]", "", path)
    return f"json: cannot unmarshal {found} into Go struct field {struct}.{plain} of type {wanted}"
