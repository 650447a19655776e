"""Requests over a pool of kept-open connections: one attempt each, no opinion about what to do next.

httpcore2 does HTTP/1.1, pooling, proxies and TLS in proxies; it loads in a third of aiohttp's time. HTTP/2 is not
used: one more library for what a handful of connections do as well. Retries live in ``api.py``, because only there
is known what is safe to repeat; this file contributes the fact that decides it, ``WireError.sent``.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore2

from kt_jupyter import __version__
from kt_jupyter.errors import ConfigError
from kt_jupyter.kube.credentials import Issued
from kt_jupyter.kube.limits import Limits
from kt_jupyter.kube.proxies import proxy_for
from kt_jupyter.kube.request import Request
from kt_jupyter.kube.sockets import Backend
from kt_jupyter.kube.target import Target
from kt_jupyter.kube.tls import tls_context

_IDLE = 45.0  # seconds an unused connection is kept: less than the 60 s after which load balancers forget it
_SWITCHING = 101
_USER_AGENT = f"kt_jupyter/{__version__}"
_WIRE_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpcore2.ProxyError,
    OSError,
)


class WireError(Exception):
    """No complete answer came. ``sent``: the whole request had gone out, so that it may have been carried out."""

    def __init__(self, cause: Exception, *, sent: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.sent = sent


@dataclass
class Reply:
    """An answer's head, and its body once read."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of that name, empty when there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """All headers of that name."""
        wanted = name.lower().encode()
        return [value.decode("latin-1") for key, value in self.headers if key.lower() == wanted]


@dataclass
class Upgraded(Reply):
    """An answer that turned the connection into something else: 101, and nobody else's from here on."""

    connection: httpcore2.AsyncNetworkStream | None = None
    release: Callable[[], Awaitable[None]] | None = None


