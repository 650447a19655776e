"""Sockets for httpcore2, straight on asyncio.

httpcore2's own backend goes through anyio, which hands over one TLS record (4 KB, from a Go server) per read and arms a
cancel scope around each: a list of 500 claims took three times what a bare GET does. asyncio decrypts what has
arrived in one go. And these sockets notice within a minute when the other end is gone, although a watch may be silent
for long.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpcore2

_BUFFER = 512 * 1024  # bytes read ahead at most
_CLOSING = 1.0  # seconds a server may take to answer the end of TLS


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
        async with _limit(timeout, httpcore2.ConnectTimeout, httpcore2.ConnectError):
            reader, writer = await asyncio.open_connection(
                host, port, limit=_BUFFER, local_addr=local, happy_eyeballs_delay=0.25
            )
        raw = writer.get_extra_info("socket")
        for option in (*(socket_options or ()), *_keepalive()):
            raw.setsockopt(*option)
        return Stream(reader, writer)


class Stream(httpcore2.AsyncNetworkStream):
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read what has arrived; empty at the end."""
        async with _limit(timeout, httpcore2.ReadTimeout, httpcore2.ReadError):
            return await self._reader.read(max(max_bytes, _BUFFER))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write everything; an error means that not all of it went out."""
        async with _limit(timeout, httpcore2.WriteTimeout, httpcore2.WriteError):
            if self._over():
                raise ConnectionResetError("the server has closed the connection")
            self._writer.write(buffer)
            await self._writer.drain()

    async def aclose(self) -> None:
        """Close the connection, politely for a second."""
        self._writer.close()
        try:
            async with asyncio.timeout(_CLOSING):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        """Encrypt from here on."""
        try:
            async with _limit(timeout, httpcore2.ConnectTimeout, httpcore2.ConnectError):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            with suppress(OSError):
                self._writer.transport.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore2 asks of a connection."""
        if info == "is_readable":  # asked of an idle connection: then anything to read is its end
            return self._over() or _readable(self._writer.get_extra_info("socket"))
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._writer.get_extra_info(names.get(info, info))

    def _over(self) -> bool:
        return self._writer.is_closing() or self._reader.at_eof() or self._reader.exception() is not None


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
