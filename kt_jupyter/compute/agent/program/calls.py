"""Calls in a fresh process each, so that none can spoil another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import channel, inside
from .children import Child, Listener
from .works import Work

if TYPE_CHECKING:
    from .agent import Agent

_LEAVE_WITHIN = 2.0  # seconds that a process may take to end once it is finished


class Call(Listener):
    """One of them."""

    def __init__(self, agent: Agent, work: Work) -> None:
        self._work = work
        self._loop = agent.loop
        work.upload.flush()

        def run(speaker: channel.Speaker, _: int) -> None:
            inside.call(speaker, dict(work.request, id=work.id.hex(), directory=agent.directory), work.upload)

        try:
            self._child: Child = agent.children.fork(run, self)
        except OSError as error:
            work.not_started(f"No process could be started for it: {error}.")
            return
        work.run_in(self._child, 0, self._over)

    def message(self, message: channel.Message) -> None:
        """Pass it on."""
        if self._work.state != "done":
            self._work.message(message)

    def raw(self, stream: int, data: bytes) -> None:
        """Pass it on."""
        if self._work.state != "done":
            self._work.output.text(stream, data)

    def exited(self, status: int) -> None:
        """Pass it on."""
        self._work.exited(status)

    def _over(self) -> None:
        child = self._child
        self._loop.later(_LEAVE_WITHIN, lambda: child.signal(9))