@dataclass
class _Progress:
    """How far a request got: httpcore2 reports the steps to ``trace``."""

    sent: bool = False
    _to_proxy: bool = False

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note when the last byte has gone out: a server cannot act on less than the whole body it was announced."""
        if event.endswith("send_request_headers.started"):
            self._to_proxy = info["request"].method == b"CONNECT"
        elif event.endswith("send_request_body.complete"):
            self.sent = not self._to_proxy


@dataclass(eq=False)
class Transport:
    """The connections to one target. Lives on the I/O thread; one per loop generation."""

    target: Target
    limits: Limits = field(default_factory=Limits)
    _pool: httpcore2.AsyncConnectionPool | None = None
    _certificate: tuple[bytes, bytes] | None = None
    _retired: list[httpcore2.AsyncConnectionPool] = field(default_factory=list)

    async def exchange(self, request: Request, headers: Iterable[tuple[str, str]], issued: Issued) -> Reply:
        """Make one request and read the whole answer.

        Raises:
            WireError: No complete answer came.
        """
        async with self.stream(request, headers, issued, read=self.limits.read) as (reply, chunks):
            body = b"".join([chunk async for chunk in chunks])
            reply.body = _decompressed(reply, body)
        return reply

    @asynccontextmanager
    async def stream(
        self, request: Request, headers: Iterable[tuple[str, str]], issued: Issued, *, read: float
    ) -> AsyncIterator[tuple[Reply, AsyncIterator[bytes]]]:
        """Make one request and give the answer's head and its body as it comes.

        Args:
            request: What to ask.
            headers: More headers (impersonation).
            issued: Credentials.
            read: Seconds without a byte after which the connection counts as dead.

        Raises:
            WireError: From the start, or from within the body.
        """
        response = await self._send(request, headers, issued, read=read)
        try:
            yield Reply(response.status, response.headers), _chunks(response)
        finally:
            await response.aclose()

    async def upgrade(self, request: Request, headers: Iterable[tuple[str, str]], issued: Issued) -> Reply:
        """Ask for another protocol on the connection; ``headers`` name it.

        Returns:
            ``Upgraded``, to be released by its owner; or a ``Reply``, the server's refusal.

        Raises:
            WireError: No complete answer came.
        """
        response = await self._send(request, headers, issued, read=self.limits.read)
        if response.status == _SWITCHING:
            connection = response.extensions["network_stream"]
            return Upgraded(response.status, response.headers, connection=connection, release=response.aclose)
        try:
            body = b"".join([chunk async for chunk in _chunks(response)])
        finally:
            await response.aclose()
        return Reply(response.status, response.headers, body)

    async def aclose(self) -> None:
        """Close every connection."""
        pools = [pool for pool in (self._pool, *self._retired) if pool is not None]
        self._pool, self._retired = None, []
        for pool in pools:
            await pool.aclose()

    async def _send(
        self, request: Request, headers: Iterable[tuple[str, str]], issued: Issued, *, read: float
    ) -> httpcore2.Response:
        progress = _Progress()
        pool = await self._pool_for(issued)
        timeouts = {"connect": self.limits.connect, "read": read, "write": read, "pool": self.limits.connect}
        extensions: dict[str, Any] = {"timeout": timeouts, "trace": progress.trace}
        if self.target.tls_server_name:
            extensions["sni_hostname"] = self.target.tls_server_name
        wire = httpcore2.Request(
            request.method,
            self._url(request),
            headers=self._headers(request, headers, issued),
            content=request.body or b"",
            extensions=extensions,
        )
        try:
            return await pool.handle_async_request(wire)
        except _WIRE_ERRORS as error:
            raise WireError(error, sent=progress.sent) from error

    async def _pool_for(self, issued: Issued) -> httpcore2.AsyncConnectionPool:
        if self._pool is not None and issued.certificate != self._certificate:
            self._retired.append(self._pool)  # its requests go on; a renewed certificate needs new connections
            self._pool = None
        for pool in self._retired[:]:
            if all(connection.is_idle() or connection.is_closed() for connection in pool.connections):
                self._retired.remove(pool)
                await pool.aclose()
        if self._pool is None:
            self._pool, self._certificate = self._new_pool(issued), issued.certificate
        return self._pool

    def _new_pool(self, issued: Issued) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(
            ssl_context=tls_context(self.target, issued.certificate) if self.target.tls else None,
            proxy=_proxy(self.target),
            max_connections=None,  # every watch holds one
            max_keepalive_connections=8,
            keepalive_expiry=_IDLE,
            network_backend=Backend(),
        )

    def _url(self, request: Request) -> httpcore2.URL:
        server = urlsplit(self.target.server)
        return httpcore2.URL(
            scheme=server.scheme,
            host=(server.hostname or "").encode("idna"),
            port=server.port,
            target=f"{server.path}{request.url_path}",
        )

    def _headers(self, request: Request, more: Iterable[tuple[str, str]], issued: Issued) -> list[tuple[bytes, bytes]]:
        server = urlsplit(self.target.server)
        headers = [("Host", server.netloc.rpartition("@")[2]), ("User-Agent", _USER_AGENT)]
        headers.append(("Accept", "*/*" if request.subresource == "log" else "application/json"))
        if request.verb == "list" and self.target.compression:
            # Servers compress from 128 KB on. Even on loopback unpacking costs less than 90 times 4 KB through TLS.
            headers.append(("Accept-Encoding", "gzip"))
        if issued.authorization:
            headers.append(("Authorization", issued.authorization))
        headers += more
        if request.body is not None:
            headers += [("Content-Type", request.content_type), ("Content-Length", str(len(request.body)))]
        return [(name.encode("latin-1"), value.encode()) for name, value in headers]


async def _chunks(response: httpcore2.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_stream():
            yield chunk
    except _WIRE_ERRORS as error:
        raise WireError(error, sent=True) from error


def _decompressed(reply: Reply, body: bytes) -> bytes:
    if reply.header("content-encoding") != "gzip":
        return body
    try:
        return zlib.decompress(body, wbits=31)
    except zlib.error as error:
        raise WireError(error, sent=True) from error


def _proxy(target: Target) -> httpcore2.Proxy | None:
    url = proxy_for(target.server, target.proxy_url)
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(
            f"the proxy {parts.scheme}://{parts.hostname} needs a library for SOCKS.", remedy="%pip install socksio"
        )
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
    return httpcore2.Proxy(f"{parts.scheme}://{_bracketed(parts.hostname or '')}:{port}", auth=auth)


def _is_ip6(host: str | None) -> bool:
    return ":" in (host or "")


def _bracketed(host: str) -> str:
    return f"[{host}]" if _is_ip6(host) else host
