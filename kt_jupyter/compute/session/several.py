"""Several works that are followed as one: each event comes with the place of the work that it is of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from kt_jupyter.compute.session.events import Event
from kt_jupyter.compute.session.work import Work
from kt_jupyter.errors import SessionEnded
from kt_jupyter.kube import loop


class Several:
    """See the module. As of one work, events are to be had once.

    Args:
        works: The works, in the order of their places.
    """

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = tuple(works)
        self._going_on = set(range(len(self._works)))
        self._asked: dict[int, asyncio.Task[list[Event]]] = {}
        self._unread: list[tuple[int, Event]] = []

    def events(self) -> Iterator[tuple[int, Event]]:
        """Iterate over the events of all, in the order in which they come, until all have ended; Ctrl-C leaves.

        Of one whose pod has ended nothing more comes: ``Work.wait`` says why.
        """
        try:
            while True:
                if not self._unread:
                    loop.run(self._take_some())
                    if not self._unread:
                        return
                event = self._unread[0]
                del self._unread[0]  # not pop(): after a call a signal may be handled, and the event would be lost
                yield event
        finally:
            loop.call_soon(self._leave)

    async def _take_some(self) -> None:
        while self._going_on and not self._unread:
            for place in self._going_on - self._asked.keys():
                self._asked[place] = asyncio.ensure_future(self._works[place].some())
            await asyncio.wait(self._asked.values(), return_when=asyncio.FIRST_COMPLETED)
            for place in [place for place, asked in self._asked.items() if asked.done()]:
                events = _told(self._asked.pop(place))
                self._unread += [(place, event) for event in events]
                if not events:
                    self._going_on.discard(place)

    def _leave(self) -> None:
        """Ask no more; what has come meanwhile is kept for who follows next."""
        for place in [place for place, asked in self._asked.items() if not asked.done()]:
            self._asked.pop(place).cancel()


def _told(asked: asyncio.Task[list[Event]]) -> list[Event]:
    try:
        return asked.result()
    except SessionEnded:
        return []
