"""A work as the conversation keeps it: what was sent of it, what has arrived, who waits. All on the I/O thread."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from kt_jupyter.compute.agent.program import records
from kt_jupyter.compute.session import reading
from kt_jupyter.compute.session.events import Done, Event, Skipped

Json = dict[str, Any]

_ACKNOWLEDGE = 512 * 1024  # bytes read that are worth a message
_GONE = "the pod keeps a limited part of the output that nobody has read"


class Tracked:
    """One work.

    Args:
        id_: Its id.
        request: What starts it; None when it was started by another, earlier.
        payload: What goes up with the request.
        is_call: Whether its result is a call's.
        position: Where its events begin.
    """

    def __init__(self, id_: bytes, request: Json | None, payload: bytes, *, is_call: bool, position: int = 0) -> None:
        self.id = id_
        self.request = request
        self.payload = payload
        self.is_call = is_call
        self.sent = False  # whether the agent may know of it
        self.confirmed = asyncio.Event()  # it has all that it needs
        if request is None:
            self.confirmed.set()
        self.stops: list[str] = []  # how it is to be stopped, when there is a connection
        self._blob: list[memoryview] = []  # the result, as it comes
        self._blob_size = 0
        self.outcome: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self.outcome.add_done_callback(_seen)
        self._told: Json | None = None
        self.reading = 0
        self.news = asyncio.Event()
        self.rewind(position)

    def rewind(self, position: int) -> None:
        """Begin the events at a position; whoever read them before is told so."""
        self.reader = records.Reader(position)
        self.queue: deque[tuple[Event, int]] = deque()
        self.news.set()
        self.reading += 1
        self.position = position
        self.at_end = False
        self._acknowledged = position
        self._done_at: int | None = None

    def take_stream(self, position: int, data: bytes) -> None:
        """Take output that has arrived."""
        if position > self.reader.position:
            self.queue.append((Skipped(position - self.reader.position, _GONE), position))
        for record in self.reader.feed(position, data):
            if record.kind == records.DONE:
                self._done_at = record.end
                self.take_done(json.loads(record.payload))
            elif (event := reading.event(record)) is not None:
                self.queue.append((event, record.end))
        self.news.set()

    def take_blob(self, position: int, pieces: list[memoryview]) -> None:
        """Take a part of the result."""
        if position == self._blob_size and not self.outcome.done():  # they come in order: what came before is not sent
            self._blob += pieces
            self._blob_size += sum(map(len, pieces))
            self._settle()

    def take_done(self, told: Json) -> None:
        """Take how it ended, which may come before the output that is waiting to be read."""
        if told.get("ending"):  # with its pod, whose end is about to be known with its reason
            return
        self._told = told
        self._settle()

    def say(self, event: Event) -> None:
        """Add an event of our own."""
        self.queue.append((event, self.queue[-1][1] if self.queue else self.position))
        self.news.set()

    def confirm(self) -> None:
        """Note that the agent has all that it needs: it goes on without us."""
        self.payload = b""
        self.confirmed.set()

    def fail(self, error: Exception) -> None:
        """End it: the agent is gone."""
        if not self.outcome.done():
            self.outcome.set_exception(error)
        self.confirmed.set()
        self.news.set()

    @property
    def have(self) -> int:
        """How much of the result is here."""
        return self._told["blob"]["size"] if self._told is not None and self.outcome.done() else self._blob_size

    @property
    def over(self) -> bool:
        """Whether nothing more is to come for anybody."""
        return self.outcome.done()

    async def some(self, reader: int) -> list[Event]:
        """Return the next events; none at the end.

        Raises:
            SessionEnded: The pod has ended.
            Superseded: Another reads them now.
        """
        while True:
            if reader != self.reading:
                raise Superseded
            if self.queue:
                events = [event for event, _ in self.queue]
                self.position = self.queue[-1][1]
                self.queue.clear()
                self.at_end = isinstance(events[-1], Done)
                return events
            if self.at_end:
                return []
            if self.outcome.done() and (error := self.outcome.exception()) is not None:
                raise error
            self.news.clear()
            await self.news.wait()

    def acknowledgement(self) -> int | None:
        """Return how far has been read, when that is worth a message."""
        if self.position - self._acknowledged < _ACKNOWLEDGE and not self.at_end:
            return None
        self._acknowledged = self.position
        return self.position

    def when_over(self, function: Callable[[], Any]) -> None:
        """Call back on the I/O thread when it is over, or soon when it is."""
        self.outcome.add_done_callback(lambda _: function())

    def _settle(self) -> None:
        told = self._told
        if told is None or self.have < told["blob"]["size"]:
            return
        if not self.outcome.done():
            self.outcome.set_result(reading.done(told, self._blob, is_call=self.is_call))
            self._blob = []
        if self._done_at is not None and self.outcome.exception() is None:
            self.queue.append((self.outcome.result(), self._done_at))
            self._done_at = None
            self.news.set()


class Superseded(Exception):  # noqa: N818 - not an error to users: it is told in words where it matters
    """Somebody else reads the events of this work."""


def _seen(outcome: asyncio.Future[Done]) -> None:
    if not outcome.cancelled():
        outcome.exception()  # asked for, so that asyncio does not complain when nobody waits
