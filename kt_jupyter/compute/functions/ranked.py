"""One call on every worker of a compute: each knows its rank, and together they give a list.

The workers find each other without a Service and without DNS: rank 0 says its address and a free port, and the kernel
tells the others with the call. What a rank needs to know stands in its environment, in the names that torchrun uses,
which torch.distributed and most others read.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any

from kt_jupyter.compute.functions.call import Call
from kt_jupyter.compute.functions.printing import Log, Printer
from kt_jupyter.compute.functions.remote import Remote
from kt_jupyter.compute.session import Event, Interpreter, RankedWork, Session, Work
from kt_jupyter.compute.session.lanes import marked
from kt_jupyter.compute.session.on_ranks import environments
from kt_jupyter.compute.showing import Showing


class RankedCall(Remote[RankedWork]):
    """A function that runs on every worker: a ``concurrent.futures.Future`` of the list of their results, by rank.

    Attributes:
        function: Its name.
        calls: Each rank's own ``Call``.

    Example:
        >>> call = train_fn.submit(epochs=100)
        >>> call.result()
        [0.31, 0.31, 0.31, 0.31]
        >>> print(call.calls[2].logs())
        epoch 1: loss 0.53
    """

    def __init__(self, calls: Sequence[Call], works: Sequence[Work], *, function: str) -> None:
        super().__init__()
        self.function = function
        self.calls = tuple(calls)
        self._reading = threading.Lock()
        self._work = RankedWork(works, on_each=self._keep)
        self._work.add_done_callback(self._over)

    def result(self, timeout: float | None = None) -> Any:
        """Return the list of what the ranks returned, or raise what the first one that failed raised.

        Args:
            timeout: Seconds to wait; None waits until Ctrl-C, which leaves the call running.

        Raises:
            TimeoutError: It goes on.
            CancelledError: It was cancelled.
            KtError: A process or a pod ended; see ``Call.result``.
        """
        super().result(timeout)
        blamed = self._work.blamed
        if blamed is not None:
            self.calls[blamed].result()
        return [call.result() for call in self.calls]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the first one that failed raised, None if all returned; arguments as for ``result``."""
        super().exception(timeout)
        blamed = self._work.blamed
        return None if blamed is None else self.calls[blamed].exception()

    def logs(self, *, follow: bool = False) -> str:
        """Return what the ranks have printed so far, one rank after the other; of very much, the end.

        Args:
            follow: Show what comes here too, until the function ends or Ctrl-C, which leaves it running.
        """
        if follow:
            show = Showing()
            with self._reading:
                for event in self._work.events():
                    show(event)
        return "".join(marked(call.logs(), rank) for rank, call in enumerate(self.calls))

    def follow(self, *, quiet: bool = False) -> Any:
        """Show what the ranks print until all have ended, and return what they returned, or raise.

        Ctrl-C (Jupyter's Stop) interrupts the function everywhere, a second one ends its processes.

        Args:
            quiet: Show nothing.
        """
        printer = Printer(self.function, Log(), quiet=quiet)
        with self._reading:
            done = self._work.follow(printer)
        blamed = self._work.blamed
        if printer.stopped and blamed is not None and done.status in {"interrupted", "killed"}:
            raise self.calls[blamed].interrupted(done)
        return self.result()

    def __await__(self) -> Generator[Any, None, list[Any]]:
        yield from asyncio.wrap_future(self).__await__()
        results: list[Any] = self.result()
        return results

    def __repr__(self) -> str:
        return f"<RankedCall {self.function} on {len(self.calls)} workers: {self.state}>"

    @property
    def state(self) -> str:
        """``running``, ``cancelled``, ``returned``, or how the first one that failed ended."""
        if self.cancelled():
            return "cancelled"
        if not self.done():
            return "running"
        blamed = self._work.blamed
        return "returned" if blamed is None else f"{self.calls[blamed].state} on rank {blamed}"

    def _keep(self, rank: int, event: Event) -> None:
        self.calls[rank].keep(event)

    def _over(self, _: RankedWork) -> None:
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # it was cancelled
            self.set_result(None)


def start(send: Callable[..., Work], sessions: Sequence[Session], *, function: str, there: Interpreter) -> RankedCall:
    """Start a call on every rank.

    Args:
        send: ``send(session, label=..., env=...)`` starts it on one.
        sessions: The conversations, by rank.
        function: The function's name.
        there: The Python of the pods.
    """
    works, calls = [], []
    for rank, (session, env) in enumerate(zip(sessions, environments(sessions), strict=True)):
        name = f"{function} (rank {rank})"
        works.append(send(session, label=name, env=env))
        calls.append(Call(session, works[-1], function=name, there=there))
    return RankedCall(calls, works, function=function)
