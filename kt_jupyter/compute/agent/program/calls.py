"""Calls in a fresh process each, so that none can spoil another.

From the first call on one process more waits, forked ahead, so that no call has to wait for a fork. It has run nobody's
code, and runs one call.
"""

from __future__ import annotations

import contextlib
import functools
import gc
from typing import TYPE_CHECKING

from . import channel, inside, orders
from .children import Listener
from .works import Work

if TYPE_CHECKING:
    from .agent import Agent

_SOON = 0.02  # seconds after which a call counts as a long one: the next does not wait for its end
_LEAVE_WITHIN = 2.0  # seconds that a process may take to end once it is finished


class Calls:
    """All of them."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._ahead: Call | None = None

    def run(self, work: Work) -> None:
        """Run a call. The next one's process is made when this one is answered: now it would be in its way."""
        call, self._ahead = self._ahead, None
        try:
            call = call if call is not None and call.child.alive else Call(self._agent)
        except OSError as error:
            work.not_started(f"No process could be started for it: {error}.")
            return
        call.run(work)
        self._agent.loop.later(_SOON, self.prepare)

    def prepare(self) -> None:
        """Have a process ready."""
        if self._ahead is None and not self._agent.ending:
            _import()
            with contextlib.suppress(OSError):  # the next call will say so
                self._ahead = Call(self._agent)


@functools.lru_cache(maxsize=None)
def _import() -> None:
    """Import here, once there are calls, what each of them would have to import."""
    import asyncio  # noqa: F401 - for coroutines

    with contextlib.suppress(ImportError):
        import cloudpickle  # noqa: F401
    gc.collect()
    gc.freeze()  # else every process that looks for garbage has a copy of all of this


class Call(Listener):
    """The process of one of them, which waits to be told which.

    Raises:
        OSError: It can't be started.
    """

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._work: Work | None = None
        self.child = agent.children.fork(inside.call, self)

    def run(self, work: Work) -> None:
        """Run it."""
        self._work = work
        work.run_in(self.child, 0, self._over)
        self.child.order(orders.write(self._agent, work))

    def message(self, message: channel.Message) -> None:
        """Pass it on."""
        if self._work is not None and self._work.state != "done":
            self._work.message(message)

    def raw(self, stream: int, data: bytes) -> None:
        """Pass it on."""
        if self._work is None:
            self._agent.log.write(stream, data)
        elif self._work.state != "done":
            self._work.output.text(stream, data)

    def exited(self, status: int) -> None:
        """Pass it on."""
        if self._work is not None:
            self._work.exited(status)

    def _over(self) -> None:
        self._agent.loop.later(0, self._agent.calls.prepare)
        self._agent.loop.later(_LEAVE_WITHIN, lambda: self.child.signal(9))
