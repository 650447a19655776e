"""One pod's agent, seen from the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from kt_jupyter.compute.session.events import Done, Event
from kt_jupyter.compute.session.facts import Hello, WorkInfo
from kt_jupyter.compute.session.work import Work

if TYPE_CHECKING:
    from kt_jupyter.kube import Cluster


class Session:
    """A conversation with the agent in a pod; a context manager.

    The constructor calls nobody; ``connect`` does, or the first method that needs a connection. Any thread may use it,
    but the I/O thread.

    Args:
        cluster: Where the pod is.
        pod: Its name.
        namespace: Default: the cluster's own.
        container: Needed when the pod has several.

    Attributes:
        hello: What the agent said when the connection was made last; None before.
    """

    hello: Hello | None

    def __init__(
        self, cluster: Cluster, pod: str, *, namespace: str | None = None, container: str | None = None
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self, timeout: float | None = None) -> Hello:
        """Wait until the agent answers.

        Tries from the moment that a node has the pod: a container answers 0.3 to 0.4 s before the cluster reports it
        as running. Why a pod waits (for a node, an image, a volume) is not this class's business: watch the pod.

        Args:
            timeout: Seconds; None waits until Ctrl-C.

        Raises:
            SessionEnded: The pod has ended, or ends; ``reason`` and the message say why.
            NotFound: There is no such pod.
            Forbidden: The identity may not ``get`` and ``create`` ``pods/exec``, or watch pods.
            WaitTimeout: The time is over; says what was seen last.
            AgentMismatch: Another version of kt_jupyter made this pod, and its agent speaks otherwise.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the connection. What runs in the pod goes on."""
        raise NotImplementedError

    def run_cell(
        self,
        source: str,
        *,
        on_event: Callable[[Event], Any],
        inputs: Mapping[str, bytes] | None = None,
        outputs: Sequence[str] = (),
        limit: int | None = None,
        timeout: float | None = None,
        count: int | None = None,
        label: str = "",
    ) -> Done:
        """Run a cell in the pod's namespace and call back with what it does: ``start_cell(…).follow(on_event)``."""
        return self.start_cell(
            source, inputs=inputs, outputs=outputs, limit=limit, timeout=timeout, count=count, label=label
        ).follow(on_event)

    def start_cell(
        self,
        source: str,
        *,
        inputs: Mapping[str, bytes] | None = None,
        outputs: Sequence[str] = (),
        limit: int | None = None,
        timeout: float | None = None,
        count: int | None = None,
        label: str = "",
    ) -> Work:
        """Start a cell and return at once. Cells run one after the other, in one process that keeps the variables.

        Args:
            source: Its text, for IPython where the image has it, else Python with top-level ``await``.
            inputs: Variables to set first: name to pickle.
            outputs: Names of variables to bring back afterwards, pickled, in ``Done.values``.
            limit: Bytes that all of ``outputs`` may have together; what is above is a ``Problem`` that names it.
            timeout: Seconds that it may run, counted there: then it is interrupted, five seconds later terminated.
            count: Its number, which its tracebacks show (``Cell In[12]``); default: the pod's own count.
            label: For lists; default: its first line.
        """
        raise NotImplementedError

    def call(
        self,
        payload: bytes,
        *,
        env: Mapping[str, str] | None = None,
        share: bool = False,
        timeout: float | None = None,
        label: str = "",
    ) -> Work:
        """Start a call and return at once; any number run at the same time.

        Args:
            payload: The pickle of ``(function, args, kwargs)``. What the function returns, awaited if it is a
                coroutine, comes back as ``Done.result``, pickled by cloudpickle.
            env: Environment variables, set before it is unpickled.
            share: Run it in the cells' process, in turn with them: it sees what they imported and can spoil it.
                Default: in a fresh process that is forked for it and ends with it.
            timeout: As for a cell.
            label: For lists, such as the function's name.
        """
        raise NotImplementedError

    def attach(self, work: str, *, offset: int = 0) -> Work:
        """Return a work that was started earlier, by whomever.

        Args:
            work: Its id.
            offset: Where to begin (``Work.position`` of before); 0: with all that it has printed.

        Raises:
            WorkNotFound: The agent knows none of that id (any more).
        """
        raise NotImplementedError

    def works(self) -> list[WorkInfo]:
        """List the works that the agent remembers, oldest first."""
        raise NotImplementedError

    def probe(self, modules: Sequence[str]) -> dict[str, bool]:
        """Find out which top-level modules can be imported there, without importing them."""
        raise NotImplementedError

    def stop(self) -> None:
        """Let the agent end its works and itself, and with it the pod; returns when it has said so."""
        raise NotImplementedError
