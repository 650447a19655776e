"""Which columns each kind has: the server's own headings and descriptions, and a function for each cell.

The headings stand in ``definitions.json``: name, type, format, priority (1: shown by ``-o wide`` only) and description,
as Kubernetes 1.34 sends them; ``["Name"]`` and ``["Age"]`` are the two that every kind shares.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from kt_jupyter.local.objects import Object
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.table import jobs, nodes, plain, pods, rbac, storage
from kt_jupyter.local.table.column import AGE, NAME, Column

_RBAC: Final = "rbac.authorization.k8s.io"
_SHARED: Final = {"Name": NAME, "Age": AGE}
_CELLS: Final[dict[str, tuple[Callable[[Object], Any], ...]]] = {
    "persistentvolumeclaims": storage.CLAIM,
    "persistentvolumes": storage.VOLUME,
    "storageclasses.storage.k8s.io": storage.CLASS,
    "pods": pods.POD,
    "jobs.batch": jobs.JOB,
    "nodes": nodes.NODE,
    "events": plain.EVENT,
    "configmaps": plain.CONFIG_MAP,
    "secrets": plain.SECRET,
    "serviceaccounts": plain.SERVICE_ACCOUNT,
    "namespaces": plain.NAMESPACE,
    "resourcequotas": plain.QUOTA,
    "limitranges": plain.CREATED,
    f"roles.{_RBAC}": plain.CREATED,
    f"clusterroles.{_RBAC}": plain.CREATED,
    f"rolebindings.{_RBAC}": rbac.BINDING,
    f"clusterrolebindings.{_RBAC}": rbac.BINDING,
}
"""The cells between Name and Age, and those after; Name and Age themselves where a kind has them elsewhere."""


@cache
def columns_of(resource: ResourceType) -> tuple[Column, ...]:
    """Return a kind's columns; a kind that Kubernetes has no columns for shows its name and age."""
    headings = _headings().get(resource.storage)
    if headings is None:
        return NAME, AGE
    cells = iter(_CELLS[resource.storage])
    columns = [_SHARED[heading[0]] if len(heading) == 1 else _column(heading, next(cells)) for heading in headings]
    if resource.key == "storageclasses.storage.k8s.io":  # the default one says so behind its name
        columns[0] = replace(NAME, value=storage.class_name)
    return tuple(columns)


@cache
def _headings() -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = json.loads(Path(__file__).with_name("definitions.json").read_bytes())
    return found


def _column(heading: list[Any], cell: Callable[[Object], Any]) -> Column:
    name, kind, layout, priority, description = heading
    return Column(name, cell, kind, layout, description, priority)
