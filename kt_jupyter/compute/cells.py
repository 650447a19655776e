"""What a compute does with cells: begins with one, runs one, finds one again, and says when what they kept is gone."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from kt_jupyter.compute.connection import Connection, variables_gone
from kt_jupyter.compute.finding import find
from kt_jupyter.compute.session import Session, cell_request, on_ranks
from kt_jupyter.compute.session.on_ranks import AnyWork
from kt_jupyter.compute.starting import Request
from kt_jupyter.compute.status import State
from kt_jupyter.errors import InvalidInput
from kt_jupyter.pods.starting import TIMEOUT
from kt_jupyter.reporting import Say

Json = dict[str, Any]

_COMES_ALONG: Final = 32 * 1024  # characters of a cell that fit into a pod's arguments beside the agent


class RunsCells(ABC):
    """The part of ``Compute`` that is about cells."""

    _connection: Connection
    _lock: threading.RLock

    @property
    @abstractmethod
    def workers(self) -> int | None:
        """How many pods it has, each with a rank; None for one without."""

    @abstractmethod
    def start(self, *, fresh: bool = False, timeout: float = TIMEOUT, progress: Say | None = None) -> Self:
        """Start it, or find that it runs."""

    @abstractmethod
    def sessions(self) -> tuple[Session, ...]:
        """Return the conversations with its pods, starting it if need be."""

    @abstractmethod
    def _request(self) -> Request: ...

    @abstractmethod
    def _sessions(self) -> tuple[Session, ...]: ...

    def ready_for_cells(self, *, fresh: bool = False, progress: Say | None = None) -> None:
        """Start it if need be, unless what cells had kept there is gone: then say so.

        Args:
            fresh: Start it anew, without variables.
            progress: As for ``start``.

        Raises:
            SessionEnded: It has ended, and the variables with it; says why. ``fresh`` starts it anew.
            KtError: It can't be started; see ``start``.
        """
        with self._lock:
            self._refuse_lost(fresh=fresh)
            self.start(fresh=fresh, progress=progress)

    def refuse_ended(self) -> None:
        """Raise when it has ended, or its pod is told to: for who found that something there did not end by itself.

        Raises:
            SessionEnded: Says why.
        """
        request = self._request()
        found = find(request.cluster, request.namespace, request.name)
        if found is None or found.state in {State.ENDING, State.ENDED}:
            why = found.reason if found is not None and found.reason else "it was stopped"
            reason = found.ended_by if found is not None else "stopped"
            raise variables_gone(request.name, reason, why)

    def start_cell(
        self,
        source: str,
        *,
        inputs: Mapping[str, bytes] | None = None,
        outputs: Sequence[str] = (),
        limit: int | None = None,
        timeout: float | None = None,
        count: int | None = None,
    ) -> AnyWork:
        """Start a cell on it and return at once; it is started first if need be. With workers it runs on all of them.

        Args:
            source: The cell's text.
            inputs: Variables to set first: name to pickle.
            outputs: Names of variables to bring back, pickled, in ``Done.values``.
            limit: Bytes that all of ``outputs`` may have together.
            timeout: Seconds that the cell may run.
            count: The number that its tracebacks show.

        Returns:
            The work, to follow or to leave.

        Raises:
            SessionEnded: It has ended, and what cells had kept there is gone; says why.
            KtError: It can't be started; see ``start``.

        Example:
            >>> compute.start_cell("print(6 * 7)").follow(print).status
            'ok'
        """
        with self._lock:
            self.ready_for_cells()
            self._connection.used = True
            sessions = self._sessions()
        how: Json = {"inputs": inputs, "outputs": outputs, "limit": limit, "timeout": timeout, "count": count}
        if self.workers is None:
            return sessions[0].start_cell(source, **how)
        return on_ranks.start_cell(sessions, source, **how)

    def attach(self, work: str) -> AnyWork:
        """Return a cell that was started earlier, from this kernel or another: with all that it has printed.

        Args:
            work: Its id: ``session().works()`` lists them.

        Raises:
            WorkNotFound: The compute remembers none of that id.
        """
        sessions = self.sessions()
        return on_ranks.attach(sessions, work, ranked=self.workers is not None)

    def leave_cell(
        self, source: str, *, fresh: bool = False, timeout: float | None = None, count: int | None = None
    ) -> str:
        """Start a cell and return at once, whether it is started first or not: the cell comes with its pod then.

        Not with workers: their cells begin when rank 0 can say where the others find it.

        Whoever may read Jobs can read such a cell. It waits for its pod as long as that takes, and nobody has to be
        there: ``status()`` says for what, and ``stop()`` ends it. A pod that replaces it, because its queue took the
        first one back, begins with the cell again.

        Args:
            source: The cell's text.
            fresh: Start it anew, without variables.
            timeout: Seconds that the cell may run, once it does.
            count: The number that its tracebacks show.

        Returns:
            By which its agent knows the cell.

        Raises:
            SessionEnded: It has ended, and what cells had kept there is gone; says why.
            KtError: It can't be made; see ``start``.

        Example:
            >>> kt.Compute(name="train", gpus=1).leave_cell("train(epochs=100)")
            '7f3a…'
        """
        if self._request().options.workers is not None:
            raise InvalidInput("a cell on workers waits for their pods.", remedy="start_cell(…) can be left too.")
        request = cell_request(source, timeout=timeout, count=count)
        with self._lock:
            self._refuse_lost(fresh=fresh)
            first = request if len(source) <= _COMES_ALONG else None
            self._connection.make(self._request(), fresh=fresh, timeout=TIMEOUT, progress=None, first=first)
            self._connection.used = True
            if self._connection.running is not None and self.workers is not None:
                work = on_ranks.start_cell(self._sessions(), source, timeout=timeout, count=count)
                work.sent()
                return work.id
            if self._connection.running is not None:
                self._sessions()[0].start(request).sent()
        return str(request["id"])

    def _refuse_lost(self, *, fresh: bool) -> None:
        if not fresh and (lost := self._connection.lost(self._request())) is not None:
            raise lost
