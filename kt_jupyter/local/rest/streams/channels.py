"""Several streams on one websocket: the first byte of each message says whose it is.

Version 5 adds one thing to version 4: a message that closes a channel, so that a process sees the end of its input
while its output goes on. The oldest version, that of clients which name none, has no error channel.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import WSMsgType, web

from kt_jupyter.local.rest.streams import endings

V5: Final = "v5.channel.k8s.io"
V4: Final = "v4.channel.k8s.io"
OLDEST: Final = "channel.k8s.io"

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255

_LARGEST_MESSAGE: Final = 32 << 20  # golang.org/x/net/websocket takes no larger ones
_FAREWELL_SECONDS: Final = 2.0  # for the client's half of the closing handshake; a real server waits for none


class Channels:
    """The streams of one request."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.socket = web.WebSocketResponse(
            protocols=(protocol,),
            timeout=_FAREWELL_SECONDS,
            max_msg_size=_LARGEST_MESSAGE,
            compress=False,
        )

    async def open(self, request: web.Request, first: int) -> None:
        """Shake hands, and say so with an empty message on the first channel that will be written to."""
        await self.socket.prepare(request)
        await self.socket.send_bytes(bytes((first,)))

    async def send(self, channel: int, data: bytes) -> None:
        """Send to the client; waits while it doesn't read. Raises ConnectionError when it has gone."""
        await self.socket.send_bytes(bytes((channel,)) + data)

    async def received(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield what the client sends until it goes: input, sizes, and a CLOSE with the channel that it closes."""
        while True:
            message = await self.socket.receive()
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                return
            data: bytes = message.data.encode() if message.type == WSMsgType.TEXT else message.data
            if not data:
                continue
            channel, data = data[0], data[1:]
            if channel == CLOSE and self.protocol == V5 and (len(data) != 1 or data[0] > RESIZE):
                return  # nobody who speaks the protocol sends that: a real server cuts the connection, too
            if channel in (STDIN, RESIZE) or (channel == CLOSE and self.protocol == V5):
                yield channel, data

    async def close(self, status: endings.Status | None) -> None:
        """Say how it ended, if there is a client to say it to, and close."""
        with contextlib.suppress(ConnectionError):
            if status is not None and self.protocol != OLDEST:
                await self.send(ERROR, endings.encode(status))
            await self.socket.close()


def size(data: bytes) -> tuple[int, int] | None:
    """Read a resize message: columns and rows; None for what is none."""
    try:
        found = json.loads(data)
        return int(found["Width"]), int(found["Height"])
    except (ValueError, KeyError, TypeError):
        return None
