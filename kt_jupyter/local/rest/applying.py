"""PATCH with an applied configuration (server-side apply): the object is made, or the configuration merged into it."""

from __future__ import annotations

from aiohttp import web

from kt_jupyter.local import go_json, ownership, status, versions
from kt_jupyter.local.objects import Object
from kt_jupyter.local.rbac import Action, Authorizer
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.rest import bodies
from kt_jupyter.local.rest.query import WriteOptions
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View
from kt_jupyter.local.rest.writing import answer, place, store, warning
from kt_jupyter.local.rules import Request
from kt_jupyter.local.schema import checking
from kt_jupyter.local.users import User


async def apply(registry: Registry, request: web.Request, target: Target, view: View) -> web.Response:
    """Answer an apply: create the object, or merge into it what the manager wishes and owns."""
    options = WriteOptions.read(request.query, "PatchOptions", applied=True)
    config = bodies.from_yaml(await bodies.read(request))
    # Who owns what is settled by the apply: the call names no manager.
    resource = target.resource
    call = Request(options.dry_run, user=request["user"], patched=True, api_version=resource.api_version)
    held = registry.find(resource.key, target.namespace, target.name)
    old = None if held is None else versions.shown(resource, held)
    if old is None and target.subresource:
        raise status.not_found(resource, target.name)
    fresh = ownership.apply(config, old, resource, options.manager, subresource=target.subresource, force=options.force)
    _check_types(fresh, config, resource)
    call.warnings += _repetitions(config, options.validation)
    if old is None:
        _check_new(fresh, target)
    place(fresh, target, creating=False)
    with warning(call):
        if old is None:
            _may_create(registry, request["user"], target)
            stored = registry.create(resource.key, versions.stored(resource, fresh), call=call)
        else:
            stored = store(registry, target, fresh, call)
    return answer(registry, target, view, stored, call, code=201 if old is None else 200)


def _check_types(fresh: Object, config: Object, resource: ResourceType) -> None:
    """Refuse what only shows once the configuration becomes an object; the real server calls it its own fault (500)."""
    wrong = checking.first_mistake(fresh, resource.api_version, resource.kind)
    if wrong:
        which = f"failed to convert new object ({ownership.identity(config, resource)}) to proper version"
        what = f"unable to convert unstructured object to {ownership.kind_text(resource)}"
        raise status.ApiStatus(500, "", f"{which}: {what}: {wrong}")


def _repetitions(config: Object, validation: str) -> list[str]:
    """Return what is to be said of keys that are given twice; raises BadRequest (400) where that is not allowed."""
    texts = go_json.doubled(config) if validation != "Ignore" else []
    if texts and validation == "Strict":
        raise status.bad_request(f"error strict decoding YAML: error converting YAML to JSON: {texts[0]}")
    return [text.rpartition("\n  ")[2] for text in texts]


def _check_new(fresh: Object, target: Target) -> None:
    """Refuse to make an object that is said to be there already; a version that it should have counts for nothing."""
    meta = fresh.get("metadata") or {}
    if meta.get("uid"):
        why = f"uid mismatch: the provided object specified uid {meta['uid']}, and no existing object was found"
        raise status.conflict(target.resource, target.name, why)
    meta.pop("resourceVersion", None)


def _may_create(registry: Registry, user: User, target: Target) -> None:
    """Refuse (403) to make an object for somebody who may only change what is there."""
    resource, authorizer = target.resource, Authorizer(registry)
    action = Action("create", resource.group, resource.plural, "", target.namespace or "", target.name)
    if not authorizer.allows(user, action):
        raise authorizer.denial(user, action)
