"""One cell or call, seen from the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kt_jupyter.compute.session.events import Done, Event


class Work:
    """Something that runs in the pod, whether or not anybody listens.

    Its events are to be had once per ``Work``: ``follow`` and ``events`` go on where the last one stopped. Unread ones
    wait in the pod. How it ended is known without reading any of them: ``done``, ``wait``, ``add_done_callback``.

    Attributes:
        id: For ``Session.attach``, from this kernel or another.
        kind: ``cell`` or ``call``.
    """

    id: str
    kind: str

    @property
    def position(self) -> int:
        """The offset up to which events have been given: what ``Session.attach`` takes to go on from there."""
        raise NotImplementedError

    def follow(self, on_event: Callable[[Event], Any]) -> Done:
        """Call back with each event until it is done, in this thread; returns the last one.

        Ctrl-C (Jupyter's Stop) does not leave: the first interrupts the work (SIGINT, which raises KeyboardInterrupt
        there), the second terminates it (SIGTERM, and two seconds later SIGKILL; for a cell the variables go with it),
        the third leaves it running and raises KeyboardInterrupt here.

        Raises:
            SessionEnded: The pod has ended, or is told to; says why.
            KeyboardInterrupt: After the third Ctrl-C.
        """
        raise NotImplementedError

    def events(self) -> Iterator[Event]:
        """Iterate over the events, ``Done`` the last; Ctrl-C leaves as usual."""
        raise NotImplementedError

    def wait(self, timeout: float | None = None) -> Done:
        """Wait for its end without reading events.

        Args:
            timeout: Seconds; None waits until Ctrl-C, which leaves the work running.

        Raises:
            TimeoutError: It goes on.
            SessionEnded: The pod has ended.
        """
        raise NotImplementedError

    def done(self) -> bool:
        """Whether it has ended and its result is here."""
        raise NotImplementedError

    def add_done_callback(self, function: Callable[[Work], Any]) -> None:
        """Call ``function(work)`` once, on the I/O thread, when ``wait`` would not wait any more (or at once)."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in it (SIGINT to its process group)."""
        raise NotImplementedError

    def terminate(self) -> None:
        """End its process: SIGTERM, and SIGKILL two seconds later. A cell's variables go with it."""
        raise NotImplementedError

    def kill(self) -> None:
        """End its process at once: SIGKILL."""
        raise NotImplementedError

    def forget(self) -> None:
        """Let the agent drop what it keeps of it; it must be done."""
        raise NotImplementedError
