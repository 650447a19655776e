"""In which form an object goes out: as itself, as a Table's row, or as its metadata alone; in JSON or YAML.

Source: the ``Accept`` header's ``as``, ``g`` and ``v`` parameters,
``k8s.io/apiserver/pkg/endpoints/handlers/negotiation`` (1.34).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import yaml
from aiohttp import web

from kt_jupyter.local import status, table, versions
from kt_jupyter.local.fields import quoted
from kt_jupyter.local.objects import Object
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.store import Record, encode

Form = Literal["object", "table", "metadata"]
_JSON: Final = "application/json"
_YAML: Final = "application/yaml"
_ANY: Final = "*/*"
# What the real server says that it offers; protobuf alone this one does not write.
_OFFERED: Final = (_JSON, _YAML, "application/vnd.kubernetes.protobuf")
_INCLUDED: Final = ("Metadata", "Object", "None", "")


@dataclass(frozen=True, slots=True)
class View:
    """How one request wants its answer."""

    form: Form = "object"
    media: str = _JSON
    include: str = "Metadata"

    @classmethod
    def of(cls, request: web.Request) -> View:
        """Read the Accept header; raises NotAcceptable (406) when nothing in it can be served."""
        accept = request.headers.get("Accept", "")
        if accept in ("", "*/*", _JSON):
            return _PLAIN
        known = False
        for clause in accept.split(","):
            media, *parameters = (part.strip() for part in clause.split(";"))
            known = known or media in (_ANY, *_OFFERED)
            media = _JSON if media == _ANY else media
            if media not in (_JSON, _YAML):
                continue
            form = _form(dict(pair.partition("=")[::2] for pair in parameters))
            if form is not None:
                return cls(form, media, _included(request) if form == "table" else "")
        raise status.not_acceptable(_OFFERED, known=known)

    def one(self, resource: ResourceType, record: Record) -> bytes:
        """Write one object."""
        if self.form == "object" and not resource.stored_as:
            return record.json
        return encode(self.convert(resource, record.object))

    def convert(self, resource: ResourceType, obj: Object, *, headings: bool = True) -> Object:
        """Return one object in this form; a watch's later rows come without headings."""
        if self.form == "object":
            return versions.shown(resource, obj)
        if self.form == "metadata":
            return table.partial(obj)
        shown = table.table(
            resource, [obj], {"resourceVersion": obj["metadata"].get("resourceVersion", "")}, self.include
        )
        if not headings:
            shown["columnDefinitions"] = None
        return shown

    def many(self, resource: ResourceType, records: list[Record], meta: dict[str, Any]) -> bytes:
        """Write a list."""
        if self.form == "table":
            return encode(table.table(resource, [record.object for record in records], meta, self.include))
        if self.form == "metadata":
            items = [table.partial(record.object) for record in records]
            kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            return encode({**kind, "metadata": meta, "items": items})
        head = encode({"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": meta})
        return head[:-1] + b',"items":[' + b",".join([_item(resource, record) for record in records]) + b"]}"

    def respond(self, body: bytes, code: int = 200, *, warnings: list[str] | None = None) -> web.Response:
        """Make the response around a JSON body, in YAML where that was asked for."""
        if self.media == _YAML:
            import json  # noqa: PLC0415  (a rare request)

            body = yaml.safe_dump(json.loads(body), sort_keys=True).encode()
        response = web.Response(body=body, status=code, content_type=self.media)
        add_warnings(response, warnings)
        return response


def _item(resource: ResourceType, record: Record) -> bytes:
    if not resource.stored_as:
        return record.item
    obj = versions.shown(resource, record.object)
    return encode({key: value for key, value in obj.items() if key not in ("kind", "apiVersion")})


def add_warnings(response: web.StreamResponse, warnings: list[str] | None) -> None:
    """Add Warning headers, one for each text (RFC 7234's 299)."""
    for text in dict.fromkeys(warnings or []):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        response.headers.add("Warning", f'299 - "{escaped}"')


def _included(request: web.Request) -> str:
    """Read how much of its object each row of a table brings along; raises BadRequest (400)."""
    wanted = request.query.get("includeObject", "")
    if wanted not in _INCLUDED:
        why = f"includeObject: Invalid value: {quoted(wanted)}: must be 'Metadata', 'Object', 'None', or empty"
        raise status.bad_request(f"Unable to convert to Table as requested: {why}")
    return wanted or "Metadata"


def _form(parameters: dict[str, str]) -> Form | None:
    wanted = parameters.get("as")
    if wanted is None:
        return "object"
    if parameters.get("g") != "meta.k8s.io" or parameters.get("v") != "v1":
        return None
    if wanted == "Table":
        return "table"
    return "metadata" if wanted in ("PartialObjectMetadata", "PartialObjectMetadataList") else None


_PLAIN: Final = View()
