"""One request from its arrival to its answer: host, user, rights, then the handler of its verb."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from kt_jupyter.local import discovery, openapi, openapi_v2, patch, reviews, status, users
from kt_jupyter.local.field_selectors import required_name
from kt_jupyter.local.fields import quoted
from kt_jupyter.local.rbac import Action, Authorizer
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest import applying, bodies, deleting, reading, subresources, watching, writing
from kt_jupyter.local.rest import target as targets
from kt_jupyter.local.rest.query import ListOptions, revision, truth
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View, add_warnings
from kt_jupyter.local.store import encode
from kt_jupyter.local.users import Authenticator, User

log = logging.getLogger(__name__)


class Api:
    """Answers every request of one cluster."""

    def __init__(
        self,
        registry: Registry,
        authenticator: Authenticator,
        hosts: frozenset[str],
        subresources: subresources.Handlers,
    ) -> None:
        self._registry = registry
        self._authenticator = authenticator
        self._authorizer = Authorizer(registry)
        self._hosts = hosts
        self._subresources = subresources

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; every refusal and every accident is a Status."""
        try:
            return await self._answer(request)
        except status.ApiStatus as refusal:
            return _refused(refusal, request.path)
        except OSError as problem:
            if isinstance(problem, ConnectionError):
                raise
            log.exception("%s %s", request.method, request.path)
            return _refused(status.internal_error(str(problem)))
        except Exception as problem:
            log.exception("%s %s", request.method, request.path)
            return _refused(status.internal_error(f"{type(problem).__name__}: {problem}"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self._check_host(request)
        user = request["user"] = self._user(request)
        path = request.path.rstrip("/") or "/"
        watch = truth(request.query, "watch")
        name = required_name(request.query.get("fieldSelector", ""))
        location = targets.parse(path, request.method, watch=watch, field_name=name)
        if location is None:
            self._authorize(user, Action(request.method.lower(), path=path))
            return _other(request, path)
        self._authorize(user, location.action)
        return await self._resource(request, location.target(), user)

    async def _resource(self, request: web.Request, target: Target, user: User) -> web.StreamResponse:
        resource, registry = target.resource, self._registry
        view = View.of(request)
        if resource.virtual and target.verb == "create":
            return await self._review(request, target, user, view)
        if target.subresource not in ("", "status"):
            return await self._subresources.serve(request, registry, target, view)
        if target.verb not in resource.verbs or (request.method == "POST" and target.name):
            raise status.method_not_supported()
        return await _VERBS[target.verb](registry, request, target, view)

    async def _review(self, request: web.Request, target: Target, user: User, view: View) -> web.Response:
        obj = bodies.decode(await bodies.read(request), bodies.media_type(request))
        writing.check_kind(obj, target.resource)
        review = reviews.answer(self._authorizer, user, target.resource.kind, obj, target.namespace)
        return view.respond(encode(review), 201)

    def _check_host(self, request: web.Request) -> None:
        """Refuse names that a hostile web page could have pointed at this machine (DNS rebinding).

        The port is no part of a name: through a tunnel (``ssh -L``) it is another.
        """
        if request.headers.get("Host", "").partition(":")[0] not in self._hosts:
            raise status.ApiStatus(
                403, "Forbidden", f"forbidden: this server is not {quoted(request.headers.get('Host', ''))}", details={}
            )

    def _user(self, request: web.Request) -> User:
        user = self._authenticator.authenticate(request.headers)
        other = users.impersonated(request.headers)
        if other is None:
            return user
        for action in _impersonations(other):
            if not self._authorizer.allows(user, action):
                raise self._authorizer.denial(user, action)
        return other

    def _authorize(self, user: User, action: Action) -> None:
        if self._authorizer.allows(user, action):
            return
        raise self._authorizer.denial(user, action)


async def _list_or_watch(registry: Registry, request: web.Request, target: Target, view: View) -> web.StreamResponse:
    options = ListOptions.read(request.query, target.resource)
    if options.watch:
        return await watching.serve(request, registry, target, options, view)
    return reading.listing(registry, target, options, view)


async def _get(registry: Registry, request: web.Request, target: Target, view: View) -> web.StreamResponse:
    revision(request.query.get("resourceVersion", ""))
    return reading.get(registry, target, view)


async def _patch(registry: Registry, request: web.Request, target: Target, view: View) -> web.StreamResponse:
    change = applying.apply if bodies.media_type(request) == patch.APPLY else writing.change
    return await change(registry, request, target, view)


_Handler = Callable[[Registry, web.Request, Target, View], Awaitable[web.StreamResponse]]
_VERBS: Final[dict[str, _Handler]] = {
    "get": _get,
    "list": _list_or_watch,
    "watch": _list_or_watch,
    "create": writing.create,
    "update": writing.update,
    "patch": _patch,
    "delete": deleting.delete,
    "deletecollection": deleting.delete_many,
}


def _impersonations(other: User) -> list[Action]:
    actions = []
    if other.name.startswith("system:serviceaccount:"):
        _, _, namespace, name = other.name.split(":", 3)
        actions.append(Action("impersonate", "", "serviceaccounts", "", namespace, name))
        return actions
    actions.append(Action("impersonate", "", "users", name=other.name))
    given = (group for group in other.groups if group not in (users.AUTHENTICATED, users.UNAUTHENTICATED))
    actions += [Action("impersonate", "", "groups", name=group) for group in given]
    return actions


def _other(request: web.Request, path: str) -> web.Response:
    """Answer what is not about a resource: discovery, OpenAPI, health."""
    if request.method != "GET":
        raise status.method_not_supported() if discovery.document(path, "") else status.page_not_found()
    if discovery.is_health(path):
        return web.Response(text="ok")
    document = discovery.document(path, request.host)
    if document is not None:
        return web.Response(body=encode(document), content_type="application/json")
    if path == openapi_v2.PATH:
        return web.Response(body=openapi_v2.document(), headers={"Content-Type": openapi_v2.MEDIA_TYPE})
    described = openapi.document(path)
    if described is not None:
        if path == "/openapi/v3":  # the real server forgets to say what its table of contents is
            return web.Response(body=described, content_type="text/plain", charset="utf-8")
        return web.Response(body=described, content_type="application/json")
    if path == "/":
        paths = ["/api", "/api/v1", "/apis", *(f"/apis/{group}/v1" for group in discovery.groups())]
        paths += ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
        return web.Response(body=encode({"paths": paths}), content_type="application/json")
    raise status.unknown_path() if discovery.is_below_a_group(path) else status.page_not_found()


def _refused(refusal: status.ApiStatus, path: str = "") -> web.Response:
    if isinstance(refusal, status.PlainRefusal):
        accident = refusal.code == 500  # these name the path that they happened at
        text = f"Internal Server Error: {quoted(path)}: {refusal.message}\n" if accident else refusal.message
        return web.Response(text=text, status=refusal.code, headers=refusal.headers)
    response = web.Response(
        body=encode(refusal.body()), status=refusal.code, content_type="application/json", headers=refusal.headers
    )
    add_warnings(response, refusal.warnings)
    return response
