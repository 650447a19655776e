"""Sockets for httpcore2, straight on asyncio.

httpcore2's own backend goes through anyio, which hands over one TLS record (4 KB, from a Go server) per read and arms a
cancel scope around each: a list of 500 claims took three times what a bare GET does. asyncio decrypts what has
arrived in one go. And these sockets notice within a minute when the other end is gone, although a watch may be silent
for long.

A protocol of our own, not asyncio's streams: after an upgrade to TLS those log a warning for every connection that
the server closes (Python 3.11), and an API server closes each idle one.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpcore2

_AHEAD = 512 * 1024  # bytes read ahead before the sender has to wait
_WINNING = 0.5  # seconds in which an address that answers has answered
_CLOSING = 0.25  # seconds a server may take to answer the end of TLS


class Backend(httpcore2.AsyncNetworkBackend):
    """Opens connections."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Open a TCP connection; of several addresses, the first that answers wins."""
        local = (local_address, 0) if local_address else None
        connecting = asyncio.ensure_future(
            asyncio.get_running_loop().create_connection(_Wire, host, port, local_addr=local, happy_eyeballs_delay=0.25)
        )
        try:
            async with _limit(timeout, httpcore2.ConnectTimeout, httpcore2.ConnectError):
                transport, wire = await asyncio.shield(connecting)
        except BaseException:
            _abandon(connecting)
            raise
        raw = transport.get_extra_info("socket")
        for option in (*(socket_options or ()), *_keepalive()):
            raw.setsockopt(*option)
        return Stream(wire)


class _Wire(asyncio.Protocol):
    """What has arrived and not been read, and who waits for more."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self.gone = asyncio.Event()
        self._news = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._news.set()
        if len(self.received) > _AHEAD and self.transport is not None:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        self.ended = True
        self._news.set()
        return False  # half-open connections are of no use to HTTP

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended, self.error = True, exc
        for event in (self.gone, self._news, self._may_write):
            event.set()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    async def read(self) -> bytes:
        while not self.received and not self.ended:
            self._news.clear()
            await self._news.wait()
        if not self.received and self.error is not None:
            raise ConnectionResetError(str(self.error)) from self.error
        data = bytes(self.received)
        self.received.clear()
        if self.transport is not None and not self.ended:
            self.transport.resume_reading()
        return data

    def put(self, data: bytes) -> None:
        if self.ended or self.transport is None or self.transport.is_closing():
            raise ConnectionResetError("the server has closed the connection")
        self.transport.write(data)

    async def drained(self) -> None:
        await self._may_write.wait()
        if self.gone.is_set():
            raise ConnectionResetError("the server has closed the connection")


class Stream(httpcore2.AsyncNetworkStream):
    """One connection."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        """Read all that has arrived, however much that is; empty at the end."""
        async with _limit(timeout, httpcore2.ReadTimeout, httpcore2.ReadError):
            return await self._wire.read()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write everything; an error means that not all of it went out."""
        if buffer:
            async with _limit(timeout, httpcore2.WriteTimeout, httpcore2.WriteError):
                self._wire.put(buffer)
                await self._wire.drained()

    def put(self, data: bytes) -> None:
        """Hand over bytes without waiting for room: for what is small and must not wait behind what is big.

        Raises:
            ConnectionResetError: The connection has ended.
        """
        self._wire.put(data)

    async def drained(self) -> None:
        """Wait until there is room for more.

        Raises:
            ConnectionResetError: The connection has ended.
        """
        await self._wire.drained()

    async def aclose(self) -> None:
        """Close the connection, politely if the server does not dawdle."""
        transport = self._wire.transport
        if transport is None:
            return
        transport.close()
        try:
            async with asyncio.timeout(_CLOSING):
                await self._wire.gone.wait()
        except TimeoutError:
            transport.abort()

    def abort(self) -> None:
        """End the connection at once, from the loop's thread; who reads or writes notices."""
        if self._wire.transport is not None:
            self._wire.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        """Encrypt from here on; also inside of TLS, for a proxy that speaks it."""
        plain, wire = self._wire.transport, self._wire
        assert plain is not None
        try:
            async with _limit(timeout, httpcore2.ConnectTimeout, httpcore2.ConnectError):
                wire.transport = await asyncio.get_running_loop().start_tls(
                    plain, wire, ssl_context, server_hostname=server_hostname
                )
        except BaseException:
            plain.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore2 asks of a connection."""
        wire = self._wire
        if info == "stream":  # httpcore2 wraps a connection that was upgraded, and hides what else it can do
            return self
        if wire.transport is None:
            return None
        if info == "is_readable":  # asked of an idle connection: then anything to read is its end
            return wire.ended or bool(wire.received) or _readable(wire.transport.get_extra_info("socket"))
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return wire.transport.get_extra_info(names.get(info, info))


def _abandon(connecting: asyncio.Future[tuple[asyncio.Transport, _Wire]]) -> None:
    """Close a connection that nobody waits for any more, when it stands.

    Cancelled at once, asyncio forgets the socket that has just won its race between addresses: it would stay open.
    """

    def close(done: asyncio.Future[tuple[asyncio.Transport, _Wire]]) -> None:
        if not done.cancelled() and done.exception() is None:
            done.result()[0].abort()

    connecting.add_done_callback(close)
    asyncio.get_running_loop().call_later(_WINNING, connecting.cancel)


@asynccontextmanager
async def _limit(seconds: float | None, late: type[Exception], broken: type[Exception]) -> AsyncIterator[None]:
    """Limit the time, and give errors httpcore2's names; the cause stays inside."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise late(error) from error
    except OSError as error:  # SSL's errors and DNS's are OSErrors too
        raise broken(error) from error


def _readable(raw: Any) -> bool:
    poll = getattr(select, "poll", None)
    if raw is None or raw.fileno() < 0:
        return True
    if poll is None:
        return bool(select.select([raw], [], [], 0)[0])
    poller = poll()
    poller.register(raw, select.POLLIN)
    return bool(poller.poll(0))


def _keepalive() -> list[tuple[int, int, int]]:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))  # the second is macOS
    for option, value in (
        (idle, 30),
        (getattr(socket, "TCP_KEEPINTVL", None), 10),
        (getattr(socket, "TCP_KEEPCNT", None), 3),
    ):
        if option is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    return options
