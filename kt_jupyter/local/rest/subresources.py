"""What stands below an object: ``pods/log``, ``pods/eviction``, ``serviceaccounts/token`` and the like.

``status`` is not here: it is the object itself, written by halves.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from aiohttp import web

from kt_jupyter.local import status
from kt_jupyter.local.fields import forbidden, invalid
from kt_jupyter.local.objects import Object, dig, now, parse_time, stamp
from kt_jupyter.local.pods import LogOptions, Logs, Running, open_log
from kt_jupyter.local.pods.state import set_condition
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest import bodies, streams, writing
from kt_jupyter.local.rest.query import Query, number, truth
from kt_jupyter.local.rest.target import Target
from kt_jupyter.local.rest.views import View
from kt_jupyter.local.store import encode
from kt_jupyter.local.users import Authenticator

_TOKEN_SECONDS: Final = 3600
_SHORTEST_TOKEN: Final = 600
_AUDIENCE: Final = "https://kubernetes.default.svc"


class Handlers:
    """Serves subresources."""

    def __init__(self, authenticator: Authenticator, logs: Logs, running: Running) -> None:
        self._authenticator = authenticator
        self._logs = logs
        self._running = running

    async def serve(self, request: web.Request, registry: Registry, target: Target, view: View) -> web.StreamResponse:
        """Answer a request below an object."""
        sub = target.resource.subresource(target.subresource)
        assert sub is not None
        if target.verb not in sub.verbs:
            raise status.method_not_supported()
        if target.subresource in ("attach", "exec"):
            return await streams.serve(request, registry, target, self._running)
        special = {
            "log": self._log,
            "token": self._token,
            "eviction": self._evict,
            "binding": self._bind,
            "portforward": self._forward,
        }
        if target.subresource in special:
            return await special[target.subresource](request, registry, target, view)
        if target.verb == "get":
            record = registry.record(target.resource.key, target.namespace, target.name)
            return view.respond(view.one(target.resource, record))
        write = writing.change if target.verb == "patch" else writing.update
        return await write(registry, request, target, view)

    async def _log(self, request: web.Request, registry: Registry, target: Target, _: View) -> web.StreamResponse:
        chunks = open_log(
            registry, self._logs, target.namespace or "", target.name, _log_options(request.query, target.name)
        )
        if not dig(registry.get("pods", target.namespace, target.name), "spec", "nodeName"):
            return web.Response(status=204)  # a pod on no node has nothing to say
        response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache, private"})
        await response.prepare(request)
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
        return response

    async def _forward(self, _: web.Request, registry: Registry, target: Target, __: View) -> web.Response:
        pod = registry.get(target.resource.key, target.namespace, target.name)
        if not dig(pod, "spec", "nodeName"):
            raise status.bad_request(f"pod {target.name} does not have a host assigned")
        why = "the local cluster forwards no ports: its pods are processes of this machine, reach theirs at 127.0.0.1"
        raise status.ApiStatus(501, "NotImplemented", why, details={})

    async def _token(self, request: web.Request, registry: Registry, target: Target, view: View) -> web.Response:
        registry.get(target.resource.key, target.namespace, target.name)
        obj = bodies.decode(await bodies.read(request), bodies.media_type(request))
        seconds = int(dig(obj, "spec", "expirationSeconds") or _TOKEN_SECONDS)
        if seconds < _SHORTEST_TOKEN:
            why = "may not specify a duration less than 10 minutes"
            problem = invalid("spec.expirationSeconds", seconds, why)
            raise status.invalid("authentication.k8s.io", "TokenRequest", "", [problem])
        token, ends = self._authenticator.issue(target.namespace or "", target.name, seconds)
        expires = stamp(dt.datetime.fromtimestamp(ends, dt.UTC))
        spec = {"audiences": [_AUDIENCE], **(obj.get("spec") or {}), "expirationSeconds": seconds}
        obj |= {"spec": spec, "status": {"token": token, "expirationTimestamp": expires}}
        return view.respond(encode(obj), 201)

    async def _evict(self, request: web.Request, registry: Registry, target: Target, view: View) -> web.Response:
        obj = bodies.decode(await bodies.read(request), bodies.media_type(request))
        options = obj.get("deleteOptions") or {}
        uid = dig(options, "preconditions", "uid")
        pod = registry.get("pods", target.namespace, target.name)
        if uid in (None, pod["metadata"]["uid"]):  # else the deletion is refused, and nothing is said in the pod
            registry.modify("pods", target.namespace, target.name, _disrupt)
        grace = options.get("gracePeriodSeconds")
        registry.delete("pods", target.namespace, target.name, uid=uid, grace_seconds=grace)
        return view.respond(encode(_SUCCESS), 201)

    async def _bind(self, request: web.Request, registry: Registry, target: Target, view: View) -> web.Response:
        obj = bodies.decode(await bodies.read(request), bodies.media_type(request))
        pod = registry.get("pods", target.namespace, target.name)
        node = dig(obj, "target", "name")
        if dig(pod, "spec", "nodeName"):
            why = f'pod {target.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
            raise status.conflict(target.resource, target.name, why, noun="pods/binding")

        def assign(fresh: Object) -> None:
            fresh["spec"]["nodeName"] = node

        registry.modify("pods", target.namespace, target.name, assign)
        return view.respond(encode(_SUCCESS), 201)


def _disrupt(pod: Object) -> None:
    """Say in a pod why it is about to be deleted."""
    found = pod.setdefault("status", {})
    why = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    condition = {**why, "message": "Eviction API: evicting"}
    found["conditions"] = set_condition(found.get("conditions") or [], condition, now())


def _log_options(query: Query, pod: str) -> LogOptions:
    """Read PodLogOptions; raises Invalid (422) or BadRequest (400)."""
    since = query.get("sinceTime")
    options = LogOptions(
        container=query.get("container") or None,
        follow=truth(query, "follow"),
        previous=truth(query, "previous"),
        since_seconds=number(query, "sinceSeconds"),
        since_time=parse_time(since) if since else None,
        timestamps=truth(query, "timestamps"),
        tail_lines=number(query, "tailLines"),
        limit_bytes=number(query, "limitBytes"),
    )
    problems = []
    if options.tail_lines is not None and options.tail_lines < 0:
        problems.append(invalid("tailLines", options.tail_lines, "must be greater than or equal to 0"))
    if options.limit_bytes is not None and options.limit_bytes < 1:
        problems.append(invalid("limitBytes", options.limit_bytes, "must be greater than 0"))
    if options.since_seconds is not None and options.since_seconds < 1:
        problems.append(invalid("sinceSeconds", options.since_seconds, "must be greater than 0"))
    if options.since_seconds is not None and options.since_time is not None:
        problems.append(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if problems:
        raise status.invalid("", "PodLogOptions", pod, problems)
    return options


_SUCCESS: Final = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
