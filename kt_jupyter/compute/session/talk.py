"""A conversation with one agent over as many connections as it takes. All on the I/O thread.

One task keeps a connection while there is a pod to speak to. Every request may be sent again on the next one, so what
callers wait for is not the connection but the answer: a lost connection costs them nothing but time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Any, Final

from kt_jupyter.compute.session import reading
from kt_jupyter.compute.session.facts import Hello
from kt_jupyter.compute.session.flow import Flow
from kt_jupyter.compute.session.link import Address, Broken, Link, Refused, open_link
from kt_jupyter.compute.session.news import News
from kt_jupyter.compute.session.pod import PodWatch
from kt_jupyter.compute.session.tracked import Tracked
from kt_jupyter.errors import (
    AgentMismatch,
    CommandNotStarted,
    ContainerNotFound,
    Forbidden,
    KtError,
    NotFound,
    SessionEnded,
    Unauthorized,
)
from kt_jupyter.kube.streams import ClusterFailure, ConnectionLost, End, Exited

if TYPE_CHECKING:
    from kt_jupyter.kube import Cluster, Subscription

Json = dict[str, Any]

_FIRST_WAIT: Final = 0.03  # seconds between attempts: a container that starts answers within half a second
_STARTING_WAIT: Final = 0.1
_LAST_WAIT: Final = 2.0
_NO_AGENT: Final = 15.0  # seconds after which a container that runs and has no agent is said to have none
_SILENT: Final = 20.0  # seconds without a word, while something runs, after which the agent is asked whether it lives
_ANSWER: Final = 15.0  # seconds that it has for that
_FINAL = (Forbidden, Unauthorized, ContainerNotFound)


class Talk:
    """See the module.

    Attributes:
        pod: What is known of the pod; ``over`` says why there is nobody to speak to any more.
        flow: The works.
        hello: What the agent said last.
        last_seen: Why there is no connection, in words.
    """

    def __init__(self, cluster: Cluster, where: Address) -> None:
        self._cluster = cluster
        self._where = where
        self._name = where.pod
        self._link: Link | None = None
        self._news = News()
        self._subscription: Subscription | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._no_agent_since: float | None = None
        self.pod = PodWatch(cluster, where, self._pod_changed)
        self.flow = Flow()
        self.hello: Hello | None = None
        self.last_seen = "no node has its pod yet"

    def begin(self, subscription: Subscription) -> None:
        """Start to connect; ``subscription`` brings the pod's states to ``pod``."""
        self._subscription = subscription
        self._keeper = asyncio.ensure_future(self._keep())

    async def aclose(self) -> None:
        """End the connection; works that are waited for fail."""
        self.pod.end(SessionEnded("this session was closed here; what runs in its pod goes on.", reason="closed"))
        self.pod.close()
        if self._subscription is not None:
            self._subscription.close()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])

    async def connected(self) -> Link:
        """Wait until a connection stands.

        Raises:
            KtError: It will not; says why.
        """
        await self._news.until(lambda: self._link is not None or self.pod.over is not None)
        if self.pod.over is not None:
            raise self.pod.over
        assert self._link is not None
        return self._link

    async def ask(self, message: Json) -> Json:
        """Ask the agent, over as many connections as it takes.

        Raises:
            Refused: It does not do that.
            SessionEnded: There is none any more.
        """
        while True:
            link = await self.connected()
            try:
                return await link.ask(message)
            except Broken:
                await self._without(link)

    async def follow_again(self, work: Tracked, position: int) -> None:
        """Follow a work from another position, when nothing of before is on its way: it would look like a gap."""
        self.flow.drop(work)
        try:
            with contextlib.suppress(Refused):
                await self.ask({"ask": "detach", "id": work.id.hex()})
        finally:
            work.rewind(position)
            self.flow.add(work)

    async def _without(self, broken: Link) -> None:
        """Wait until a connection that broke is known to be gone."""
        await self._news.until(lambda: self._link is not broken or self.pod.over is not None)

    def _over(self) -> bool:
        return self.pod.over is not None

    def _pod_changed(self) -> None:
        if self.pod.over is not None:
            self.flow.end(self.pod.over)
            if self._link is not None:
                self._link.abort()
        self._news.tell()

    async def _keep(self) -> None:
        wait = _FIRST_WAIT
        while self.pod.over is None:
            await self._news.until(lambda: self.pod.scheduled or self.pod.over is not None)
            if self._over():
                return
            try:
                if await self._once():
                    wait = _FIRST_WAIT
                    continue
            except _FINAL as error:
                self.pod.end(error)
            except CommandNotStarted as error:
                # When the container is just ending it comes in many words, and the pod will say why.
                self.last_seen = error.fact
                self._no_agent(error)
            except NotFound:
                self.pod.absent()
            except KtError as error:
                self.last_seen = error.fact
            except Exception as error:
                self.pod.end(KtError(f"the connection to the agent broke by a fault in kt_jupyter: {error!r}"))
                raise
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spread, not secrecy
            starting = self.hello is None and self.pod.starting
            wait = min(wait * 1.5, _STARTING_WAIT if starting else _LAST_WAIT)

    async def _once(self) -> bool:
        """Connect, and stay while it lasts; returns whether it was a connection at all."""
        link = await open_link(self._cluster, self._where, self.flow.take)
        serving = asyncio.ensure_future(link.serve())
        greeted = False
        try:
            with contextlib.suppress(Broken):
                greeted = self._greeted(await link.ask({"ask": "hello"}))
            if greeted:
                await self._stay(link, serving)
            end = await serving
        finally:
            self._link = None
            serving.cancel()
            await asyncio.wait([serving])
        if greeted:
            self._lost(end)
        else:
            self._not_greeted(link, end)
        return greeted

    async def _stay(self, link: Link, serving: asyncio.Task[End]) -> None:
        self._link, self._no_agent_since = link, None
        self.flow.connected(link)
        self._news.tell()
        clock = asyncio.get_running_loop().time
        while not serving.done():
            await asyncio.wait([serving], timeout=_SILENT / 2)
            if not serving.done() and clock() - link.heard > _SILENT and self.flow.busy:
                with contextlib.suppress(Broken):
                    try:
                        async with asyncio.timeout(_ANSWER):
                            await link.ask({"ask": "ping"})
                    except TimeoutError:
                        link.abort()

    def _lost(self, end: End) -> None:
        self.last_seen = end.how if isinstance(end, ConnectionLost) else "its relay in the pod ended"
        self.flow.disconnected(self.last_seen)
        self.pod.left()
        self._news.tell()

    def _greeted(self, told: Json) -> bool:
        if told.get("protocol") != reading.PROTOCOL:
            fact = f'the agent in pod "{self._name}" is of another version of kt_jupyter, and the two do not understand'
            remedy = "Use the version that made it, or stop it and start a new one."
            self.pod.end(AgentMismatch(f"{fact} each other.", remedy=remedy))
            return False
        hello = reading.hello(told)
        if self.hello is not None and hello.boot != self.hello.boot:
            fact = f'the agent in pod "{self._name}" has started anew: the variables of before are gone.'
            self.pod.end(SessionEnded(fact, reason="replaced"))
            return False
        self.hello = hello
        return True

    def _not_greeted(self, link: Link, end: End) -> None:
        """Note what became of an attempt; there is nothing to say while the container starts."""
        if isinstance(end, ClusterFailure):
            self.last_seen = "its container does not run yet"
            if not end.not_running:
                raise end.error(self._name)
        elif isinstance(end, ConnectionLost):
            self.last_seen = end.how
        elif isinstance(end, Exited):
            self.last_seen = link.words or "its relay ended"
            fact = f'there is no agent in pod "{self._name}", or it does not answer.'
            remedy = "Was the pod made by kt_jupyter? Its log says more."
            self._no_agent(KtError(fact, remedy=remedy, server=link.words or None))

    def _no_agent(self, error: KtError) -> None:
        """Settle that there is none when that has been so for long."""
        clock = asyncio.get_running_loop().time()
        self._no_agent_since = self._no_agent_since or clock
        if clock - self._no_agent_since > _NO_AGENT:
            self.pod.end(error)
