"""``pods/exec`` and ``pods/attach``: a process's streams over one websocket.

``opening`` decides whether there will be one, ``channels`` is the protocol on it, ``sessions`` what happens on it, and
``endings`` the last word. Recorded from a real 1.34 cluster; source: ``k8s.io/apiserver/pkg/util/proxy``,
``k8s.io/kubelet/pkg/cri/streaming/remotecommand``, ``pkg/registry/core/pod/rest/subresources.go``.

Not served: SPDY, which no client needs since kubectl 1.31, and the base64 protocols, which were for browsers of old.
"""

from __future__ import annotations

from aiohttp import web

from kt_jupyter.local.pods import CannotStart, Process, Running
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest.streams import endings, opening, sessions
from kt_jupyter.local.rest.streams.channels import OLDEST, V5, Channels
from kt_jupyter.local.rest.streams.opening import Request
from kt_jupyter.local.rest.target import Target

__all__ = ["serve"]


async def serve(request: web.Request, registry: Registry, target: Target, running: Running) -> web.StreamResponse:
    """Answer an exec or attach; returns when the stream has ended.

    Raises:
        ApiStatus: there is no such pod or container, the pod is on no node, or the request is no upgrade.
    """
    asked = opening.read(request, registry, target)
    process = running.find(asked.pod, asked.container)
    problem = opening.problem(asked, process)
    protocol = opening.negotiate(request)
    refusal = opening.refusal(request, protocol, problem)
    if refusal is not None:
        return refusal
    channels = Channels(protocol or OLDEST)
    await channels.open(request, asked.first_channel)
    if problem is not None or process is None:
        why = problem.text if problem else ""
        await channels.close(endings.failure(f"unable to upgrade connection: {why}"))
    elif asked.attach:
        await channels.close(await sessions.attach(channels, process, asked))
    else:
        await channels.close(await _execute(channels, process, asked))
    return channels.socket


async def _execute(channels: Channels, process: Process, asked: Request) -> endings.Status | None:
    newest = channels.protocol == V5
    try:
        command = await process.execute(asked.command, tty=asked.tty, stdin=asked.stdin)
    except CannotStart as problem:
        return endings.not_started(str(problem), nested=newest)
    try:
        code = await sessions.execute(channels, command, asked)
    finally:
        command.leave()
    return None if code is None else endings.exited(code, None if newest else asked.command)
