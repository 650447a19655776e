"""A terminal on a pod for as long as its shell lives: over lost connections, sleep and restarts, until exit.

The loop is the same for the first connection and for the tenth: wait until a node has the pod, attach, copy; when the
connection breaks, say so in one line and begin again. A pod's container answers 0.3 to 0.4 s before the cluster reports
it as running, so from the moment it is scheduled attaching is simply tried.

Between connections the terminal is not raw: Ctrl-C then leaves, and the shell goes on in its pod.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as NotDone
from typing import Final

from kt_jupyter.errors import ApiError, ClusterUnreachable, Forbidden, KtError, NotFound, Unauthorized, WaitTimeout
from kt_jupyter.kube import PODS, Cluster, loop
from kt_jupyter.kube.streams import ConnectionLost, End
from kt_jupyter.terminal import pods
from kt_jupyter.terminal.history import History
from kt_jupyter.terminal.pods import Ended, Pod, gone
from kt_jupyter.terminal.presence import Presence
from kt_jupyter.terminal.pump import Pump
from kt_jupyter.terminal.screen import Screen
from kt_jupyter.terminal.target import Target

_FIRST_WAIT: Final = 0.05  # seconds between two attempts to attach; doubled up to the last
_LAST_WAIT: Final = 2.0
_STARTING_WAIT: Final = 0.25  # the longest while the container starts
_LOG_TRIES: Final = 10
_SAID_AFTER: Final = 20  # attempts without a process on the other side, some 5 s
_ENDING: Final = 10.0  # seconds the cluster may take to report what it has ended
_RESTARTED: Final = "Jupyter was restarted. This is the same shell; above is what it printed."


class Left(Exception):  # noqa: N818 - not an error: the terminal, or whoever started us, goes away
    """A signal ended it; the shell goes on."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class Session:
    """One terminal on one target.

    Args:
        cluster: Where the target is.
        target: What to attach to.
        screen: The terminal.
        presence: Who has it open: for them the pod is kept.
        again: There was such a program before this one, until the Jupyter server was restarted.
    """

    def __init__(
        self, cluster: Cluster, target: Target, screen: Screen, presence: Presence, *, again: bool = False
    ) -> None:
        self._cluster = cluster
        self._target = target
        self._screen = screen
        self._presence = presence
        self._history = History()
        self._pod: Pod | None = None
        self._again = again
        self._was_attached = False
        self._lost_at: float | None = None
        self._pump: Pump | None = None
        self._tries = 0

    def run(self) -> Ended:
        """Stay until the shell ends, by itself or not.

        Raises:
            KtError: The pod is not there, not ours, or may not be attached to.
            Left: A signal ended it.
        """
        with self._signals():
            wait = _FIRST_WAIT
            while True:
                before = time.monotonic()
                ended = self._connected()
                if ended is not None:
                    return ended
                if time.monotonic() - before > _LAST_WAIT:
                    wait = _FIRST_WAIT
                time.sleep(wait)  # on the person's own thread: Ctrl-C ends it
                wait = min(wait * 2, _LAST_WAIT if self._was_attached else _STARTING_WAIT)

    def _scheduled(self) -> Pod:
        """Wait until a node has the pod."""
        pod = pods.find(self._cluster, self._target)
        if pod.scheduled or pod.over:
            return pod
        self._screen.say(f"waiting for a node for pod {self._target.pod}; Ctrl-C leaves")

        def condition(body: dict[str, object] | None) -> Pod | None:
            if body is None:
                raise gone(self._target)
            found = pods.ours(Pod(body))
            return found if found.scheduled or found.over else None

        where = self._target.namespace
        return self._cluster.wait_for(PODS, self._target.pod, condition, namespace=where, timeout=None)

    def _connected(self) -> Ended | None:
        """Attach once and stay; returns how the shell ended, or None when it is to be tried again."""
        try:
            self._pod = self._pod or self._scheduled()
            end = self._attach()
        except (Forbidden, Unauthorized):
            raise
        except NotFound as error:
            return self._over(error)
        except ClusterUnreachable as error:
            if not (self._was_attached or self._again):
                raise
            self._note_loss(error.fact)
            return None
        except ApiError as error:
            return self._over(error)
        assert self._pump is not None
        if self._pump.hung_up:
            raise Left(signal.SIGHUP)
        if isinstance(end, ConnectionLost):
            self._note_loss(end.how)
            return None
        return self._over(None if not hasattr(end, "error") else end.error(self._target.pod))

    def _attach(self) -> End:
        standing = threading.Event()
        pump = Pump(
            self._cluster,
            self._target,
            self._screen,
            self._history,
            standing.set,
            before=self._reconnected(),
            after=_RESTARTED if self._again else "",
            keep_typed=not self._was_attached,
        )
        self._pump = pump
        job = loop.submit(pump.run())
        try:
            job.future.add_done_callback(lambda _: standing.set())
            standing.wait()
            if not job.done():
                pump.give_log(self._log(job))
            while True:
                try:
                    return job.result(self._renewal())
                except NotDone:
                    if job.done():
                        raise
        finally:
            if not job.done():
                job.cancel()
            if pump.lived:
                self._was_attached, self._again, self._lost_at = True, False, None

    def _reconnected(self) -> str:
        if self._lost_at is None:
            return ""
        return f"reconnected after {time.monotonic() - self._lost_at:.0f} s: the same shell"

    def _log(self, job: loop.Job[End]) -> bytes:
        """Read the log. That of a container which has just started can be read a moment later, and has lines later."""
        tries = 1 if self._history.anything else _LOG_TRIES
        while tries and not job.done():
            found = pods.log(self._cluster, self._target)
            if found:
                return found
            tries -= found is not None
            time.sleep(_FIRST_WAIT)
        return b""

    def _renewal(self) -> float:
        assert self._pod is not None
        soon = self._pod.lease / 4
        if self._presence.within(soon):
            pods.renew(self._cluster, self._target, self._pod)
        return soon

    def _note_loss(self, how: str) -> None:
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            self._screen.say(f"connection lost ({how}); reconnecting, the shell goes on in its pod. Ctrl-C leaves it")

    def _over(self, reason: KtError | None) -> Ended | None:
        """Find out whether the shell has ended, and how; None when it goes on, or has not begun.

        Raises:
            KtError: There never was one.
        """
        try:
            pod = self._pod = pods.find(self._cluster, self._target)
            if pod.starting or self._begins(pod):
                self._tell_of_wait(pod, reason)
                return None
            with contextlib.suppress(WaitTimeout):  # then the cluster says that it goes on
                return pods.how_ended(self._ended(pod), self._target)
        except ClusterUnreachable as error:
            self._note_loss(error.fact)
        except NotFound:
            if self._again:
                return Ended(0)  # while nobody looked: there is nothing to tell
            if self._was_attached:
                return Ended(None, gone(self._target))
            raise (reason or gone(self._target)) from None
        return None

    def _begins(self, pod: Pod) -> bool:
        """Whether the container has started since we found no process there: its end is not what to wait for."""
        before = self._was_attached or self._again
        return not (before or pod.over or pod.terminated(self._target.container))

    def _tell_of_wait(self, pod: Pod, reason: KtError | None) -> None:
        self._tries += 1
        if self._tries == _SAID_AFTER:
            told = reason if not pod.starting else None
            doing = f"runs, and cannot be attached to yet: {told.fact.rstrip('.')}" if told else "is starting"
            self._screen.say(f"pod {self._target.pod} {doing}; still trying. Ctrl-C leaves")

    def _ended(self, pod: Pod) -> Pod:
        """Wait for the cluster to report how the shell ended."""

        def ended(body: dict[str, object] | None) -> Pod | None:
            if body is None:
                raise gone(self._target)
            found = Pod(body)
            return None if found.terminated(self._target.container) is None else found

        where = self._target.namespace
        return ended(pod.body) or self._cluster.wait_for(
            PODS, self._target.pod, ended, namespace=where, timeout=_ENDING
        )

    def finish(self) -> None:
        """Remove the pod: its shell has ended."""
        if self._pod is not None:
            pods.end(self._cluster, self._target, self._pod)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def leave(signum: int, _: object) -> None:
            raise Left(signum)

        def resized(*_: object) -> None:
            if self._pump is not None:
                self._pump.resized()

        wanted: list[tuple[int, Callable[..., None]]] = [
            (signal.SIGHUP, leave),
            (signal.SIGTERM, leave),
            (signal.SIGWINCH, resized),
        ]
        before = [(number, signal.signal(number, handler)) for number, handler in wanted]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)
