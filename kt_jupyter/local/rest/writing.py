"""POST, PUT and PATCH: a body becomes an object, the registry judges it, the answer is what is stored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from aiohttp import web

from kt_jupyter.local import go_json, patch, schema, status, versions
from kt_jupyter.local.fields import quoted
from kt_jupyter.local.objects import Object, name_of, namespace_of
from kt_jupyter.local.patch.strategic import go_text
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.rest import bodies
from kt_jupyter.local.rest.query import WriteOptions
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View
from kt_jupyter.local.rules import Request
from kt_jupyter.local.schema import checking
from kt_jupyter.local.store import Record, encode


async def create(registry: Registry, request: web.Request, target: Target, view: View) -> web.Response:
    """Answer a POST."""
    options = WriteOptions.read(request.query, "CreateOptions")
    body = await bodies.read(request)
    obj = bodies.decode(body, bodies.media_type(request), kind=target.resource.kind)
    call = _call(request, target, options)
    check_kind(obj, target.resource)
    checking.check(obj, target.resource, options.validation, call.warnings, twice=go_json.doubled(obj))
    place(obj, target, creating=True)
    with warning(call):
        stored = registry.create(target.resource.key, versions.stored(target.resource, obj), call=call)
    return answer(registry, target, view, stored, call, code=201)


async def update(registry: Registry, request: web.Request, target: Target, view: View) -> web.Response:
    """Answer a PUT."""
    options = WriteOptions.read(request.query, "UpdateOptions")
    body = await bodies.read(request)
    obj = bodies.decode(body, bodies.media_type(request), kind=target.resource.kind)
    call = _call(request, target, options)
    check_kind(obj, target.resource)
    checking.check(obj, target.resource, options.validation, call.warnings, twice=go_json.doubled(obj))
    place(obj, target, creating=False)
    with warning(call):
        stored = store(registry, target, obj, call)
    return answer(registry, target, view, stored, call)


async def change(registry: Registry, request: web.Request, target: Target, view: View) -> web.Response:
    """Answer a PATCH of the three kinds that change what is there (``applying.py`` has the fourth)."""
    kind = bodies.media_type(request)
    options = WriteOptions.read(request.query, "PatchOptions")
    if kind not in patch.TYPES:
        raise status.ApiStatus(415, "UnsupportedMediaType", "415: Unsupported Media Type", details={})
    body = await bodies.read(request)
    call = _call(request, target, options, patched=True)
    old = versions.shown(target.resource, registry.get(target.resource.key, target.namespace, target.name))
    fresh = patch.apply(kind, old, body, target.resource)
    twice = go_json.doubled(go_json.loads(body)) if options.validation != "Ignore" and kind == patch.MERGE else []
    shown = encode(fresh).decode() if kind != patch.STRATEGIC else go_text(go_json.loads(body))
    checking.check_patched(fresh, target.resource, options.validation, call.warnings, shown=shown, twice=twice)
    _same_object(fresh, target)
    with warning(call):
        stored = store(registry, target, fresh, call)
    return answer(registry, target, view, stored, call)


def answer(
    registry: Registry, target: Target, view: View, stored: Object, call: Request, *, code: int = 200
) -> web.Response:
    """Answer with a stored object, or with what a dry run would have stored."""
    record = (
        None if call.dry_run else registry.store.get(target.resource.storage, namespace_of(stored), name_of(stored))
    )
    if record is None or record.object is not stored:
        record = Record(stored, encode(stored), 0)
    return view.respond(view.one(target.resource, record), code, warnings=call.warnings)


def _call(request: web.Request, target: Target, options: WriteOptions, *, patched: bool = False) -> Request:
    return Request(
        dry_run=options.dry_run,
        manager=manager_of(request, options),
        user=request["user"],
        patched=patched,
        api_version=target.resource.api_version,
    )


def store(registry: Registry, target: Target, obj: Object, call: Request) -> Object:
    """Replace what is stored by an object as its resource shows it."""
    fresh = versions.stored(target.resource, obj)
    return registry.update(target.resource.key, fresh, subresource=target.subresource or None, call=call)


@contextlib.contextmanager
def warning(call: Request) -> Iterator[None]:
    """Let a refusal carry the warnings that came before it."""
    try:
        yield
    except status.ApiStatus as refusal:
        refusal.warnings = call.warnings
        raise


def check_kind(obj: Object, resource: ResourceType) -> None:
    """Refuse (400) a body of another kind than its path says; what it leaves out is read as the path says."""
    api_version = obj["apiVersion"] = obj.get("apiVersion") or resource.api_version
    kind = obj["kind"] = obj.get("kind") or resource.kind
    if (api_version, kind) == (resource.api_version, resource.kind):
        return
    if versions.convertible(api_version, kind, resource):
        raise status.bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version "
            f"({resource.api_version})"
        )
    raise status.bad_request(
        f"{kind} in version {quoted(api_version.rpartition('/')[2])} cannot be handled as a {resource.kind}: "
        f"{schema.not_convertible(api_version, kind, resource.api_version, resource.kind)}"
    )


def manager_of(request: web.Request, options: WriteOptions) -> str:
    """Return who manages the fields of a write: what the query says, else the program's name."""
    agent = request.headers.get("User-Agent", "")
    return options.manager or agent.partition("/")[0].strip() or "unknown"


def place(obj: Object, target: Target, *, creating: bool) -> None:
    """Make name and namespace agree with the path, as far as the body says them; 400 where they contradict."""
    meta = obj.get("metadata")
    if meta is None:
        meta = obj["metadata"] = {}
    if target.resource.namespaced and target.namespace:
        if meta.get("namespace") not in (None, "", target.namespace):
            raise status.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        meta["namespace"] = target.namespace
    if creating:
        return
    if not meta.get("name"):
        raise status.bad_request(
            f"the name of the object ({target.name} based on URL) was undeterminable: name must be provided"
        )
    if meta["name"] != target.name:
        raise status.bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL ({target.name})"
        )


def _same_object(fresh: Object, target: Target) -> None:
    meta = fresh.setdefault("metadata", {})
    if meta.get("name") != target.name or meta.get("namespace") != target.namespace:
        raise status.bad_request(
            f"the name of the object ({meta.get('name', '')}) does not match the name on the URL ({target.name})"
            if meta.get("name") != target.name
            else "the namespace of the provided object does not match the namespace sent on the request"
        )
