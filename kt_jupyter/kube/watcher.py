"""The asynchronous core of a watch: the truth about a set of objects, in order, through drops and forgetful servers.

It remembers what its consumer has been told (``_Known``) and only ever reports the difference. That one rule makes
all the cases the same case: a relist after 410, an event sent twice, an object deleted and made anew during a gap, a
server that repeats bookmarks. What the consumer sees is what a connection that never broke would have shown it, except
that changes which followed one another within a gap may arrive as one.

Rules of the protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
Resource versions are compared as numbers where they are numbers (KEP-5504 makes that a promise), for equality only
where not. ``sendInitialEvents`` is not used: servers with an old etcd answer it with 200 and then an error.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from kt_jupyter.errors import ApiError, ClusterUnreachable, Expired, ServerBusy, ServerFailure, Unauthorized
from kt_jupyter.kube.api import Api
from kt_jupyter.kube.events import Event
from kt_jupyter.kube.failures import from_status
from kt_jupyter.kube.listing import list_all
from kt_jupyter.kube.request import Request, parameters
from kt_jupyter.kube.retry import backoff
from kt_jupyter.kube.transport import WireError
from kt_jupyter.kube.unreachable import unreachable

Json = dict[str, Any]
_Key = tuple[str, str]
_PASSING = (ClusterUnreachable, ServerBusy, ServerFailure, Unauthorized)


class _Restart(Exception):  # noqa: N818 - not an error: the stream has to be begun again
    """The stream ended other than in good order. ``relist``: its resource version is of no more use."""

    def __init__(self, *, relist: bool, cause: Exception | None = None) -> None:
        super().__init__()
        self.relist = relist
        self.cause = cause


@dataclass
class _Known:
    """What the consumer has been told, and the newest resource version heard of."""

    objects: dict[_Key, Json] = field(default_factory=dict)
    version: str = ""

    def replaced_by(self, items: list[Json], version: str) -> list[Event]:
        """Return the events that lead from what is known to a fresh list."""
        events: list[Event] = []
        fresh = {_key(item): item for item in items}
        events += [self._gone(key, self.objects[key]) for key in self.objects.keys() - fresh.keys()]
        for key, item in fresh.items():
            known = self.objects.get(key)
            if known is None or _version(known) != _version(item) or _uid(known) != _uid(item):
                events += self._set(key, item)
        self.version = version
        return events

    def changed_by(self, kind: str, item: Json) -> list[Event]:
        """Return the events that one line of the stream stands for: usually one, none when it is a repetition."""
        version = _version(item)
        if _not_newer(version, self.version):
            return []
        self.version = version or self.version
        key = _key(item)
        known = self.objects.get(key)
        if kind == "BOOKMARK":
            return []
        if kind == "DELETED":
            return [self._gone(key, item)] if known is not None and _uid(known) == _uid(item) else []
        if known is not None and _uid(known) == _uid(item) and _version(known) == version:
            return []
        return self._set(key, item)

    def _set(self, key: _Key, item: Json) -> list[Event]:
        known = self.objects.get(key)
        events = [self._gone(key, known)] if known is not None and _uid(known) != _uid(item) else []
        kind: Literal["ADDED", "MODIFIED"] = "MODIFIED" if key in self.objects else "ADDED"
        self.objects[key] = item
        return [*events, Event(kind, item)]

    def _gone(self, key: _Key, item: Json) -> Event:
        del self.objects[key]
        return Event("DELETED", item)


class Watcher:
    """Follow the objects a list request describes.

    Attributes:
        live: Whether a stream is open right now: what a view shows as a dot.
    """

    def __init__(self, api: Api, request: Request) -> None:
        self._api = api
        self._request = request
        self._limits = api.link.limits
        self._known = _Known()
        self.live = False

    async def batches(self) -> AsyncGenerator[list[Event]]:
        """Give the initial list (ADDED for each, perhaps none), then changes as they come, in batches.

        Raises:
            ApiError: The list or the watch is refused for good.
            ClusterUnreachable: At the start; later only after ``Limits.outage`` seconds without any answer.
        """
        yield await self._relist()
        failures, relist, last_answer = 0, False, time.monotonic()
        while True:
            cause: Exception | None = None
            try:
                if relist:
                    yield await self._relist()
                    relist, last_answer = False, time.monotonic()
                async for batch in self._stream():
                    failures, last_answer = 0, time.monotonic()
                    yield batch
            except _Restart as restart:
                relist, cause = relist or restart.relist, restart.cause
            except _PASSING as error:
                cause = error
            finally:
                self.live = False
            failures += 1
            if cause and time.monotonic() - last_answer > self._limits.outage:
                raise self._gave_up(cause, failures, time.monotonic() - last_answer) from cause
            if failures > 1 or cause:
                await asyncio.sleep(backoff(self._limits, failures))

    async def _relist(self) -> list[Event]:
        items, version = await list_all(self._api, self._request)
        return self._known.replaced_by(items, version)

    async def _stream(self) -> AsyncGenerator[list[Event]]:
        """Follow one stream from the known version; an empty batch tells that the server is there."""
        try:
            async with self._api.stream(self._watch_request(), read=self._limits.stall) as (_, chunks):
                self.live = True
                rest = b""
                async for chunk in chunks:
                    *lines, rest = (rest + chunk).split(b"\n")
                    events, end = self._read(lines)
                    yield events
                    if end:
                        raise end
        except WireError as broken:
            raise _Restart(relist=False, cause=broken) from broken
        except Expired as error:
            raise _Restart(relist=True) from error
        # A last line without its newline is not read: the next stream brings it whole.

    def _watch_request(self) -> Request:
        seconds = random.uniform(0.8, 1.0) * self._limits.watch  # noqa: S311 - spread, not secrecy
        query = parameters(
            {
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": self._known.version,
                "timeoutSeconds": str(max(1, int(seconds))),
            }
        )
        return replace(self._request, verb="watch", query=(*self._request.query, *query))

    def _read(self, lines: list[bytes]) -> tuple[list[Event], _Restart | None]:
        events: list[Event] = []
        for line in lines:
            if not line.strip():
                continue
            try:
                message = json.loads(line)
                kind, item = message["type"], message["object"]
                if kind == "ERROR":
                    return events, self._error(item)
                events += self._known.changed_by(kind, item)
            except (ValueError, KeyError, TypeError) as error:  # cut or mangled on the way: begin again
                return events, _Restart(relist=False, cause=error)
        return events, None

    def _error(self, status: Json) -> _Restart:
        """Read an ERROR event. Whatever it is, the list tells the truth; anything but "too old" also means: slowly."""
        error = from_status(status, int(status.get("code") or 500), self._request, self._api.link.target)
        too_old = isinstance(error, Expired) or error.reason in ("Expired", "Gone")
        return _Restart(relist=True, cause=None if too_old else error)

    def _gave_up(self, cause: Exception, attempts: int, seconds: float) -> Exception:
        if isinstance(cause, WireError):
            return unreachable(self._api.link.target, cause, attempts=attempts, seconds=seconds)
        if isinstance(cause, ApiError | ClusterUnreachable):
            return cause
        return ServerFailure(f"{self._api.link.target.name} sends a watch that cannot be read: {cause}")


def _key(item: Json) -> _Key:
    metadata = item["metadata"]
    return metadata.get("namespace") or "", metadata.get("name") or ""


def _version(item: Json) -> str:
    return str(item["metadata"].get("resourceVersion") or "")


def _uid(item: Json) -> str:
    return str(item["metadata"].get("uid") or "")


def _not_newer(version: str, than: str) -> bool:
    return version.isdigit() and than.isdigit() and int(version) <= int(than)
