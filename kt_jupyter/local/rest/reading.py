"""GET: one object, or a list, whole or in pages."""

from __future__ import annotations

import base64
from typing import Any, Final

from aiohttp import web

from kt_jupyter.local import go_json, status
from kt_jupyter.local.objects import name_of, namespace_of
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest.query import ListOptions
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View
from kt_jupyter.local.store import Record, Store, encode, etcd_order

_PAGE_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def get(registry: Registry, target: Target, view: View) -> web.Response:
    """Answer with one object."""
    record = registry.record(target.resource.key, target.namespace, target.name)
    return view.respond(view.one(target.resource, record))


def listing(registry: Registry, target: Target, options: ListOptions, view: View) -> web.Response:
    """Answer with a list, consistent over its pages."""
    store, resource = registry.store, target.resource
    revision, start = store.revision, ""
    if options.page:
        if options.resource_version:
            raise status.bad_request("specifying resource version is not allowed when using continue")
        revision, start = _read_page(options.page, store)
        records = _at(store, target, revision)
        if records is None:
            raise _page_expired(start)
        records = [record for record in records if _key(record) >= start]
    else:
        records, revision = _fresh(store, target, options)
    if not options.selection.everything:
        records = [record for record in records if options.selection.matches(record.object)]
    meta: dict[str, Any] = {"resourceVersion": str(revision)}
    if options.limit and len(records) > options.limit:
        meta["continue"] = _page(revision, _key(records[options.limit]))
        if options.selection.everything:
            meta["remainingItemCount"] = len(records) - options.limit
        records = records[: options.limit]
    return view.respond(view.many(resource, records, meta))


def _fresh(store: Store, target: Target, options: ListOptions) -> tuple[list[Record], int]:
    asked = options.revision
    if asked > store.revision:
        raise _too_large(asked, store.revision)
    if options.match != "Exact" and not (options.limit and asked):
        return store.records(target.resource.storage, target.namespace), store.revision
    records = _at(store, target, asked)
    if records is None:
        raise status.expired(f"The resourceVersion for the provided list is too old: {asked}")
    return records, asked


def _at(store: Store, target: Target, revision: int) -> list[Record] | None:
    if revision < 0:  # an inconsistent continuation: the present will do
        return store.records(target.resource.storage, target.namespace)
    return store.records_at(target.resource.storage, target.namespace, revision)


def _key(record: Record) -> str:
    return etcd_order((namespace_of(record.object) or "", name_of(record.object)))


def _page(revision: int, start: str) -> str:
    return (
        base64.urlsafe_b64encode(encode({"v": "meta.k8s.io/v1", "rv": revision, "start": start})).decode().rstrip("=")
    )


def _read_page(token: str, store: Store) -> tuple[int, str]:
    try:
        page = go_json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, start = int(page["rv"]), str(page["start"])
    except (ValueError, KeyError, TypeError) as problem:
        raise status.bad_request(f"invalid continue token: continue key is not valid: {problem}") from None
    return min(revision, store.revision), start


def _page_expired(start: str) -> status.ApiStatus:
    expired = status.expired(_PAGE_TOO_OLD)
    expired.meta = {"continue": _page(-1, start)}
    return expired


def _too_large(asked: int, present: int) -> status.ApiStatus:
    message = f"Too large resource version: {asked}, current: {present}"
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return status.ApiStatus(504, "Timeout", f"Timeout: {message}", details=details, headers={"Retry-After": "1"})
