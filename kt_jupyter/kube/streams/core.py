"""One stream to a process in a pod, on any asyncio loop: Kubernetes' channels on a websocket.

Every message's first byte is its channel: 0 input, 1 output, 2 errors, 3 the server's last word, 4 the terminal's size;
in v5 also 255, "this channel ends". Bytes pass as they are: whoever shows them decodes them.

The server's first message is empty and says nothing: it comes for a pod that does not run yet too.

Source: ``tools/remotecommand/websocket.go`` in kubernetes/client-go;
https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from itertools import groupby
from operator import itemgetter
from typing import Final, Self

from kt_jupyter.errors import HalfCloseUnsupported, StreamLost
from kt_jupyter.kube.streams.endings import ConnectionLost, End, Exited, ending
from kt_jupyter.kube.streams.websocket import WebSocket

STDOUT: Final = 1
STDERR: Final = 2
V5: Final = "v5.channel.k8s.io"
V4: Final = "v4.channel.k8s.io"

_STDIN, _STATUS, _RESIZE, _CLOSE = b"\x00", b"\x03", b"\x04", b"\xff"
_OUTPUT = (bytes((STDOUT,)), bytes((STDERR,)))
_CHUNK = 64 * 1024  # bytes of input a message: a quarter less work than with 32 KiB, and a resize still passes soon
_LAST = 2.0  # seconds a server may take to close after its last word


class AsyncStream:
    """A process's output to iterate, and its input to write; an async context manager.

    One task iterates; any task may write. What is not read is not received: a slow reader pauses the process.

    Attributes:
        pod: The pod's name.
        protocol: What was agreed on, ``V5`` or ``V4``.
        end: How it ended; None while it goes on.

    Example:
        >>> async with await open_exec(cluster, "web-0", ["uname", "-a"]) as stream:
        ...     async for channel, data in stream:
        ...         print(channel, data)
    """

    def __init__(self, socket: WebSocket, pod: str, protocol: str) -> None:
        self._socket = socket
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._said: End | None = None
        self.pod = pod
        self.protocol = protocol
        self.end: End | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[int, bytes]:
        while not self._chunks:
            if self.end is not None:
                raise StopAsyncIteration
            messages = await self._next()
            self._sort(messages)
            if not messages:
                self.end = self._said or ConnectionLost(self._socket.over or "the server did not close it")
                await self._socket.aclose()
        return self._chunks.popleft()

    async def wait(self) -> End:
        """Read to the end, discard what comes, and return how it ended."""
        async for _ in self:
            pass
        assert self.end is not None
        return self.end

    async def write(self, data: bytes) -> None:
        """Send input; waits while the process, or the network, takes no more.

        Raises:
            StreamLost: It has ended; how much of ``data`` arrived is not known.
        """
        with memoryview(data) as view:
            for start in range(0, len(view), _CHUNK):
                await self._send(_STDIN + view[start : start + _CHUNK])
                await asyncio.sleep(0)  # while there is room nothing else here waits: others must run, and losses show

    async def resize(self, columns: int, rows: int) -> None:
        """Tell the process's terminal its size; without effect when the stream has no terminal, or has ended."""
        if self.end is None and self._socket.over is None:
            size = json.dumps({"Width": columns, "Height": rows}).encode()
            try:
                self._socket.send_soon(_RESIZE + size)
            except ConnectionResetError:
                return  # whoever reads will see it

    async def close_stdin(self) -> None:
        """End the process's input and keep its output.

        Raises:
            HalfCloseUnsupported: The server speaks only v4, which has no way to say it.
            StreamLost: It has ended.
        """
        if self.protocol != V5:
            raise HalfCloseUnsupported(
                "this cluster's stream protocol (v4) cannot end a command's input and keep its output.",
                remedy="Kubernetes 1.30 and later can. Let the command read a known number of bytes: head -c.",
            )
        await self._send(_CLOSE + _STDIN)

    def abort(self) -> None:
        """End the connection at once; the process may go on. Call it on the loop's thread."""
        self._socket.abort()

    async def aclose(self) -> None:
        """End the connection in good order; the process may go on. Whoever iterates comes to the end."""
        await self._socket.aclose()
        self.end = self.end or self._said or ConnectionLost("it was closed here")

    def _sort(self, messages: list[bytes]) -> None:
        """Join what came together on one channel: a server cuts output into pieces of 4 KB."""
        output = [message for message in messages if message[:1] in _OUTPUT and len(message) > 1]
        for channel, together in groupby(output, itemgetter(0)):
            self._chunks.append((channel, b"".join([message[1:] for message in together])))
        for message in messages:
            if message[:1] == _STATUS:
                self._said = ending(message[1:])

    async def _next(self) -> list[bytes]:
        if self._said is None:
            return await self._socket.receive()
        try:
            async with asyncio.timeout(_LAST):
                return await self._socket.receive()
        except TimeoutError:
            return []

    async def _send(self, message: bytes) -> None:
        try:
            if self.end is not None or self._socket.over is not None:
                raise ConnectionResetError  # noqa: TRY301 - the same to the caller, whoever saw it first
            await self._socket.send(message)
        except ConnectionResetError as error:
            end = self.end or self._said
            how = (
                "the command has ended" if isinstance(end, Exited) else self._socket.over or "the network broke it off"
            )
            raise StreamLost(f'pod "{self.pod}" takes no more input: {how}.') from error
