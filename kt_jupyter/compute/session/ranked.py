"""One cell or call on every rank, seen from the kernel as one work.

When a rank fails the others wait for it in vain, often inside a library that heeds no interrupt: they are interrupted,
and ended when they do not go. What counts is how the rank ended that failed first, with one exception: a process or a
pod that died is to blame before those whose connection to it broke, who may notice earlier than the cluster says so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kt_jupyter.compute.session.events import Done, Event
from kt_jupyter.compute.session.lanes import Lanes
from kt_jupyter.compute.session.presses import Presses
from kt_jupyter.compute.session.several import Several
from kt_jupyter.compute.session.work import Work
from kt_jupyter.errors import KtError
from kt_jupyter.kube import loop

GRACE: Final = 5.0
"""Seconds in which the others may clean up when one has failed."""

_DIED: Final = ("not started", "exited", "crashed", "killed", "out of memory", "pod ended")


def environment(rank: int, workers: int, meeting: tuple[str, int]) -> Mapping[str, str]:
    """Return what a rank has to know, in torchrun's words; one process a worker.

    Args:
        rank: Its rank.
        workers: How many there are.
        meeting: The address and the port where rank 0 may listen: ``Session.meeting``.

    >>> environment(1, 4, ("10.0.0.7", 40123))["RANK"]
    '1'
    """
    return {
        "RANK": str(rank),
        "WORLD_SIZE": str(workers),
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "GROUP_RANK": str(rank),
        "NODE_RANK": str(rank),
        "MASTER_ADDR": meeting[0],
        "MASTER_PORT": str(meeting[1]),
    }


class RankedWork:
    """What runs on every rank; the same verbs as of one ``Work``.

    Args:
        works: Each rank's own.
        on_each: Gets every event with its rank, before the ranks' lines become one text.
    """

    def __init__(self, works: Sequence[Work], *, on_each: Callable[[int, Event], Any] | None = None) -> None:
        self.works = tuple(works)
        self.id = self.works[0].id
        self.kind = self.works[0].kind
        self._on_each = on_each
        self._several = Several(self.works)
        self._ended: list[int] = []  # ranks, in the order in which they did
        self._given_up: set[int] = set()
        self._stopping = False  # somebody asked for it
        self._callbacks: list[Callable[[RankedWork], Any]] = []
        for rank, work in enumerate(self.works):
            work.add_done_callback(functools.partial(self._over, rank))

    def __repr__(self) -> str:
        return f"<RankedWork {self.kind} {self.id[:8]} on {len(self.works)} {'done' if self.done() else 'running'}>"

    def follow(self, on_event: Callable[[Event], Any]) -> Done:
        """Call back with each event until all have ended; returns how. Ctrl-C as for one ``Work``, on all ranks.

        Raises:
            SessionEnded: A pod has ended; says which, and why.
            KeyboardInterrupt: After the third Ctrl-C.
        """
        with Presses(self._pressed):
            for event in self.events():
                on_event(event)
        return self.wait()

    def events(self) -> Iterator[Event]:
        """Iterate over what all ranks do, as one text; ``Done`` the last."""
        lanes = Lanes()
        for rank, event in self._several.events():
            if self._on_each is not None:
                self._on_each(rank, event)
            yield from lanes.told(rank, event)
        yield self.wait()

    def wait(self, timeout: float | None = None) -> Done:
        """Wait until all have ended, and return how: as the rank that failed, else as rank 0.

        Raises:
            TimeoutError: It goes on.
            SessionEnded: A pod has ended.
        """
        for rank, work in enumerate(self.works):
            if not work.done():
                self._wait_for(rank, timeout)
        blamed = self.blamed
        done = self.works[blamed or 0].wait()
        kept = all(self.how(rank) != "pod ended" and each.wait().variables_kept for rank, each in enumerate(self.works))
        done = replace(done, variables_kept=kept)
        if blamed is None or (self._stopping and done.status in {"interrupted", "killed"}):
            return done
        return _named(done, blamed)

    def done(self) -> bool:
        """Whether all have ended."""
        return all(work.done() for work in self.works)

    def add_done_callback(self, function: Callable[[RankedWork], Any]) -> None:
        """Call ``function(self)`` once, on the I/O thread, when all have ended, or soon when they have already."""

        def add() -> None:  # there, where the ends are noted: none can come in between
            if len(self._ended) == len(self.works):
                function(self)
            else:
                self._callbacks.append(function)

        loop.call_soon(add)

    def sent(self) -> None:
        """Wait until all agents have all that they were given."""
        self._each(Work.sent)

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt on all ranks."""
        self._stopping = True
        self._each(Work.interrupt)

    def terminate(self) -> None:
        """End all of its processes."""
        self._stopping = True
        self._each(Work.terminate)

    @property
    def blamed(self) -> int | None:
        """The rank whose end counts, when it is done; None when all ended well."""
        order = [*self._ended, *(rank for rank in range(len(self.works)) if rank not in self._ended)]
        failed = [rank for rank in order if self.works[rank].done() and self.how(rank) != "ok"]
        asked_to = self._given_up if not self._stopping else set(order)
        died = [rank for rank in failed if self.how(rank) in _DIED]
        died = [rank for rank in died if not (rank in asked_to and self.how(rank) == "killed")]
        return next(iter(died or failed), None)

    def how(self, rank: int) -> str:
        """Say how a rank ended, which it has: in the words of ``Done.status``, or ``pod ended``."""
        try:
            return self.works[rank].wait().status
        except KtError:
            return "pod ended"

    def _wait_for(self, rank: int, timeout: float | None) -> None:
        try:
            self.works[rank].wait(timeout)
        except KtError:
            return  # of all that ended, who is to blame is found out when all have

    def _pressed(self, times: int) -> None:
        self._stopping = True
        for work in self.works:
            work.pressed(times)

    def _each(self, do: Callable[[Work], None]) -> None:
        for work in self.works:
            if not work.done():
                do(work)

    def _over(self, rank: int, _: Work) -> None:
        """Note that one has ended, on the I/O thread; the others cannot go on without one that failed."""
        self._ended.append(rank)
        # Each has the same time limit; and a pod that ends takes the others with it, for they are one Job.
        failed = self.how(rank) not in {"ok", "timeout", "pod ended"}
        if failed and not self._stopping and not self._given_up:
            self._given_up = {place for place, work in enumerate(self.works) if not work.done()}
            for place in self._given_up:
                self.works[place].give_up(GRACE)
        if len(self._ended) == len(self.works):
            for function in self._callbacks:
                function(self)


def _named(done: Done, rank: int) -> Done:
    error = done.error and replace(done.error, traceback=(*done.error.traceback, f"    raised on rank {rank}"))
    return replace(done, error=error, sentence=f"Rank {rank}: {done.sentence}" if done.sentence else "")
