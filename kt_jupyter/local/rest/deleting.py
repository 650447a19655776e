"""DELETE: one object, or all that a selection names."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from kt_jupyter.local import status
from kt_jupyter.local.deletion import finished
from kt_jupyter.local.fields import invalid, not_supported
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest import bodies
from kt_jupyter.local.rest.query import Query, Selection, dry_run_problems, number
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View, add_warnings
from kt_jupyter.local.schema import checking
from kt_jupyter.local.store import Record, encode

# These answer with the object as it was; all others with a Status.
_RETURNS_OBJECT: Final = frozenset(
    (
        "namespaces",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "resourcequotas",
        "serviceaccounts",
        "services",
        "storageclasses.storage.k8s.io",
    )
)
_PROPAGATIONS: Final = ["Foreground", "Background", "Orphan"]
_ORPHANED_PODS: Final = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or "
    "set propagationPolicy=Orphan to suppress this warning"
)


async def delete(registry: Registry, request: web.Request, target: Target, view: View) -> web.Response:
    """Answer the DELETE of one object."""
    options = await _options(request)
    orphans = target.resource.key == "jobs.batch" and options["propagation"] is None
    try:
        old = registry.get(target.resource.key, target.namespace, target.name)
    except status.ApiStatus as refusal:
        refusal.warnings = [_ORPHANED_PODS] if orphans else []
        raise
    last = _delete(registry, target, old, options)
    gone = finished(target.resource, last)
    if gone and target.resource.key not in _RETURNS_OBJECT:
        body = encode(_success(target, old))
    else:
        shown = _unmarked(last) if gone and target.resource.key != "pods" and not _is_marked(old) else last
        body = view.one(target.resource, Record(shown, encode(shown), 0))
    response = view.respond(body)
    add_warnings(response, [_ORPHANED_PODS] if orphans else [])
    return response


async def delete_many(registry: Registry, request: web.Request, target: Target, view: View) -> web.Response:
    """Answer the DELETE of a collection with the list of what was deleted."""
    options = await _options(request)
    selection = Selection.read(request.query, target.resource)
    records = registry.store.records(target.resource.storage, target.namespace)
    chosen = [record for record in records if selection.matches(record.object)]
    for record in chosen:
        _delete(registry, target, record.object, options)
    meta = {"resourceVersion": str(registry.store.revision)}
    response = view.respond(view.many(target.resource, chosen, meta))
    if target.resource.key == "jobs.batch" and options["propagation"] is None:
        add_warnings(response, [_ORPHANED_PODS])
    return response


def _delete(registry: Registry, target: Target, obj: Object, options: dict[str, Any]) -> Object:
    return registry.delete(target.resource.key, namespace_of(obj), name_of(obj), **options)


async def _options(request: web.Request) -> dict[str, Any]:
    """Read DeleteOptions from the body, else from the query; raises Invalid (422)."""
    raw = await bodies.read(request)
    options = _from_body(raw, bodies.media_type(request)) if raw.strip() else _from_query(request.query)
    dry_run = options.get("dryRun") or []
    propagation = options.get("propagationPolicy")
    orphan = options.get("orphanDependents")
    problems = [problem for value in dry_run for problem in dry_run_problems(value)]
    if propagation is not None and propagation not in _PROPAGATIONS:
        problems.append(not_supported("propagationPolicy", propagation, [*_PROPAGATIONS, "nil"]))
    if propagation is not None and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        problems.append(invalid("propagationPolicy", propagation, why))
    if problems:
        raise status.invalid("meta.k8s.io", "DeleteOptions", "", problems)
    if orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    return {
        "uid": dig(options, "preconditions", "uid"),
        "resource_version": dig(options, "preconditions", "resourceVersion"),
        "grace_seconds": options.get("gracePeriodSeconds"),
        "propagation": propagation,
        "dry_run": bool(dry_run),
    }


def _from_body(raw: bytes, media: str) -> Object:
    """Read DeleteOptions; what is wrong with them the real server calls its own fault (500)."""
    options = bodies.decode(raw, media)
    version, kind = options.get("apiVersion") or "v1", options.get("kind") or "DeleteOptions"
    if kind != "DeleteOptions":
        why = f'no kind "{kind}" is registered for version "{version}" in scheme "pkg/runtime/scheme.go:110"'
        raise status.ApiStatus(500, "", why)
    wrong = checking.first_mistake({**options, "apiVersion": "v1", "kind": kind}, "v1", kind)
    if wrong:
        raise status.ApiStatus(500, "", wrong)
    return options


def _from_query(query: Query) -> Object:
    options: Object = {}
    if query.get("propagationPolicy"):
        options["propagationPolicy"] = query["propagationPolicy"]
    if (grace := number(query, "gracePeriodSeconds")) is not None:
        options["gracePeriodSeconds"] = grace
    if query.get("dryRun"):
        options["dryRun"] = [query["dryRun"]]
    return options


def _is_marked(obj: Object) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def _unmarked(obj: Object) -> Object:
    """Return an object as it is shown that went at once: only those that had to wait were ever about to go."""
    marks = ("deletionTimestamp", "deletionGracePeriodSeconds")
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in marks}}


def _success(target: Target, obj: Object) -> Object:
    details = {"name": name_of(obj), "kind": target.resource.plural, "uid": obj["metadata"]["uid"]}
    if target.resource.group:
        details["group"] = target.resource.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
