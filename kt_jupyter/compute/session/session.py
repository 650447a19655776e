"""One pod's agent, seen from the kernel."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from kt_jupyter.compute.session import reading
from kt_jupyter.compute.session.events import Done, Event
from kt_jupyter.compute.session.facts import Hello, WorkInfo
from kt_jupyter.compute.session.link import Address, Refused
from kt_jupyter.compute.session.talk import Talk
from kt_jupyter.compute.session.tracked import Tracked
from kt_jupyter.compute.session.work import Work
from kt_jupyter.errors import SessionEnded, WaitTimeout, WorkNotFound
from kt_jupyter.kube import PODS, loop

if TYPE_CHECKING:
    from kt_jupyter.kube import Cluster

Json = dict[str, Any]


class Session:
    """A conversation with the agent in a pod; a context manager.

    The constructor calls nobody; ``connect`` does, or the first method that needs a connection. Any thread may use it,
    but the I/O thread.

    Args:
        cluster: Where the pod is.
        pod: Its name.
        namespace: Default: the cluster's own.
        container: Needed when the pod has several.
        python: The interpreter's name, as given to ``agent.command``.
    """

    def __init__(
        self,
        cluster: Cluster,
        pod: str,
        *,
        namespace: str | None = None,
        container: str | None = None,
        python: str = "python3",
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace or cluster.namespace
        self._where = Address(pod, self._namespace, container, python)
        self._talk: Talk | None = None
        self._generation = -1
        self.pod = pod

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Session with pod {self.pod} in {self._namespace}>"

    @property
    def hello(self) -> Hello | None:
        """What the agent said when the connection was made last; None before."""
        return self._talk.hello if self._talk is not None else None

    @property
    def ended(self) -> bool:
        """Whether the pod is known to have ended: every further call then raises ``SessionEnded``."""
        return self._talk is not None and self._talk.pod.over is not None

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
        talk = self._begun()
        try:
            loop.run(talk.connected(), timeout)
        except TimeoutError:
            fact = f'the agent in pod "{self.pod}" does not answer after {timeout:g} s: {talk.last_seen}.'
            raise WaitTimeout(fact) from None
        assert talk.hello is not None
        return talk.hello

    def connecting(self) -> Future[Any]:
        """Begin to connect and return at once; the future is done when the agent answers, or never will."""
        return loop.submit(self._begun().connected()).future

    def close(self) -> None:
        """End the connection. What runs in the pod goes on."""
        talk, self._talk = self._talk, None
        if talk is not None and self._generation == loop.generation():
            loop.run(talk.aclose())

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
        env: Mapping[str, str] | None = None,
        id_: str | None = None,
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
            env: Environment variables, set before it runs; those after it have them too.
            id_: By which the agent is to know it; default: a new one.
        """
        given = dict(inputs or {})
        request = cell_request(
            source,
            inputs={name: len(data) for name, data in given.items()},
            outputs=outputs,
            limit=limit,
            timeout=timeout,
            count=count,
            label=label,
            env=env,
            id_=id_,
        )
        return self.start(request, b"".join(given.values()))

    def call(
        self,
        payload: bytes,
        *,
        env: Mapping[str, str] | None = None,
        share: bool = False,
        items: bool = False,
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
            items: Of a generator, send what it yields one by one, as ``Item`` events. Default: all of it, as a list.
            timeout: As for a cell.
            label: For lists, such as the function's name.
        """
        request = {"kind": "call", "env": dict(env or {}), "share": share, "timeout": timeout, "label": label}
        request["items"] = items
        return self.start(_new(request, len(payload)), payload)

    def start(self, request: Json, payload: bytes = b"") -> Work:
        """Start what was described before, whose id the agent knows it by, and return at once."""
        return loop.run(self._started(self._begun(), request, payload))

    def attach(self, work: str, *, offset: int = 0) -> Work:
        """Return a work that was started earlier, by whomever.

        A ``Work`` of this session that read the same one's events reads them no more.

        Args:
            work: Its id.
            offset: Where to begin (``Work.position`` of before); 0: with all that it has printed.

        Raises:
            WorkNotFound: The agent knows none of that id (any more).
        """
        return loop.run(self._attach(self._begun(), work, offset))

    def works(self) -> list[WorkInfo]:
        """List the works that the agent remembers, oldest first."""
        return [reading.info(told) for told in self._ask(ask="works")["works"]]

    def probe(self, modules: Sequence[str]) -> dict[str, bool]:
        """Find out which top-level modules can be imported there, without importing them."""
        return dict(self._ask(ask="probe", modules=list(modules))["modules"])

    def meeting(self) -> tuple[str, int]:
        """Ask where other pods find something that is to listen there: an address, and a port that is free now."""
        told = self._ask(ask="meeting")
        return str(told["address"]), int(told["port"])

    def stop(self) -> None:
        """Let the agent end its works and itself, and with it the pod; returns when it has said so."""
        try:
            self._ask(ask="end", why="stopped")
        except SessionEnded as ended:
            if ended.reason != "stopped":  # else it was done before its answer could be read
                raise

    def _ask(self, **message: Any) -> Json:
        return loop.run(self._begun().ask(message))

    def _begun(self) -> Talk:
        """Return the conversation, begun if there is none: in a process that was forked, too."""
        if self._talk is None or self._generation != loop.generation():
            talk = loop.run(self._made())
            watched = self._cluster.subscribe(
                PODS, talk.pod.changed, on_end=talk.pod.end, namespace=self._namespace, name=self.pod
            )
            loop.run(_begin(talk, watched))
            self._talk, self._generation = talk, loop.generation()
        return self._talk

    async def _made(self) -> Talk:
        return Talk(self._cluster, self._where)

    async def _started(self, talk: Talk, request: Json, payload: bytes) -> Work:
        if talk.pod.over is not None:
            raise talk.pod.over
        tracked = Tracked(bytes.fromhex(request["id"]), request, payload, is_call=request["kind"] == "call")
        talk.flow.add(tracked)
        return Work(talk, tracked)

    async def _attach(self, talk: Talk, work: str, offset: int) -> Work:
        try:
            id_ = bytes.fromhex(work)
            told = await talk.ask({"ask": "info", "id": work})
        except (ValueError, Refused) as error:
            raise WorkNotFound(f'pod "{self.pod}" remembers no cell or call "{work}".') from error
        tracked = talk.flow.get(id_)
        if tracked is None:
            tracked = Tracked(id_, None, b"", is_call=told["info"]["kind"] == "call", position=offset)
            talk.flow.add(tracked)
        else:
            await talk.follow_again(tracked, offset)
        return Work(talk, tracked)


def cell_request(
    source: str,
    *,
    inputs: Mapping[str, int] | None = None,
    outputs: Sequence[str] = (),
    limit: int | None = None,
    timeout: float | None = None,
    count: int | None = None,
    label: str = "",
    env: Mapping[str, str] | None = None,
    id_: str | None = None,
) -> Json:
    """Return what an agent is asked, to run a cell; for ``Session.start``, or to come with the pod.

    The arguments are those of ``Session.start_cell``, except for ``inputs``, which has for each variable the size of
    its pickle: in the payload they come one after another.
    """
    given = dict(inputs or {})
    request = {
        "kind": "cell",
        "source": source,
        "inputs": [[name, size] for name, size in given.items()],
        "outputs": list(outputs),
        "limit": limit,
        "timeout": timeout,
        "count": count,
        "label": label or source.strip().partition("\n")[0],
        "env": dict(env or {}),
    }
    return _new(request, sum(given.values()), id_)


def _new(request: Json, upload: int, id_: str | None = None) -> Json:
    return {"ask": "start", "id": id_ or new_id(), "upload": upload, **request}


def new_id() -> str:
    """Return what no other work is called."""
    return uuid.uuid4().hex


async def _begin(talk: Talk, subscription: Any) -> None:
    talk.begin(subscription)
