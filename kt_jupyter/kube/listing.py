"""Lists in pages: a consistent snapshot however large, nothing lost or repeated when the snapshot expires midway.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kt_jupyter.errors import Expired
from kt_jupyter.kube.request import Request

if TYPE_CHECKING:
    from kt_jupyter.kube.api import Api

PAGE = 500  # kubectl's and client-go's number

Json = dict[str, Any]


async def list_all(api: Api, request: Request) -> tuple[list[Json], str]:
    """Return every item and the resource version of the snapshot they belong to.

    The server keeps a snapshot for about five minutes. When it expires between two pages, the pages read so far and
    the rest would belong to different times; so it begins again, the second time in one piece.
    """
    try:
        return await _pages(api, request, PAGE)
    except Expired:
        return await _pages(api, request, None)


async def _pages(api: Api, request: Request, limit: int | None) -> tuple[list[Json], str]:
    items: list[Json] = []
    token = ""
    while True:
        paging = [("limit", str(limit))] if limit else []
        paging += [("continue", token)] if token else []
        page = await api.json(replace(request, query=(*request.query, *paging)))
        items += page.get("items") or []  # Go servers send null for an empty list
        metadata = page.get("metadata") or {}
        token = metadata.get("continue") or ""
        if not token:
            return _stamped(items, request), str(metadata.get("resourceVersion") or "")


def _stamped(items: list[Json], request: Request) -> list[Json]:
    """Give each item the ``apiVersion`` and ``kind`` that servers leave out in lists, so that it stands alone."""
    if request.resource is not None:
        for item in items:
            item["apiVersion"] = request.resource.api_version
            item["kind"] = request.resource.kind
    return items
