"""Request bodies: JSON, YAML and what kubectl's typed commands send (protobuf), turned into plain objects."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import yaml
from aiohttp import web

from kt_jupyter.local import go_json, status
from kt_jupyter.local.objects import Object
from kt_jupyter.local.schema import protobuf

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
ACCEPTED: Final = [JSON, YAML, PROTOBUF]
LIMIT: Final = 3 * 1024 * 1024


def media_type(request: web.Request) -> str:
    """Return the body's type without parameters; JSON where nothing is said."""
    return request.headers.get("Content-Type", JSON).split(";")[0].strip().lower() or JSON


async def read(request: web.Request) -> bytes:
    """Return the body; raises RequestEntityTooLarge (413)."""
    if (request.content_length or 0) > LIMIT:
        raise status.too_large(LIMIT)
    body = await request.read()
    if len(body) > LIMIT:
        raise status.too_large(LIMIT)
    return body


def decode(body: bytes, media: str, *, kind: str = "") -> Object:
    """Turn the body of a create, update or delete into an object.

    Args:
        body: as it came.
        media: its type.
        kind: what it should be, for the refusal.

    Raises:
        ApiStatus: 415, another format; 400, unreadable.
    """
    if media == JSON:
        return _object(_read_json(body, kind), body, kind)
    if media in (YAML, "text/yaml"):
        return _object(_read_yaml(body, kind), body, kind)
    if media == PROTOBUF:
        try:
            return protobuf.decode(body)
        except protobuf.UnreadableError as problem:
            raise status.bad_request(str(problem)) from None
    raise status.unsupported_media_type(ACCEPTED)


def from_yaml(body: bytes) -> Object:
    """Read the YAML of an applied configuration; raises BadRequest (400). Timestamps stay text, as in Kubernetes."""
    try:
        found = _first_document(body)
    except yaml.YAMLError as problem:
        what = f"error converting YAML to JSON: {_yaml_words(problem)}"
        raise status.bad_request(f"error decoding YAML: {what}") from None
    if not isinstance(found, dict | None):
        what = f"json: cannot unmarshal {go_json.kind_of(found)} into Go value of type map[string]interface {{}}"
        raise status.bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {what}")
    return found or {}


def _read_json(body: bytes, kind: str) -> Any:
    try:
        return go_json.loads(body)
    except go_json.NoJsonError as problem:
        raise _unrecognized(kind, f"{_NO_KIND}; json parse error: {problem}", body) from None


def _read_yaml(body: bytes, kind: str) -> Any:
    try:
        return _first_document(body)
    except yaml.YAMLError as problem:
        raise _unrecognized(kind, _yaml_words(problem), body) from None


def _first_document(body: bytes) -> Any:
    """Read the first of a file's documents; the others don't count."""
    loader = _PlainLoader(body)
    try:
        return loader.get_data() if loader.check_data() else None  # type: ignore[no-untyped-call]
    finally:
        loader.dispose()


def _yaml_words(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    line = f"line {mark.line + 1}: " if mark else ""
    return f"yaml: {line}{_YAML_WORDS.get(getattr(problem, 'problem', ''), getattr(problem, 'problem', problem))}"


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that leaves dates alone."""


# YAML 1.1 as Go reads it: "y" and "n" are booleans too, dates are text.
_BOOLEAN: Final = re.compile(r"(?:y|Y|n|N)$")
_PlainLoader.bool_values = {**yaml.SafeLoader.bool_values, "y": True, "n": False}
_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _construct_mapping(self: _PlainLoader, node: yaml.MappingNode) -> Any:
    """Note keys that are given more than once: the last one counts, and strict requests are refused."""
    self.flatten_mapping(node)
    keys = [_key(self.construct_object(key, deep=True)) for key, _ in node.value]
    values = [self.construct_object(value, deep=True) for _, value in node.value]
    made = go_json.Doubled(zip(keys, values, strict=True))
    again = [place for place, key in enumerate(keys) if key in keys[:place]]
    made.lines = tuple((node.value[place][0].start_mark.line + 1, keys[place]) for place in again)
    return made if again else dict(made)


def _key(value: Any) -> str:
    """Write a key as it stands in JSON, where all keys are text."""
    if isinstance(value, str):
        return value
    return json.dumps(value)


for _letter in "yYnN":
    _PlainLoader.yaml_implicit_resolvers.setdefault(_letter, []).insert(0, ("tag:yaml.org,2002:bool", _BOOLEAN))
_PlainLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def _object(value: Any, body: bytes, kind: str) -> Object:
    if value is None:  # null says nothing, and nothing is an empty object
        return {}
    if not isinstance(value, dict):
        wanted = f"Go value of type {_TYPE_META}"
        raise _unrecognized(kind, f"{_NO_KIND}; json parse error: {_mistaken(value, wanted)}", body)
    for name in ("kind", "apiVersion"):
        if not isinstance(value.get(name), str | None):
            wanted = f"Go struct field .{name} of type string"
            raise _unrecognized(kind, f"{_NO_KIND}; json parse error: {_mistaken(value[name], wanted)}", body)
    return value


def _mistaken(value: Any, wanted: str) -> str:
    return f"json: cannot unmarshal {go_json.kind_of(value)} into {wanted}"


def _unrecognized(kind: str, why: str, body: bytes) -> status.ApiStatus:
    if not kind:  # options of a deletion: the real server has no better words, and calls it its own fault
        return status.ApiStatus(500, "", why)
    return status.bad_request(f"the object provided is unrecognized (must be of type {kind}): {why} ({_start(body)})")


def _start(body: bytes) -> str:
    """Return the beginning of a body: as text where it may be JSON, else in hex."""
    if not body:
        return "<empty>"
    shown = body[:_SHOWN].decode(errors="replace") if body[:1] == b"{" else body[:_SHOWN].hex()
    return f"{shown} ..." if len(body) > _SHOWN else shown


_NO_KIND: Final = "couldn't get version/kind"
_SHOWN: Final = 30
_YAML_WORDS: Final = {"expected the node content, but found '<stream end>'": "did not find expected node content"}
_TYPE_META: Final = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
)
