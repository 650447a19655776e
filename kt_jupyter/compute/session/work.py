"""One cell or call, seen from the kernel."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

from kt_jupyter.compute.session.events import Done, Event, Stopping
from kt_jupyter.compute.session.link import Refused
from kt_jupyter.compute.session.presses import Presses
from kt_jupyter.compute.session.talk import Talk
from kt_jupyter.compute.session.tracked import Superseded, Tracked
from kt_jupyter.errors import KtError
from kt_jupyter.kube import loop

_PRESSED: tuple[Literal["interrupt", "terminate"], ...] = ("interrupt", "terminate")


class Work:
    """Something that runs in the pod, whether or not anybody listens.

    Its events are to be had once per ``Work``: ``follow`` and ``events`` go on where the last one stopped. Unread ones
    wait in the pod. How it ended is known without reading any of them: ``done``, ``wait``, ``add_done_callback``.

    Attributes:
        id: For ``Session.attach``, from this kernel or another.
        kind: ``cell`` or ``call``.
    """

    def __init__(self, talk: Talk, tracked: Tracked) -> None:
        self._talk = talk
        self._tracked = tracked
        self._reading = tracked.reading
        self._position = tracked.position
        self._unread: list[Event] = []
        self.id = tracked.id.hex()
        self.kind: Literal["cell", "call"] = "call" if tracked.is_call else "cell"

    def __repr__(self) -> str:
        return f"<Work {self.kind} {self.id[:8]} {'done' if self.done() else 'running'}>"

    @property
    def position(self) -> int:
        """The offset up to which events have been given: what ``Session.attach`` takes to go on from there."""
        return self._position

    def follow(self, on_event: Callable[[Event], Any]) -> Done:
        """Call back with each event until it is done, in this thread; returns the last one.

        Ctrl-C (Jupyter's Stop) does not leave: the first interrupts the work (SIGINT, which raises KeyboardInterrupt
        there), the second terminates it (SIGTERM, and two seconds later SIGKILL; for a cell the variables go with it),
        the third leaves it running and raises KeyboardInterrupt here.

        Raises:
            SessionEnded: The pod has ended, or is told to; says why.
            KeyboardInterrupt: After the third Ctrl-C.
        """
        with Presses(self.pressed):
            for event in self.events():
                on_event(event)
        return self.wait()

    def events(self, *, until: int | None = None) -> Iterator[Event]:
        """Iterate over the events, ``Done`` the last; Ctrl-C leaves as usual.

        Args:
            until: Stop there, as soon as ``position`` is it or beyond. ``WorkInfo.printed`` is what there is now.

        Raises:
            SessionEnded: The pod has ended, or is told to; says why.
            KtError: Somebody else has attached to it in this kernel, and reads them now.
        """
        while True:
            if not self._unread:
                if until is not None and self._position >= until:
                    return
                loop.run(self._take_some())
                if not self._unread:
                    return
            event = self._unread[0]
            del self._unread[0]  # not pop(): after a call a signal may be handled, and the event would be lost
            yield event

    def sent(self) -> None:
        """Wait until the agent has all that it was given: it goes on then even if this process ends.

        Raises:
            SessionEnded: The pod has ended before that.
        """
        loop.run(self._tracked.confirmed.wait())
        if self._tracked.over and (error := self._tracked.outcome.exception()) is not None:
            raise error

    def wait(self, timeout: float | None = None) -> Done:
        """Wait for its end without reading events.

        Args:
            timeout: Seconds; None waits until Ctrl-C, which leaves the work running.

        Raises:
            TimeoutError: It goes on.
            SessionEnded: The pod has ended.
        """
        if self._tracked.over:  # also on the I/O thread, where a callback may ask
            return self._tracked.outcome.result()
        return loop.run(self._outcome(), timeout)

    def done(self) -> bool:
        """Whether it has ended and its result is here (or the pod has ended)."""
        return self._tracked.over

    def add_done_callback(self, function: Callable[[Work], Any]) -> None:
        """Call ``function(work)`` once, on the I/O thread, when ``wait`` would not wait any more (or soon)."""
        loop.call_soon(lambda: self._tracked.when_over(lambda: function(self)))

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in it (SIGINT to its process group)."""
        self._stop("interrupt")

    def let_go(self) -> None:
        """Interrupt it soon and wait for nothing: for finalizers, which run on any thread, the I/O thread included."""
        loop.discard(_Interruption(self._talk, self.id), loop.generation())

    def give_up(self, grace: float) -> None:
        """Interrupt it soon, end its process after ``grace`` seconds, and wait for nothing; on any thread."""
        loop.discard(_Interruption(self._talk, self.id, grace), loop.generation())

    def terminate(self) -> None:
        """End its process: SIGTERM, and SIGKILL two seconds later. A cell's variables go with it."""
        self._stop("terminate")

    def kill(self) -> None:
        """End its process at once: SIGKILL."""
        self._stop("kill")

    def forget(self) -> None:
        """Let the agent drop what it keeps of it. It must be done; of a call whose events were read to the end it is.

        Raises:
            KtError: It is not done.
        """
        try:
            loop.run(self._talk.ask({"ask": "forget", "id": self.id}))
        except Refused as error:
            raise KtError(f"this {self.kind} is not done: {error}.") from error
        loop.call_soon(lambda: self._talk.flow.drop(self._tracked))

    def _stop(self, how: str) -> None:
        try:
            loop.run(self._talk.ask({"ask": "stop", "id": self.id, "how": how}))
        except Refused:  # it is done, and forgotten
            return

    def pressed(self, times: int) -> None:
        """Act on a Ctrl-C, in the signal handler: without waiting."""
        how = _PRESSED[times - 1]

        def act() -> None:
            self._tracked.say(Stopping(how))
            self._talk.flow.stop(self._tracked, how)

        loop.call_soon(act)

    async def some(self) -> list[Event]:
        """Wait for the next events and return them, on the I/O thread; none at the end. See ``events``."""
        tracked = self._tracked
        try:
            events = await tracked.some(self._reading)
        except Superseded:
            raise KtError(f"the output of this {self.kind} is followed by another `attach` in this kernel.") from None
        self._position = tracked.position
        self._talk.flow.acknowledge(tracked)
        return events

    async def _take_some(self) -> None:
        """Put the next events in place from here: a Ctrl-C on the way of a returned value would lose them."""
        self._unread = await self.some()

    async def _outcome(self) -> Done:
        return await asyncio.shield(self._tracked.outcome)


class _Interruption:
    def __init__(self, talk: Talk, id_: str, grace: float | None = None) -> None:
        self._talk = talk
        self._id = id_
        self._grace = grace

    async def aclose(self) -> None:
        with contextlib.suppress(KtError, Refused):  # the pod has ended, or the work has
            await self._talk.ask({"ask": "stop", "id": self._id, "how": "interrupt"})
            if self._grace is not None:
                await asyncio.sleep(self._grace)
                await self._talk.ask({"ask": "stop", "id": self._id, "how": "terminate"})
