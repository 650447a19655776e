"""The asynchronous core: one request to its end, renewals, retries and errors included.

Everything above (``client.py``) describes requests and waits; everything below (``transport.py``) makes one attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from kt_jupyter.errors import KtError, NamespaceNotFound
from kt_jupyter.kube import describe, notices
from kt_jupyter.kube.credentials import Credentials, Issued
from kt_jupyter.kube.failures import failure, not_kubernetes
from kt_jupyter.kube.kubeconfig import suggest
from kt_jupyter.kube.link import Link
from kt_jupyter.kube.listing import list_all
from kt_jupyter.kube.request import Request, impersonation_headers
from kt_jupyter.kube.resources import NAMESPACES
from kt_jupyter.kube.retry import Patience
from kt_jupyter.kube.target import Impersonation
from kt_jupyter.kube.transport import Reply, Transport, Upgraded, WireError
from kt_jupyter.kube.unreachable import outcome_unknown, unreachable

_PATIENT = 3.0  # seconds of waiting as the server asks, after which the person is told
_UNAUTHORIZED = 401
_Send = Callable[[Transport, Issued], Awaitable[Reply]]


class Api:
    """Requests over one link, as one identity.

    Args:
        link: The way to the server.
        impersonate: Whom to act as; default: as the kubeconfig's user says.
    """

    def __init__(self, link: Link, impersonate: Impersonation | None = None) -> None:
        self.link = link
        self._headers = impersonation_headers(impersonate or link.target.identity.impersonate)

    async def json(self, request: Request) -> dict[str, Any]:
        """Make a request and return the answer's JSON object; of a missing namespace, names close to it are said.

        Raises:
            NamespaceNotFound: There is no such namespace.
            ApiError: The server refuses.
            ClusterUnreachable: No answer came.
            ConfigError: The credentials or certificates cannot be had.
        """
        try:
            reply = await self._answered(request)
        except NamespaceNotFound as error:
            with contextlib.suppress(KtError):  # not everybody may list namespaces
                names = [item["metadata"]["name"] for item in await self.items(describe.listing(NAMESPACES))]
                missing = request.namespace or request.name or ""
                error.remedy = f"{suggest(missing, names, 'namespaces')} {error.remedy}"
            raise
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise not_kubernetes(reply, request, self.link.target)
        return answer

    async def text(self, request: Request) -> str:
        """Make a request and return the answer as text."""
        return (await self._answered(request)).body.decode(errors="replace")

    async def items(self, request: Request) -> list[dict[str, Any]]:
        """Make a list request, all pages, and return the items."""
        found, _ = await list_all(self, request)
        return found

    @asynccontextmanager
    async def stream(self, request: Request, *, read: float) -> AsyncIterator[tuple[Reply, AsyncIterator[bytes]]]:
        """Make one attempt and give the answer's body as it comes; a 401 renews the credentials once.

        Raises:
            WireError: The connection broke. Whoever streams knows how to go on.
            ApiError: The server refuses.
        """
        transport, credentials = self.link.opened()
        issued = await credentials.issue()
        for final in (False, True):
            async with transport.stream(request, self._headers, issued, read=read) as (reply, chunks):
                self._note_warnings(reply)
                if reply.status < 300:  # noqa: PLR2004
                    yield reply, chunks
                    return
                reply.body = b"".join([chunk async for chunk in chunks])
            renewed = await _renewed(reply, credentials, issued, final=final)
            if renewed is None:
                raise failure(reply, request, self.link.target, login_hint=credentials.hint())
            issued = renewed

    async def upgrade(self, request: Request, headers: list[tuple[str, str]]) -> Upgraded:
        """Turn a connection into something else, renewals and retries included; the caller releases it.

        Raises:
            ApiError: The server refuses, with its reason.
            ClusterUnreachable: No answer came.
        """
        reply = await self._answered(request, lambda way, issued: way.upgrade(request, self._headers + headers, issued))
        if not isinstance(reply, Upgraded):
            raise not_kubernetes(reply, request, self.link.target)
        return reply

    async def _answered(self, request: Request, send: _Send | None = None) -> Reply:
        send = send or (lambda way, issued: way.exchange(request, self._headers, issued))
        patience = Patience(self.link.limits)
        renewed_once = revived_once = False
        while True:
            target = self.link.target
            transport, credentials = self.link.opened()
            issued = await credentials.issue()
            try:
                reply = await send(transport, issued)
            except WireError as broken:
                if not broken.sent and not revived_once and await self.link.revived(target):
                    revived_once = True
                    continue
                await self._pause_after_break(broken, request, patience, transport)
                continue
            self._note_warnings(reply)
            if reply.status < 300:  # noqa: PLR2004
                return reply
            if await _renewed(reply, credentials, issued, final=renewed_once):
                renewed_once = True
                continue
            await self._pause_after_refusal(reply, request, patience, credentials)

    async def _pause_after_break(
        self, broken: WireError, request: Request, patience: Patience, transport: Transport
    ) -> None:
        wait = patience.after_break(broken, request)
        if wait is None and broken.sent and not request.repeatable:
            raise outcome_unknown(transport.target, broken, request) from broken.cause
        if wait is None:
            raise unreachable(
                transport.target, broken, attempts=patience.attempts, seconds=patience.elapsed
            ) from broken.cause
        await asyncio.sleep(wait)

    async def _pause_after_refusal(
        self, reply: Reply, request: Request, patience: Patience, credentials: Credentials
    ) -> None:
        wait = patience.after_reply(reply, request)
        if wait is None:
            raise failure(
                reply, request, self.link.target, login_hint=credentials.hint(), waited=patience.waited
            ) from None
        if wait >= _PATIENT:
            limit = self.link.limits.busy
            notices.say_now(
                f"{self.link.target.name} asks to wait {wait:.0f} s; Ctrl-C stops, {limit:.0f} s is the end."
            )
        await asyncio.sleep(wait)

    def _note_warnings(self, reply: Reply) -> None:
        for header in reply.all("warning"):
            notices.warned(header)


async def _renewed(reply: Reply, credentials: Credentials, issued: Issued, *, final: bool) -> Issued | None:
    """After a 401, return other credentials than those refused; None for any other answer or when there are none."""
    if reply.status != _UNAUTHORIZED or final:
        return None
    fresh = await credentials.issue(instead_of=issued)
    return fresh if fresh != issued else None
