"""Works on their way between a kernel and an agent: sent up, followed, acknowledged, on whichever connection there is.

Each is brought to the same state on every new connection: what had not been confirmed is sent again (the agent knows it
by its id), and its streams go on at the position that they had reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Coroutine
from typing import Any

from kt_jupyter.compute.agent.program import wire
from kt_jupyter.compute.session.events import Reconnected, Reconnecting
from kt_jupyter.compute.session.link import Broken, Link, Refused
from kt_jupyter.compute.session.tracked import Tracked
from kt_jupyter.errors import KtError

Json = dict[str, Any]


class Flow:
    """The works of one conversation. All on the I/O thread."""

    def __init__(self) -> None:
        self._works: dict[bytes, Tracked] = {}
        self._link: Link | None = None
        self._lost_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: KtError | None = None

    @property
    def busy(self) -> bool:
        """Whether anything runs that is followed."""
        return any(not work.over for work in self._works.values())

    def add(self, work: Tracked) -> None:
        """Start a work, or follow one, on this connection and those to come."""
        self._works[work.id] = work
        if self._over is not None:
            work.fail(self._over)
        if self._link is not None:
            self._begin(self._resume(self._link, work))

    def get(self, id_: bytes) -> Tracked | None:
        """Return a work that is followed."""
        return self._works.get(id_)

    def drop(self, work: Tracked) -> None:
        """Follow a work no more."""
        self._works.pop(work.id, None)

    def acknowledge(self, work: Tracked) -> None:
        """Tell the agent how far events have been read, now and then; at the end, that it need not send more."""
        position = work.acknowledgement()
        if position is not None:
            self._tell({"ask": "ack", "id": work.id.hex(), "position": position})
        if work.at_end and self._works.pop(work.id, None) is not None:
            self._tell({"ask": "forget" if work.is_call else "detach", "id": work.id.hex()})

    def stop(self, work: Tracked, how: str) -> None:
        """Have a work stopped, now or as soon as there is a connection."""
        work.stops.append(how)
        self._send_stops(work)

    def connected(self, link: Link) -> None:
        """Go on over a new connection."""
        self._link = link
        lost_at, self._lost_at = self._lost_at, None
        for work in list(self._works.values()):
            if lost_at is not None and not work.over:
                work.say(Reconnected(asyncio.get_running_loop().time() - lost_at))
            self._begin(self._resume(link, work))
            self._send_stops(work)

    def disconnected(self, how: str) -> None:
        """Wait for another connection."""
        self._link = None
        if self._lost_at is None:
            self._lost_at = asyncio.get_running_loop().time()
            for work in self._works.values():
                if not work.over:
                    work.say(Reconnecting(how))

    def end(self, error: KtError) -> None:
        """There will be none."""
        self._link, self._over = None, error
        for work in self._works.values():
            work.fail(error)

    def take(self, frame: wire.Frame) -> None:
        """Take what has arrived."""
        if frame.type == wire.JSON:
            message = json.loads(frame.payload)
            work = self._works.get(bytes.fromhex(message["done"]["work"])) if message.get("event") == "done" else None
            if work is not None:
                work.take_done(message["done"])
            return
        work = self._works.get(frame.work)
        if work is not None:
            take = work.take_stream if frame.type == wire.STREAM else work.take_blob
            take(frame.position, frame.payload)

    async def _resume(self, link: Link, work: Tracked) -> None:
        """Have what is missing of a work sent, from where its reader stands."""
        try:
            if work.confirmed.is_set():
                await self._attach(link, work)
            else:
                await self._send_up(link, work)
        except Refused as error:
            if error.kind == "ending":  # the pod's end, which is about to be known with its reason, ends this too
                return
            self._works.pop(work.id, None)
            work.fail(KtError(f"the agent in the pod does not have this work any more: {error}."))

    async def _attach(self, link: Link, work: Tracked) -> None:
        where = {"position": work.reader.position, "blob": work.have}
        await link.ask({"ask": "attach", "id": work.id.hex(), **where})

    async def _send_up(self, link: Link, work: Tracked) -> None:
        assert work.request is not None
        position = 0
        starting = asyncio.ensure_future(link.ask(work.request))
        try:
            if work.sent:  # the agent may know of it from a connection before
                position = (await starting)["have"]
                await self._attach(link, work)
            else:
                work.sent = True
                await asyncio.sleep(0)  # the request goes first
            while position < len(work.payload):
                chunk = memoryview(work.payload)[position : position + wire.CHUNK]
                await link.send(wire.encode(wire.BLOB, chunk, work.id, position))
                position += len(chunk)
            await starting
        finally:
            starting.cancel()
            with contextlib.suppress(Broken, Refused, asyncio.CancelledError):
                await starting
        work.confirm()

    def _send_stops(self, work: Tracked) -> None:
        while work.stops and self._link is not None:
            self._tell({"ask": "stop", "id": work.id.hex(), "how": work.stops.pop(0)})

    def _tell(self, message: Json) -> None:
        if self._link is not None:
            self._begin(self._link.tell(message))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        async def quietly() -> None:
            with contextlib.suppress(Broken):  # the next connection makes up for it
                await work

        task = asyncio.ensure_future(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
