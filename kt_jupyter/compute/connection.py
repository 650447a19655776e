"""One handle's connection to a compute: made, found, handed on, and found to be lost.

The compute lives in the cluster; a handle only remembers whom it spoke to last, and whether something was kept there
that whoever comes next would miss.
"""

from __future__ import annotations

from typing import Any

from kt_jupyter import reporting
from kt_jupyter.compute import starting
from kt_jupyter.compute.finding import find
from kt_jupyter.compute.naming import user
from kt_jupyter.compute.starting import Request, Running
from kt_jupyter.compute.status import ComputeStatus, State
from kt_jupyter.errors import AlreadyExists, SessionEnded
from kt_jupyter.reporting import Say

Json = dict[str, Any]


class Connection:
    """See the module. Not locked: its handle does that.

    Attributes:
        running: What it is connected to; None when to nothing.
        used: Whether a cell was started through it.
    """

    def __init__(self) -> None:
        self.running: Running | None = None
        self.used = False
        self._unchecked = False  # whether it was handed on to who may ask for something else

    @property
    def lives(self) -> bool:
        """Whether there is one, and its pod is not known to have ended."""
        return self.running is not None and not self.running.ended

    def make(
        self, request: Request, *, fresh: bool, timeout: float, progress: Say | None, first: Json | None = None
    ) -> None:
        """Connect to the compute, which is started if need be.

        Args:
            request: What is asked for.
            fresh: Start it anew also when it runs.
            timeout: Seconds that a start may take.
            progress: Gets what is waited for.
            first: A cell to start it with, if it must be started; that one is left to itself then, unconnected.
        """
        if self.lives and not fresh:
            if self._unchecked and (found := find(request.cluster, request.namespace, request.name)) is not None:
                starting.refuse_other(request, found)
                self._unchecked = False
            return
        before = self.running.options if self.running is not None else None
        self.leave()
        while True:
            found = find(request.cluster, request.namespace, request.name)
            if found is not None and found.state.lives and not fresh:
                _tell_whose(found, progress)
                self.running = starting.join(request, found, timeout=timeout, progress=progress)
                return
            if found is not None:
                before = None if found.state is State.ENDING else found.options
                starting.remove(request, found)
            self.used = fresh = False
            anew = request if before is None else starting.as_before(request, before, progress)
            try:
                if first is not None:
                    starting.leave(anew, first, progress=progress)
                else:
                    self.running = starting.start(anew, timeout=timeout, progress=progress)
            except AlreadyExists:
                continue  # another kernel was faster by a moment: it is the same compute
            return

    def take(self, before: Connection, *, check: bool) -> None:
        """Go on with another one, which loses it.

        Args:
            before: The other.
            check: Compare what is asked for with what runs, before it is used.
        """
        self.leave()
        self.running, self.used, before.running = before.running, before.used, None
        self._unchecked = check and self.running is not None

    def leave(self) -> None:
        """End it; what runs there goes on."""
        running, self.running = self.running, None
        if running is not None:
            running.close()

    def lost(self, request: Request) -> SessionEnded | None:
        """Say why the variables that were kept are gone; None when they are not, or none were kept."""
        if self.running is None:
            found = find(request.cluster, request.namespace, request.name)
            # One that is being stopped has no reason: somebody asked for that.
            if found is None or found.state.lives or found.kept_nothing or not found.reason:
                return None
            return variables_gone(request.name, found.ended_by, found.reason)
        session = next((each for each in self.running.sessions if each.ended), None)
        if session is None:
            return None
        try:
            session.connect()
        except SessionEnded as ended:
            ran = self.used or (session.hello is not None and session.hello.generation > 0)
            if not (ran if ended.kept is None else ended.kept):
                return None
            gone = variables_gone(request.name, ended.reason, ended.why or ended.fact.rstrip("."))
            found = find(request.cluster, request.namespace, request.name)
            if found is not None and found.state.lives:  # by somebody else, whose variables --fresh would cost
                gone.remedy = "One of that name has been started since: the next cell runs there."
                self.leave()
            return gone
        return None


def variables_gone(name: str, reason: str, why: str) -> SessionEnded:
    """Return the error for a compute that has ended, and how to start it anew."""
    return SessionEnded(
        f'compute "{name}" has ended: {why}. Its variables are gone.',
        reason=reason,
        why=why,
        kept=True,
        remedy=f"To start it anew: %%kt_compute {name} --fresh, or .start(fresh=True)",
    )


def _tell_whose(found: ComputeStatus, progress: Say | None) -> None:
    if found.made_by and found.made_by.partition(",")[0] != user():
        said = f'Compute "{found.name}" is there already: {found.made_by} started it {found.age} ago.'
        reporting.notice(said, progress)
