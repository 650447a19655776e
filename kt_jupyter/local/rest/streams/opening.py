"""Whether a stream can be opened, and the exact words when it can't.

Three layers speak on a real cluster, and each in its own form: the API server (a Status), the kubelet behind it (plain
text), and the websocket library (plain text and hardly a header). Version 5 is terminated by the API server, which has
let the client in before it asks the kubelet: there the kubelet's answer comes as a Status on the error channel.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from kt_jupyter.local import status
from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.pods import Process, choose_container
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest.query import truth
from kt_jupyter.local.rest.streams.channels import ERROR, OLDEST, STDERR, STDOUT, V4, V5
from kt_jupyter.local.rest.target import Target

_KEY_BYTES: Final = 16
_NO_STREAM: Final = "you must specify at least 1 of stdin, stdout, stderr"
_TTY_AND_STDERR: Final = "rpc error: code = InvalidArgument desc = tty and stderr cannot both be true"
_WEBSOCKET_ONLY: Final = "the local cluster streams over websocket only: use kubectl 1.31 or newer"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    pod: Object
    container: str
    attach: bool
    command: list[str]
    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @property
    def first_channel(self) -> int:
        """The lowest channel that the server may write to."""
        return STDOUT if self.stdout else STDERR if self.stderr else ERROR

    @property
    def no_stream(self) -> bool:
        """Whether nothing would flow: a terminal has no stderr of its own."""
        return not (self.stdin or self.stdout or (self.stderr and not self.tty))


@dataclass(frozen=True, slots=True)
class Problem:
    """What the kubelet would say."""

    code: int
    text: str


def read(request: web.Request, registry: Registry, target: Target) -> Request:
    """Read the request as the API server does.

    Raises:
        ApiStatus: 404, no such pod; 400, no such container, a pod without node, or no upgrade.
    """
    query = request.query
    pod = registry.get("pods", target.namespace, target.name)
    container = choose_container(pod, query.get("container"))
    if not dig(pod, "spec", "nodeName"):
        raise status.bad_request(f"pod {target.name} does not have a host assigned")
    if "upgrade" not in request.headers.get("Connection", "").lower():
        raise status.bad_request("Upgrade request required")
    return Request(
        pod=pod,
        container=container,
        attach=target.subresource == "attach",
        command=query.getall("command", []),
        stdin=truth(query, "stdin"),
        stdout=truth(query, "stdout"),
        stderr=truth(query, "stderr"),
        tty=truth(query, "tty"),
    )


def problem(asked: Request, process: Process | None) -> Problem | None:
    """Return what the kubelet has against it."""
    if asked.no_stream:
        return Problem(400, _NO_STREAM)
    if process is None and asked.attach:
        pod = f"{name_of(asked.pod)}_{namespace_of(asked.pod)}"
        return Problem(500, f"container {asked.container} not found in pod {pod}")
    if process is None:
        return Problem(500, f'container not found ("{asked.container}")')
    if asked.attach and process.spec.tty and asked.stderr and not asked.tty:
        return Problem(500, _TTY_AND_STDERR)
    return None


def negotiate(request: web.Request) -> str | None:
    """Return the protocol to speak: the newest that the client offers, the oldest when it offers none; None: none."""
    if not _is_websocket(request):
        return None
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", OLDEST).split(",")]
    return next((protocol for protocol in (V5, V4, OLDEST) if protocol in offered), None)


def refusal(request: web.Request, protocol: str | None, problem: Problem | None) -> web.Response | None:
    """Return the answer to what will be no websocket.

    Raises:
        ApiStatus: 501, it would be SPDY.
    """
    if protocol == V5:
        return _no_handshake(request)
    if problem is not None:
        return web.Response(status=problem.code, text=problem.text)
    if protocol is not None:
        return _no_handshake(request)
    if _is_websocket(request):
        return web.Response(status=403)
    if "X-Stream-Protocol-Version" not in request.headers:
        return web.Response(status=400, text="unable to upgrade: X-Stream-Protocol-Version is required\n")
    raise status.ApiStatus(501, "NotImplemented", _WEBSOCKET_ONLY, details={})


def _is_websocket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _no_handshake(request: web.Request) -> web.Response | None:
    if request.method != "GET":
        return web.Response(status=405, text="bad method")
    try:
        key = base64.b64decode(request.headers.get("Sec-WebSocket-Key", ""), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        return web.Response(status=400, text="mismatch challenge/response")
    if request.headers.get("Sec-WebSocket-Version") != "13":
        headers = {"Sec-WebSocket-Version": "13"}
        return web.Response(status=400, text="missing or bad WebSocket Version", headers=headers)
    return None
