"""OpenAPI v3, made from the same table that checks bodies: enough for kubectl to trust the server's validation.

kubectl looks for a PATCH operation with a ``fieldValidation`` parameter before it leaves validation to the server,
and takes merge keys from the schemas. Descriptions are left out: ``kubectl explain`` shows names and types only.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, Final

from kt_jupyter.local import schema
from kt_jupyter.local.discovery import groups
from kt_jupyter.local.resources import RESOURCES, ResourceType
from kt_jupyter.local.store import encode

Json = dict[str, Any]
_ROOT: Final = "/openapi/v3"
SCALARS: Final[dict[str, Json]] = {
    "string": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "quantity": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "microtime": {"type": "string", "format": "date-time"},
    "intorstring": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "raw": {"type": "object"},
    "strings": {"type": "array", "items": {"type": "string"}},
}


def document(path: str) -> bytes | None:
    """Return the document at a path, None when there is none."""
    if path == _ROOT:
        return _index()
    for place, group in _places():
        if path == f"{_ROOT}/{place}":
            return _group_document(group)
    return None


def _places() -> list[tuple[str, str]]:
    return [("api/v1", ""), *((f"apis/{group}/v1", group) for group in groups())]


@cache
def _index() -> bytes:
    paths = {}
    for place, group in _places():
        digest = hashlib.sha256(_group_document(group)).hexdigest().upper()
        paths[place] = {"serverRelativeURL": f"{_ROOT}/{place}?hash={digest}"}
    return encode({"paths": paths})


@cache
def _group_document(group: str) -> bytes:
    paths: Json = {}
    schemas: Json = {}
    for resource in RESOURCES:
        if resource.group != group:
            continue
        type_name = schema.type_of(resource.api_version, resource.kind)
        if type_name:
            _collect(type_name, schemas)
            schemas[type_name]["x-kubernetes-group-version-kind"] = [_gvk(resource)]
        paths |= _paths(resource, type_name)
    info = {"title": "Kubernetes", "version": "v1.34.0+kt-local"}
    return encode({"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}})


def _gvk(resource: ResourceType) -> Json:
    return {"group": resource.group, "kind": resource.kind, "version": resource.version}


def _paths(resource: ResourceType, type_name: str | None) -> Json:
    root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    reference = {"schema": {"$ref": f"#/components/schemas/{type_name}"}} if type_name else {}
    answer = {"200": {"description": "OK", "content": {"application/json": reference}}}

    def operation(action: str) -> Json:
        names = ("dryRun", "fieldManager", "fieldValidation", "force")
        parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
        return {
            "parameters": parameters,
            "responses": answer,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _gvk(resource),
        }

    collection = {"post": operation("post")}
    single = {"get": operation("get"), "put": operation("put"), "patch": operation("patch")}
    paths: Json = {f"{root}{scope}/{resource.plural}": collection}
    if "patch" in resource.verbs:
        paths[f"{root}{scope}/{resource.plural}/{{name}}"] = single
    return paths


def _collect(type_name: str, schemas: Json) -> None:
    """Add a type's schema and those of the types it mentions."""
    fields = schema.fields_of(type_name)
    if fields is None or type_name in schemas:
        return
    properties: Json = {}
    schemas[type_name] = {"type": "object", "properties": properties}
    if type_name in _top_types():
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    for name, field in fields.items():
        properties[name] = _property(field)
        _collect(field.type, schemas)


@cache
def _top_types() -> frozenset[str]:
    return frozenset(filter(None, (schema.type_of(r.api_version, r.kind) for r in RESOURCES)))


def _property(field: schema.Field) -> Json:
    inner = SCALARS.get(field.type) or {"$ref": f"#/components/schemas/{field.type}"}
    if field.shape == "{}":
        return {"type": "object", "additionalProperties": inner}
    if field.shape != "[]":
        return dict(inner) if "$ref" not in inner else {"allOf": [inner]}
    shown: Json = {"type": "array", "items": inner}
    if field.merge_key:
        shown["x-kubernetes-patch-merge-key"] = field.merge_key
    if field.strategy:
        shown["x-kubernetes-patch-strategy"] = field.strategy
    if field.list_type:
        shown["x-kubernetes-list-type"] = field.list_type
    if field.keys:
        shown["x-kubernetes-list-map-keys"] = list(field.keys)
    return shown
