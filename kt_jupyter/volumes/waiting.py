"""Waiting until it is known what becomes of a new volume.

"Bound" is not what one waits for: a class that makes disks for the first pod only never gets there by itself, and one
whose provisioner refuses never will. So the wait ends when the state says something lasting: bound, waiting for its
first use, or a problem with its reason. Two things tell, the claim and its events; both are followed, neither polled.
"""

from __future__ import annotations

import functools
import queue
import time
from typing import Any, Literal

from kt_jupyter import reporting
from kt_jupyter.errors import KtError
from kt_jupyter.kube import CLAIMS, EVENTS, Cluster, Event
from kt_jupyter.reporting import Say
from kt_jupyter.volumes import events
from kt_jupyter.volumes.reading import Facts, absence, read_facts
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.verdict import State

Json = dict[str, Any]
_About = Literal["claim", "events"]
_News = list[Event] | KtError  # an error: the watch is over


class _Pending:
    """A claim that is being followed: what is known of it, brought up to date by what the watches bring."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._claim = facts.claim
        self._events = {event["metadata"]["uid"]: event for event in facts.events or ()}
        self._news: queue.SimpleQueue[tuple[_About, _News]] = queue.SimpleQueue()

    def hear(self, about: _About, news: _News) -> None:
        """Take news; called on the I/O thread."""
        self._news.put((about, news))

    def status(self) -> VolumeStatus | None:
        """Judge the claim as it is known now; None when it is gone."""
        if self._claim is None:
            return None
        own = [each for each in self._events.values() if each["involvedObject"].get("uid") == self._uid]
        return VolumeStatus.of(self._claim, users=self._facts.users, classes=self._facts.classes, events=own)

    def learn(self, timeout: float | None) -> None:
        """Wait for news and take it in; ``queue.Empty`` when none came in time."""
        about, news = self._news.get(timeout=timeout)
        if isinstance(news, KtError):
            # Without the right to watch events the claim alone has to tell.
            if about == "claim":
                raise news
            return
        for event in news:
            if about == "events":
                self._events[event.object["metadata"]["uid"]] = event.object
            else:
                self._claim = None if event.type == "DELETED" else event.object

    @property
    def _uid(self) -> Any:
        return self._claim["metadata"]["uid"] if self._claim else None


def wait_until_settled(
    cluster: Cluster, namespace: str, name: str, *, timeout: float | None, progress: Say | None
) -> VolumeStatus:
    """Wait while a claim is Pending for a reason that passes; see ``Volume.wait``, which documents the arguments."""
    facts = read_facts(cluster, namespace, name)
    if facts.claim is None:
        raise absence(cluster, namespace, name)
    status = facts.status()
    if status.state is not State.PENDING:
        return status
    pending = _Pending(facts)
    hear_claim = functools.partial(pending.hear, "claim")
    hear_events = functools.partial(pending.hear, "events")
    watches = (
        cluster.subscribe(CLAIMS, hear_claim, on_end=hear_claim, namespace=namespace, name=name),
        cluster.subscribe(
            EVENTS, hear_events, on_end=hear_events, namespace=namespace, field_selector=events.about(name)
        ),
    )
    try:
        settled = _follow(pending, status, timeout=timeout, progress=progress)
    finally:
        for watch in watches:
            watch.close()
    if settled is None:
        raise absence(cluster, namespace, name)
    return settled


def _follow(
    pending: _Pending, status: VolumeStatus | None, *, timeout: float | None, progress: Say | None
) -> VolumeStatus | None:
    deadline = None if timeout is None else time.monotonic() + timeout
    said = None
    while status is not None and status.state is State.PENDING:
        if status.words != said:
            reporting.progress(f"{status.name}: {status.words}", progress)
            said = status.words
        try:
            pending.learn(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        status = pending.status()
    if status is not None:
        reporting.progress(f"{status.name}: {status.words}", progress)
    return status
