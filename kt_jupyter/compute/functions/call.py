"""A call that runs in a pod, as a future."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Generator
from typing import Any

from kt_jupyter.compute.functions.checks import check_python
from kt_jupyter.compute.functions.outcome import Outcome, loaded, outcome
from kt_jupyter.compute.functions.printing import Log, Printer
from kt_jupyter.compute.functions.raising import from_there
from kt_jupyter.compute.functions.remote import Remote
from kt_jupyter.compute.functions.sources import with_sources
from kt_jupyter.compute.session import Done, Event, Interpreter, Item, Session, Work
from kt_jupyter.compute.session.pieces import Pieces
from kt_jupyter.compute.showing import Showing
from kt_jupyter.errors import KtError, SessionEnded

_STATES = {"PENDING": "running", "CANCELLED": "cancelled", "CANCELLED_AND_NOTIFIED": "cancelled"}


class Call(Remote[Work]):
    """A function that runs in a pod; a ``concurrent.futures.Future`` that can also be awaited.

    It goes on when the connection breaks, and when this kernel ends. What it returned is unpickled when it is asked
    for, in the thread that asks.

    Attributes:
        function: Its name.
        pod: The name of the pod.
        id: By which the pod knows it.

    Example:
        >>> call = train_fn.submit(epochs=100)
        >>> call.done()
        False
        >>> print(call.logs())
        epoch 1: loss 0.53
        >>> call.result()
        'Training complete'
        >>> loss = await evaluate_fn.submit()
    """

    def __init__(self, session: Session, work: Work, *, function: str, there: Interpreter) -> None:
        super().__init__()
        self.function = function
        self.pod = session.pod
        self.id = work.id
        self._session = session
        self._work = work
        self._there = there
        self._log = Log()
        self._read: Outcome | None = None
        self._reading = threading.Lock()  # what it prints
        self._unpickling = threading.Lock()
        work.add_done_callback(self._ended)

    def result(self, timeout: float | None = None) -> Any:
        """Return what the function returned, or raise what it raised.

        Args:
            timeout: Seconds to wait; None waits until Ctrl-C, which leaves the call running.

        Raises:
            TimeoutError: It goes on.
            CancelledError: It was cancelled.
            CallEnded: Its process ended without a value: it crashed, was killed, or was out of memory or time.
            SessionEnded: The pod has ended; ``reason`` says why.
        """
        return self._outcome(timeout).get()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the function raised, None if it returned; arguments as for ``result``."""
        return self._outcome(timeout).error

    def let_go(self) -> None:
        """Cancel it without waiting: whoever held its items is gone, and finalizers run on any thread."""
        if not self.done() and concurrent.futures.Future.cancel(self):
            self.set_running_or_notify_cancel()
            self._work.let_go()

    def logs(self, *, follow: bool = False) -> str:
        """Return what the function has printed so far; of very much, the end.

        Args:
            follow: Show it here too, and what comes until the function ends or Ctrl-C, which leaves it running.
        """
        show = Showing()
        with self._reading:
            if follow:
                self._log.show(show)
            with contextlib.suppress(SessionEnded):  # what was printed before is not wrong for that
                for event in self._work.events(until=None if follow else self._printed()):
                    self._log.add(event)
                    if follow:
                        show(event)
            return self._log.text

    def follow(self, *, quiet: bool = False) -> Any:
        """Show what the function prints until it ends, and return what it returned, or raise what it raised.

        Ctrl-C (Jupyter's Stop) interrupts the function, a second one ends its process.

        Args:
            quiet: Show nothing.
        """
        printer = Printer(self.function, self._log, quiet=quiet)
        with self._reading:
            done = self._work.follow(printer)
        if printer.stopped and done.status in {"interrupted", "killed"}:
            raise self.interrupted(done)
        return self.result()

    def items(self, *, quiet: bool = False) -> Generator[Any, None, None]:
        """Give what a generator function yields, as it comes, and show what it prints.

        Raises:
            BaseException: What it raised, after the items before.
        """
        printer = Printer(self.function, self._log, quiet=quiet)
        check_python(self._there, self.pod)
        for event in self._work.events():
            if isinstance(event, Item):
                yield loaded(Pieces([event.data]), self.function, self.pod)
            else:
                printer(event)
        self.result()

    def interrupted(self, done: Done) -> BaseException:
        """Return what a call that was stopped from here raises."""
        lines = with_sources(done.error.traceback) if done.error else ()
        return from_there(KeyboardInterrupt(done.sentence), lines, f"{self.function} on pod {self.pod}")

    def keep(self, event: Event) -> None:
        """Keep what somebody else has read of its output, for ``logs``."""
        self._log.add(event)

    def __await__(self) -> Generator[Any, None, Any]:
        return asyncio.wrap_future(self).__await__()

    def __repr__(self) -> str:
        return f"<Call {self.function} on pod {self.pod}: {self.state}>"

    @property
    def state(self) -> str:
        """``running``, ``cancelled``, ``returned`` or how it ended."""
        if self._state in _STATES:
            return _STATES[self._state]
        done = self._done()
        return "pod ended" if done is None else {"ok": "returned", "error": "raised"}.get(done.status, done.status)

    def _ended(self, work: Work) -> None:
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # it was cancelled
            try:
                self.set_result(work.wait(0))
            except KtError as error:
                self.set_exception(error)

    def _done(self) -> Done | None:
        error = super().exception(0)
        return None if error is not None else super().result(0)

    def _outcome(self, timeout: float | None) -> Outcome:
        error = super().exception(timeout)
        if error is not None:
            return Outcome(error=error)
        with self._unpickling:
            if self._read is None:
                done: Done = super().result(0)
                self._read = outcome(done, self.function, self.pod, self._there)
                (done.pieces or []).clear()  # else a large result would be here twice
            return self._read

    def _printed(self) -> int:
        return next((each.printed for each in self._session.works() if each.id == self.id), 0)
