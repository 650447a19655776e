"""A websocket on a connection that the API server has upgraded: messages in and out, and whether it still lives.

Reading is pulled: bytes leave the socket only when somebody asks, so that a slow reader pauses the server through TCP.
A heartbeat keeps load balancers from forgetting the connection and finds out when it is dead. It counts silence only
while somebody waits for bytes: to a slow reader pongs lie unread behind the data, and that says nothing about the
server. Nor is silence counted while much input is on its way: a server that waits for a process to take its input does
not read our pings (TCP's own timers find a dead connection then).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
from typing import cast

import httpcore2

from kt_jupyter.kube.limits import Limits
from kt_jupyter.kube.sockets import Stream as Connection
from kt_jupyter.kube.streams import frames
from kt_jupyter.kube.transport import Upgraded

_READ = 512 * 1024
_IN_FLIGHT = 64 * 1024  # bytes sent since anything was heard, above which a silent server may just be waiting
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Handshake:
    """The headers that ask for a websocket, and whether the answer means one."""

    def __init__(self, protocols: tuple[str, ...]) -> None:
        self._key = base64.b64encode(os.urandom(16))
        self._protocols = protocols
        self.headers = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", self._key.decode()),
            ("Sec-WebSocket-Protocol", ", ".join(protocols)),
        ]

    def agreed(self, reply: Upgraded) -> str | None:
        """Return the protocol that the server chose; None when the answer is not a websocket's, or speaks none."""
        digest = hashlib.sha1(self._key + _MAGIC, usedforsecurity=False).digest()
        chosen = reply.header("sec-websocket-protocol")
        good = reply.header("sec-websocket-accept") == base64.b64encode(digest).decode()
        return chosen if good and chosen in self._protocols else None


class WebSocket:
    """The connection from here on. One task reads; any may send.

    Attributes:
        over: How it ended, in words for a person; None while it is open.
    """

    def __init__(self, upgraded: Upgraded, limits: Limits) -> None:
        assert upgraded.connection is not None
        assert upgraded.release is not None
        self._limits = limits
        self._reader = upgraded.connection  # gives what came with the handshake's answer, then the connection's bytes
        self._connection = cast("Connection", upgraded.connection.get_extra_info("stream"))
        self._release = upgraded.release
        self._decoder = frames.Decoder()
        self._waiting_since: float | None = None
        self._heard = 0.0
        self._in_flight = 0
        self.over: str | None = None
        self._heartbeat = asyncio.ensure_future(self._beat())

    async def receive(self) -> list[bytes]:
        """Return the data messages that came together; none at the end, and ``over`` says how."""
        while self.over is None:
            data = await self._more()
            messages = [
                message.payload
                for message in self._decoder.feed(data)
                if message.opcode in (frames.BINARY, frames.TEXT) or self._control(message)
            ]
            if self._decoder.error is not None:
                self.over = self.over or f"the server or a proxy sent {self._decoder.error}"
                self._control_out(frames.CLOSE, frames.close_payload(self._decoder.error.code))
            if messages:
                return messages
        return []

    async def send(self, payload: bytes | bytearray) -> None:
        """Send one data message and wait for room.

        Raises:
            ConnectionResetError: The connection has ended.
        """
        self._in_flight += len(payload)
        self._connection.put(frames.encode(frames.BINARY, payload))
        await self._connection.drained()

    def send_soon(self, payload: bytes) -> None:
        """Send one small data message without waiting for room.

        Raises:
            ConnectionResetError: The connection has ended.
        """
        self._connection.put(frames.encode(frames.BINARY, payload))

    def abort(self, why: str = "it was closed here") -> None:
        """End the connection at once; a reader that waits gets None."""
        self.over = self.over or why
        self._heartbeat.cancel()
        self._connection.abort()

    async def aclose(self) -> None:
        """Close the connection in good order."""
        self._heartbeat.cancel()
        if self.over is None:
            self.over = "it was closed here"
            self._control_out(frames.CLOSE, frames.close_payload(frames.NORMAL))
        await self._release()

    async def _more(self) -> bytes:
        clock = asyncio.get_running_loop().time
        self._waiting_since = clock()
        try:
            data = await self._reader.read(_READ)
        except httpcore2.ReadError as error:
            self.over = self.over or f"the network broke it off ({error or 'reset'})"
            return b""
        finally:
            self._waiting_since = None
        if not data:
            self.over = self.over or "it was cut off without a word"
        self._heard, self._in_flight = clock(), 0
        return data

    def _control(self, message: frames.Message) -> bool:
        """Act on a control frame; it is no data."""
        if message.opcode == frames.PING:
            self._control_out(frames.PONG, message.payload)
        elif message.opcode == frames.CLOSE and self.over is None:
            code, words = message.close_reason
            self.over = f"the server closed it (code {code}{f': {words}' if words else ''})"
            self._control_out(frames.CLOSE, message.payload[:2])
        return False

    def _control_out(self, opcode: int, payload: bytes) -> None:
        with contextlib.suppress(ConnectionResetError):  # whoever reads will see it
            self._connection.put(frames.encode(opcode, payload))

    async def _beat(self) -> None:
        while self.over is None:
            await asyncio.sleep(self._limits.ping)
            self._control_out(frames.PING, b"kt")
            if self._silent() > self._limits.silence:
                self.abort(f"no byte came for {self._limits.silence:g} s, nor an answer to pings")

    def _silent(self) -> float:
        if self._waiting_since is None or self._in_flight > _IN_FLIGHT:
            return 0.0
        return asyncio.get_running_loop().time() - max(self._heard, self._waiting_since)
