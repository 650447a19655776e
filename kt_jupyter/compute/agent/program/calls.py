"""Calls in a fresh process each, so that none can spoil another.

From the first call on some processes more wait, forked ahead, so that a call seldom has to wait for a fork. They have
run nobody's code, and run one call each.
"""

from __future__ import annotations

import functools
from collections import deque
from typing import TYPE_CHECKING

from . import channel, inside, orders
from .children import Child, Listener
from .works import Work

if TYPE_CHECKING:
    from .agent import Agent
    from .forkserver import ForkServer

_AHEAD = 2  # processes that wait
_ASKED = 8  # forks asked for at once
_SOON = 0.02  # seconds after which a call counts as a long one: the next does not wait for its end
_LEAVE_WITHIN = 2.0  # seconds that a process may take to end once it is finished


class Calls:
    """All of them."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._server: ForkServer | None = None
        self._asked = 0
        self._ready: deque[Call] = deque()
        self._waiting: deque[Work] = deque()

    def run(self, work: Work) -> None:
        """Run a call. The next one's process is made when this one is answered: now it would be in its way."""
        self._waiting.append(work)
        self._give()
        self._ask(0)
        self._agent.loop.later(_SOON, self.prepare)

    def withdraw(self, work: Work) -> None:
        """Forget a call that waits."""
        if work in self._waiting:
            self._waiting.remove(work)

    def prepare(self) -> None:
        """Have processes ready."""
        if not self._agent.ending:
            self._ask(_AHEAD)

    def close(self) -> None:
        """Make no more of them."""
        while self._waiting:
            self._waiting.popleft().not_started("It was not run: the pod was told to end.")
        if self._server is not None:
            self._server.close()

    def _ask(self, ahead: int) -> None:
        self._ready = deque(call for call in self._ready if call.child.alive)
        while self._asked < min(_ASKED, len(self._waiting) + ahead - len(self._ready)):
            call = Call(self._agent)
            for_whom_waits = self._asked < len(self._waiting) - len(self._ready)
            try:
                if self._server is None or not self._server.alive:
                    from .forkserver import ForkServer  # not before the first call: a pod's start is waited for

                    self._server = ForkServer(self._agent, inside.call)
                self._server.ask(call, functools.partial(self._made, call, for_whom_waits))
            except OSError as error:
                if not self._fail(error):
                    return
            else:
                self._asked += 1

    def _made(self, call: Call, for_whom_waits: bool, made: Child | OSError) -> None:  # noqa: FBT001
        self._asked -= 1
        if isinstance(made, OSError):
            if for_whom_waits:  # else whoever has come meanwhile gets a try of its own
                self._fail(made)
        else:
            call.child = made
            self._ready.append(call)
            self._give()
        self._ask(0)

    def _give(self) -> None:
        while self._waiting and self._ready:
            call = self._ready.popleft()
            if call.child.alive:
                call.run(self._waiting.popleft())

    def _fail(self, error: OSError) -> bool:
        """Tell who waits longest, and return whether there was one: else the next one will hear of it."""
        if not self._waiting:
            return False
        self._waiting.popleft().no_process(error)
        return True


class Call(Listener):
    """The process of one of them, which waits to be told which."""

    child: Child

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._work: Work | None = None

    def run(self, work: Work) -> None:
        """Run it."""
        self._work = work
        self.child.order(orders.write(self._agent, work))  # first: it begins while this is written down
        work.run_in(self.child, 0, self._over)

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
