"""Two ends for a watch: ``Watch``, which a program iterates, and ``Subscription``, which calls back for a live view.

Both run the same ``Watcher`` as one task on the I/O thread. Events cross to the caller's thread in batches through a
plain deque that only the caller empties: a wait that times out or is interrupted can then never lose one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kt_jupyter.errors import KtError
from kt_jupyter.kube import loop, notices
from kt_jupyter.kube.events import Event

if TYPE_CHECKING:
    from kt_jupyter.kube.watcher import Watcher

_MOST = 64  # batches waiting for a slow reader; then the server waits, through TCP


class WatchClosed(RuntimeError):  # noqa: N818 - named, like all our errors, for what is true
    """A watch was read outside of its ``with`` block."""


class Watch:
    """Follow objects; a context manager and an endless iterator of :class:`Event`.

    Entering it reads the list and raises what is wrong; leaving it ends the stream.

    Example:
        >>> with cluster.watch(CLAIMS) as events:
        ...     first = events.next(timeout=5)
    """

    def __init__(self, make: Callable[[], Watcher]) -> None:
        self._make = make
        self._watcher: Watcher | None = None
        self._batches: deque[list[Event] | BaseException] = deque()
        self._events: deque[Event] = deque()
        self._task: loop.Job[None] | None = None
        self._generation = -1

    @property
    def live(self) -> bool:
        """Whether the stream is open right now; false while it is being begun again."""
        return self._watcher is not None and self._watcher.live

    def __enter__(self) -> Self:
        self._watcher = self._make()
        self._arrived, self._emptied = asyncio.Event(), asyncio.Event()
        self._generation = loop.generation()
        self._task = loop.submit(self._pump(self._watcher))
        try:
            self._events.extend(self._take(None))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        notices.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if task is not None and self._generation == loop.generation():
            task.cancel()

    def __iter__(self) -> Iterator[Event]:
        while True:
            try:
                event = self.next()
            except WatchClosed:
                return
            yield event

    def next(self, timeout: float | None = None) -> Event:
        """Return the next event.

        Args:
            timeout: Seconds to wait; None waits until Ctrl-C, 0 only looks.

        Raises:
            TimeoutError: None came in time. The watch goes on.
            WatchClosed: Its ``with`` block was left (iteration simply ends then).
            ApiError: The watch is refused for good.
            ClusterUnreachable: No answer for five minutes.
        """
        while not self._events:
            self._events.extend(self._take(timeout))
        return self._events.popleft()

    def initial(self) -> list[Event]:
        """Return at once the events that are here already; right after entering, that is the whole list."""
        events = list(self._events)
        self._events.clear()
        return events

    def _take(self, timeout: float | None) -> list[Event]:
        if self._task is None:
            raise WatchClosed("a watch is used inside its `with` block")
        if self._generation != loop.generation():
            raise WatchClosed("this watch belongs to the process that was forked, or to a loop that has ended")
        if not self._batches:
            loop.run(self._some(timeout))
        batch = self._batches.popleft()
        loop.call_soon(self._emptied.set)
        if isinstance(batch, BaseException):
            self._batches.appendleft(batch)  # it stays over
            raise batch
        return batch

    async def _some(self, timeout: float | None) -> None:  # noqa: ASYNC109 - it is the caller's limit
        async with asyncio.timeout(timeout):
            while not self._batches:
                self._arrived.clear()
                await self._arrived.wait()

    async def _pump(self, watcher: Watcher) -> None:
        try:
            async with contextlib.aclosing(watcher.batches()) as batches:
                first = True
                async for batch in batches:
                    if batch or first:
                        self._batches.append(batch)
                        self._arrived.set()
                    first = False
                    while len(self._batches) >= _MOST:
                        self._emptied.clear()
                        await self._emptied.wait()
        except Exception as error:  # noqa: BLE001 - it is raised where the events are read
            self._batches.append(error)
        finally:
            self._batches.append(WatchClosed("this watch was closed while it was waited for"))
            self._arrived.set()


class Subscription:
    """A watch that calls back, for views that live between cells.

    Args:
        make: Makes the watcher.
        on_events: Called on the I/O thread with each batch, the initial list first (even when empty). It must be
            quick and must not make blocking cluster calls.
        on_end: Called once with the error when the watch is over before ``close``.
    """

    def __init__(
        self,
        make: Callable[[], Watcher],
        on_events: Callable[[list[Event]], Any],
        on_end: Callable[[KtError], Any] | None = None,
    ) -> None:
        self._watcher = make()
        self._on_events = on_events
        self._on_end = on_end
        self._generation = loop.generation()
        self._task = loop.submit(self._run())

    @property
    def live(self) -> bool:
        """Whether the stream is open right now."""
        return self._watcher.live

    def close(self) -> None:
        """End the watch; no callback comes after it."""
        if self._generation == loop.generation():
            self._task.cancel()

    async def _run(self) -> None:
        try:
            async with contextlib.aclosing(self._watcher.batches()) as batches:
                first = True
                async for batch in batches:
                    if batch or first:
                        self._on_events(batch)
                    first = False
        except KtError as error:
            if self._on_end is None:
                raise
            self._on_end(error)
