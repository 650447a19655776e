"""One connection to an agent: the relay's exec, frames in and out, requests and their replies."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kt_jupyter.compute.agent import packing
from kt_jupyter.compute.agent.program import wire
from kt_jupyter.errors import StreamLost
from kt_jupyter.kube.streams import STDOUT, AsyncStream, ConnectionLost, End, open_exec

if TYPE_CHECKING:
    from kt_jupyter.kube import Cluster

Json = dict[str, Any]

_WORDS = 2000  # characters of what the relay says on stderr


class Refused(Exception):  # noqa: N818 - named for what is true
    """The agent does not do what was asked; ``kind`` says why, for programs."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


class Broken(Exception):  # noqa: N818 - named for what is true; the conversation goes on over another
    """The connection has ended before the reply came."""


class Link:
    """See the module. Made by ``open_link``."""

    def __init__(self, stream: AsyncStream, on_frame: Callable[[wire.Frame], Any]) -> None:
        self._stream = stream
        self._on_frame = on_frame
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Json]] = {}
        self._writing = asyncio.Lock()
        self._on_the_way: set[asyncio.Task[None]] = set()
        self._words = ""
        self.heard = asyncio.get_running_loop().time()

    async def serve(self) -> End:
        """Hear until it ends, and return how."""
        decoder = wire.Decoder()
        clock = asyncio.get_running_loop().time
        try:
            async for channel, data in self._stream:
                self.heard = clock()
                if channel != STDOUT:
                    self._words = (self._words + data.decode(errors="replace"))[-_WORDS:]
                    continue
                for frame in decoder.feed(data):
                    self._take(frame)
        except wire.Garbled as error:
            return ConnectionLost(str(error))
        finally:
            self._fail()
            await self._stream.aclose()
        assert self._stream.end is not None
        return self._stream.end

    async def ask(self, message: Json) -> Json:
        """Send a request and return its reply.

        Raises:
            Broken: The connection ended first.
            Refused: The agent does not do that.
        """
        number = next(self._numbers)
        reply: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        try:
            await self.send(wire.encode(wire.JSON, json.dumps({"n": number, **message}).encode()))
            told = await reply
        finally:
            self._replies.pop(number, None)
        if "refused" in told:
            raise Refused(told.get("kind", ""), told["refused"])
        return told

    async def tell(self, message: Json) -> None:
        """Send a request without waiting for its reply."""
        await self.send(wire.encode(wire.JSON, json.dumps(message).encode()))

    async def send(self, frame: bytes) -> None:
        """Send a frame; waits for room. Whoever is cancelled while it is on its way does not cut it in two.

        Raises:
            Broken: The connection has ended.
        """
        writing = asyncio.ensure_future(self._write(frame))
        self._on_the_way.add(writing)
        writing.add_done_callback(self._written)
        await asyncio.shield(writing)

    async def _write(self, frame: bytes) -> None:
        try:
            async with self._writing:
                await self._stream.write(frame)
        except StreamLost as error:
            raise Broken from error

    def _written(self, writing: asyncio.Task[None]) -> None:
        self._on_the_way.discard(writing)
        if not writing.cancelled():
            writing.exception()  # whoever still waits has it; nobody else needs it

    @property
    def words(self) -> str:
        """What the relay has said on stderr."""
        return self._words.strip()

    def abort(self) -> None:
        """End it at once."""
        self._stream.abort()

    async def aclose(self) -> None:
        """End it in good order."""
        await self._stream.aclose()

    def _take(self, frame: wire.Frame) -> None:
        if frame.type == wire.JSON:
            message = json.loads(frame.payload)
            reply = self._replies.get(message.get("n", 0))
            if reply is not None:
                if not reply.done():
                    reply.set_result(message)
                return
        self._on_frame(frame)

    def _fail(self) -> None:
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(Broken())
                reply.exception()  # whoever still waits has it; nobody else needs it


@dataclass(frozen=True, slots=True)
class Address:
    """Where an agent is.

    Attributes:
        pod: The pod.
        namespace: Its namespace.
        container: Needed when the pod has several.
        python: The interpreter's name there.
    """

    pod: str
    namespace: str
    container: str | None = None
    python: str = "python3"


async def open_link(cluster: Cluster, where: Address, on_frame: Callable[[wire.Frame], Any]) -> Link:
    """Start the relay. That the connection stands does not mean that the container runs: the first reply does.

    Raises:
        ApiError: The server refuses.
        ClusterUnreachable: No answer came.
    """
    stream = await open_exec(
        cluster,
        where.pod,
        packing.relay(python=where.python),
        namespace=where.namespace,
        container=where.container,
        stdin=True,
    )
    return Link(stream, on_frame)
