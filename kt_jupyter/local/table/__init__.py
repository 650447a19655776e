"""Tables: what ``kubectl get`` shows is made here, on the server, column by column as the real server makes it.

Source: ``pkg/printers/internalversion/printers.go`` (1.34); ``columns.py`` and its neighbours hold the kinds.
"""

from __future__ import annotations

from typing import Any

from kt_jupyter.local import versions
from kt_jupyter.local.objects import Object
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.table.columns import columns_of

Json = dict[str, Any]


def definitions(resource: ResourceType) -> list[Json]:
    """Return the columns' descriptions."""
    return [column.definition() for column in columns_of(resource)]


def row(resource: ResourceType, obj: Object, include: str) -> Json:
    """Return one row; ``include`` says what of the object rides along: None, Metadata or Object."""
    cells = {"cells": [column.value(obj) for column in columns_of(resource)]}
    if include == "None":
        return {**cells, "object": None}
    if include == "Object":
        return {**cells, "object": versions.shown(resource, obj)}
    return {**cells, "object": partial(obj)}


def partial(obj: Object) -> Json:
    """Return a PartialObjectMetadata: the object without spec and status."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def table(resource: ResourceType, objects: list[Object], meta: Json, include: str) -> Json:
    """Return a whole Table."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": definitions(resource),
        "rows": [row(resource, obj, include) for obj in objects],
    }
