"""Request bodies: JSON, YAML and what kubectl's typed commands send (protobuf), turned into plain objects."""

from __future__ import annotations

import json
from typing import Any, Final

import yaml
from aiohttp import web

from kt_jupyter.local import status
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


def decode(body: bytes, kind: str) -> Object:
    """Turn the body of a create, update or delete into an object.

    Raises:
        ApiStatus: 415, another format; 400, unreadable.
    """
    if kind == JSON:
        return _object(from_json(body))
    if kind in (YAML, "text/yaml"):
        return _object(from_yaml(body))
    if kind == PROTOBUF:
        try:
            return protobuf.decode(body)
        except protobuf.UnreadableError as problem:
            raise status.bad_request(str(problem)) from None
    raise status.unsupported_media_type(ACCEPTED)


def from_json(body: bytes) -> Any:
    """Read JSON; raises BadRequest (400)."""
    try:
        return json.loads(body)
    except ValueError as problem:
        raise status.bad_request(f"couldn't get version/kind; json parse error: {_go_words(problem, body)}") from None


def from_yaml(body: bytes) -> Any:
    """Read YAML; raises BadRequest (400). Timestamps stay text, as Kubernetes has them."""
    try:
        return yaml.load(body, Loader=_PlainLoader)  # noqa: S506  (a safe loader without timestamps)
    except yaml.YAMLError as problem:
        raise status.bad_request(f"error decoding YAML: {problem}") from None


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that leaves dates alone."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _object(value: Any) -> Object:
    if isinstance(value, dict):
        return value
    shown = "string" if isinstance(value, str) else "array" if isinstance(value, list) else "value"
    raise status.bad_request(
        "couldn't get version/kind; json parse error: json: cannot unmarshal "
        f"{shown} into Go value of type struct {{ APIVersion string; Kind string }}"
    )


def _go_words(problem: ValueError, body: bytes) -> str:
    if not body.strip():
        return "unexpected end of JSON input"
    if isinstance(problem, json.JSONDecodeError) and problem.pos >= len(body.rstrip()):
        return "unexpected end of JSON input"
    return str(problem)
