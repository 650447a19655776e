"""The process of the cells: it keeps their variables, and runs them one after the other.

It is started before anybody asks, so that importing IPython is over when the first cell comes. When it dies its
variables are gone; cells that waited their turn are not run then, because they were written for these variables. The
next one gets a new process, and the next generation of the namespace.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from . import channel, inside, orders
from .children import Child, Listener
from .works import Work

if TYPE_CHECKING:
    from .agent import Agent


class Cells(Listener):
    """The queue and its process.

    Attributes:
        generation: Of the namespace; 0 before the first cell.
    """

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._child: Child | None = None
        self._used = False
        self._queue: deque[Work] = deque()
        self._current: Work | None = None
        self._late = 0
        self.generation = 0

    @property
    def alive(self) -> bool:
        """Whether the namespace lives."""
        return self._child is not None and self._child.alive

    @property
    def kept(self) -> bool:
        """Whether a cell has run in the process, and so may have left something there."""
        return self._used and self.alive

    def warm_up(self) -> None:
        """Have the process ready."""
        if self._child is None:
            directory = self._agent.directory
            self._child = self._agent.children.fork(lambda speaker, told: inside.cells(speaker, told, directory), self)
            self._used = False

    def submit(self, work: Work) -> None:
        """Run a work when its turn comes."""
        self._queue.append(work)
        self._next()

    def withdraw(self, work: Work) -> None:
        """Forget a work that waits."""
        if work in self._queue:
            self._queue.remove(work)

    def message(self, message: channel.Message) -> None:
        """Take what the process says; what threads print while nothing runs goes to the log."""
        if self._current is not None:
            self._current.message(message)
        elif message.kind in (channel.OUT, channel.ERR):
            self.raw(message.kind, message.payload)

    def raw(self, stream: int, data: bytes) -> None:
        """Take what subprocesses print."""
        if self._current is not None:
            self._current.output.text(stream, data)
        else:
            self._late += len(data)
            self._agent.log.write(stream, data)

    def exited(self, status: int) -> None:
        """Take the end of the process."""
        self._child = None
        current, self._current = self._current, None
        waiting, self._queue = list(self._queue), deque()
        if current is not None:
            current.exited(status)
        for work in waiting:
            work.not_started("It was not run: the process that had the variables ended before its turn came.")

    def _next(self) -> None:
        if self._current is not None or not self._queue:
            return
        work = self._queue.popleft()
        try:
            self.warm_up()
        except OSError as error:
            work.no_process(error)
            return
        assert self._child is not None
        if not self._used:
            self._used = True
            self.generation += 1
        self._current = work
        late, self._late = self._late, 0
        self._child.order(orders.write(self._agent, work))  # first: it begins while this is written down
        work.run_in(self._child, self.generation, self._over, late)

    def _over(self) -> None:
        self._current = None
        self._next()
