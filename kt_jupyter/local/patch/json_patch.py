"""JSON patch (RFC 6902), with the words of the library that the real server uses (evanphx/json-patch)."""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.fields import go_json
from kt_jupyter.local.objects import Object, clone

_REJECTED: Final = "the server rejected our request due to an error in our request"


class _MisfitError(Exception):
    """Why an operation does not fit the object."""


def apply(obj: Object, operations: list[Any]) -> Object:
    """Apply operations in order to an object of ours; all or nothing.

    Raises:
        ApiStatus: 422, an operation does not fit the object. The real server keeps to itself which, and why.
    """
    document: Any = obj
    try:
        for operation in operations:
            document = _apply_one(document, operation if isinstance(operation, dict) else {})
    except _MisfitError:
        raise status.ApiStatus(422, "Invalid", _REJECTED, details={}) from None
    if not isinstance(document, dict):
        raise status.bad_request("the patched document is not an object")
    return document


def _apply_one(document: Any, operation: Object) -> Any:
    name, path = operation.get("op"), operation.get("path")
    if not isinstance(path, str):
        raise _MisfitError("json patch invalid: missing path")
    if name == "add":
        return _add(document, path, clone(operation.get("value")))
    if name == "remove":
        return _remove(document, path)
    if name == "replace":
        return _replace(document, path, clone(operation.get("value")))
    if name in ("move", "copy"):
        source = str(operation.get("from", ""))
        value = clone(_look(document, source, f"{name} operation does not apply: doc is missing from path: "))
        return _add(_remove(document, source) if name == "move" else document, path, value)
    if name == "test":
        if _find(document, path) != operation.get("value"):
            raise _MisfitError(f"testing value {path} failed: test failed")
        return document
    raise _MisfitError(f"Unexpected kind: {name}")


def _parts(path: str) -> list[str]:
    if path == "":
        return []
    # What stands before the first slash does not count, whatever it is.
    if "/" not in path:
        raise _MisfitError(f"json patch path is not valid: {path}")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _find(document: Any, path: str) -> Any:
    try:
        return _look(document, path, "")
    except _MisfitError:
        return None


def _look(document: Any, path: str, complaint: str) -> Any:
    value = document
    for part in _parts(path):
        try:
            value = value[_index(value, part, end=False)] if isinstance(value, list) else value[part]
        except (KeyError, TypeError):
            raise _MisfitError(f"{complaint}{path}: missing value") from None
    return value


def _parent(document: Any, parts: list[str], complaint: str, path: str) -> Any:
    value = document
    for part in parts[:-1]:
        try:
            value = value[_index(value, part, end=False)] if isinstance(value, list) else value[part]
        except (KeyError, TypeError):
            raise _MisfitError(f"{complaint}{path}: missing value") from None
    return value


def _add(document: Any, path: str, value: Any) -> Any:
    parts = _parts(path)
    if not parts:
        return value
    parent = _parent(document, parts, "add operation does not apply: doc is missing path: ", path)
    if isinstance(parent, list):
        parent.insert(_index(parent, parts[-1], end=True), value)
    elif isinstance(parent, dict):
        parent[parts[-1]] = value
    else:
        raise _MisfitError(f"add operation does not apply: doc is missing path: {path}: missing value")
    return document


def _replace(document: Any, path: str, value: Any) -> Any:
    """Put a value in another's place; in an object there need not have been one."""
    parts = _parts(path)
    if not parts:
        return value
    parent = _parent(document, parts, "replace operation does not apply: doc is missing path: ", path)
    if isinstance(parent, list):
        parent[_index(parent, parts[-1], end=False)] = value
    elif isinstance(parent, dict):
        parent[parts[-1]] = value
    else:
        raise _MisfitError(f"replace operation does not apply: doc is missing path: {path}: missing value")
    return document


def _remove(document: Any, path: str) -> Any:
    parts = _parts(path)
    complaint = "remove operation does not apply: doc is missing path: "
    parent = _parent(document, parts, complaint, path)
    if isinstance(parent, list):
        del parent[_index(parent, parts[-1], end=False)]
    elif isinstance(parent, dict) and parts and parts[-1] in parent:
        del parent[parts[-1]]
    else:
        raise _MisfitError(f"Unable to remove nonexistent key: {parts[-1] if parts else ''}: missing value")
    return document


def _index(values: list[Any], part: str, *, end: bool) -> int:
    if part == "-" and end:
        return len(values)
    if not part.isdecimal():
        raise _MisfitError(f"invalid index: {go_json(part)}")
    index = int(part)
    if index > len(values) - (not end):
        raise _MisfitError(f"Unable to access invalid index: {index}: invalid index referenced")
    return index
