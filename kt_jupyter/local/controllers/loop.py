"""The loop under every controller: keys that something happened to, looked at one after the other.

A controller says which keys a change concerns, and what to do about one key, given what the registry holds now. Its
``reconcile`` never looks at the change itself, so it may be late, be called twice, or begin after a restart, and
reaches the same end: the reason why nothing here is lost when the server is killed. It is called again when a change
says so, or after the seconds it asks for (deadlines, back-offs), never to see whether something has changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.store import StoreEvent

Key = TypeVar("Key")
_FIRST_RETRY: Final = 0.2  # seconds, doubled at each failure in a row
_LONGEST_RETRY: Final = 60.0

log = logging.getLogger(__name__)


class Loop(Generic[Key]):
    """Runs one controller.

    Args:
        name: for the log.
        registry: what is watched.
        resources: which kinds of object.
        concerns: returns the keys a change concerns.
        everything: returns all keys there are, looked at once at the start.
        reconcile: brings one key nearer to what it should be; returns the seconds after which to look again, or None.
    """

    def __init__(
        self,
        name: str,
        registry: Registry,
        resources: tuple[str, ...],
        *,
        concerns: Callable[[StoreEvent], Iterable[Key]],
        everything: Callable[[], Iterable[Key]],
        reconcile: Callable[[Key], float | None],
    ) -> None:
        self._name = name
        self._registry = registry
        self._resources = resources
        self._concerns = concerns
        self._everything = everything
        self._reconcile = reconcile
        self._due: OrderedDict[Key, None] = OrderedDict()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._work = asyncio.Event()

    async def run(self) -> None:
        """Run until cancelled, or until the registry closes."""
        subscription = self._registry.subscribe(*self._resources)
        worker = asyncio.ensure_future(self._work_off())
        try:
            for key in self._everything():
                self._add(key)
            async for event in subscription:
                for key in self._concerns(event):
                    self._add(key)
        finally:
            subscription.close()
            worker.cancel()
            for timer in self._timers.values():
                timer.cancel()

    def _add(self, key: Key) -> None:
        self._due[key] = None
        self._work.set()

    async def _work_off(self) -> None:
        while True:
            while self._due:
                key, _ = self._due.popitem(last=False)
                self._look_at(key)
                await asyncio.sleep(0)  # requests come first: a thousand keys must not hold up one GET
            self._work.clear()
            await self._work.wait()

    def _look_at(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()
        try:
            again = self._reconcile(key)
            self._failures.pop(key, None)
        except Exception:  # one object that breaks its controller must not take the others with it
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            again = min(_FIRST_RETRY * 2.0 ** min(failures, 16), _LONGEST_RETRY)
            log.exception("%s: %s, tried again in %.1f s", self._name, key, again)
        if again is not None:
            self._timers[key] = asyncio.get_running_loop().call_later(max(again, 0.0), self._add, key)
