"""What is known of a Job that is starting, kept up to date by watches: nothing is asked twice.

The watches call back on the I/O thread and only put what they bring into a queue; the thread that waits takes it out.
Rights are not the same everywhere. Pods must be seen; without the Job or the events there is less to explain, and the
start goes on.
"""

from __future__ import annotations

import contextlib
import functools
import queue
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

from kt_jupyter.errors import KtError
from kt_jupyter.kube import CLAIMS, EVENTS, JOBS, PODS, Cluster, Event, Resource, Subscription
from kt_jupyter.pods import refused
from kt_jupyter.pods.stages import Seen
from kt_jupyter.specs.job import NAME_LABEL, rank_of

Json = dict[str, Any]
_About = Literal["job", "pod", "claim", "event"]
_News = list[Event] | KtError  # an error: that watch is over


class Following:
    """A Job that is being followed; a context manager.

    Args:
        cluster: Where it is.
        job: The Job, as the server answered.
        claims: Claims it mounts that are not bound yet, by name.
    """

    def __init__(self, cluster: Cluster, job: Json, claims: dict[str, Json]) -> None:
        self._cluster = cluster
        self._namespace: str = job["metadata"]["namespace"]
        self._uid: str = job["metadata"]["uid"]
        self._job: Json | None = job
        self._ours = f"{NAME_LABEL}={job['metadata']['name']}"
        self._is_listed = False
        self._claims: dict[str, Json | None] = dict(claims)
        self._pods: dict[str, Json] = {}
        self._events: dict[str, Json] = {}
        self._news: queue.SimpleQueue[tuple[_About, _News]] = queue.SimpleQueue()
        self._watches: list[Subscription] = []
        self._watched: set[str] = set()

    def __enter__(self) -> Self:
        assert self._job is not None
        self._watch("pod", PODS, label_selector=self._ours)
        self._watch("job", JOBS, name=self._job["metadata"]["name"])
        self._watch_events(self._uid)
        for claim in self._claims.values():
            assert claim is not None
            self._watch("claim", CLAIMS, name=claim["metadata"]["name"])
            self._watch_events(claim["metadata"]["uid"])
        return self

    def __exit__(self, *_: object) -> None:
        for watch in self._watches:
            watch.close()

    def seen(self) -> Seen:
        """Return what is known now."""
        mine = [pod for pod in self._pods.values() if self._made(pod)]
        return Seen(self._job, sorted(mine, key=_rank), dict(self._claims), list(self._events.values()))

    def learn(self, timeout: float) -> bool:
        """Wait for news and take in all there is; returns whether there was any.

        Raises:
            KtError: Pods cannot be watched.
        """
        try:
            about, news = self._news.get(timeout=timeout)
        except queue.Empty:
            return False
        self._take(about, news)
        while not self._news.empty():
            self._take(*self._news.get())
        return True

    def wake(self) -> None:
        """Have ``learn`` return; from any thread."""
        self._news.put(("event", []))

    def _take(self, about: _About, news: _News) -> None:
        if isinstance(news, KtError):
            if about == "pod":
                raise news
            return
        if about == "job" and not self._is_listed:
            # The watch begins with what there is: a Job deleted since it was found is not told of, only missing.
            self._is_listed = True
            self._job = None
        for event in news:
            self._note(about, event)

    def _note(self, about: _About, event: Event) -> None:
        obj, gone = event.object, event.type == "DELETED"
        key = obj["metadata"]["uid"]
        match about:
            case "event":
                self._events[key] = obj
            case "job":
                if key == self._uid:
                    self._job = None if gone else obj
                    if self._job is not None and refused.ended(self._job) is not None:
                        self._read_pods()
            case "claim":
                self._claims[obj["metadata"]["name"]] = None if gone else obj
            case "pod":
                self._note_pod(key, obj, gone=gone)

    def _read_pods(self) -> None:
        """Read the pods of a Job that has ended: they say why, and their watch may say so later than the Job's."""
        with contextlib.suppress(KtError):
            for pod in self._cluster.list(PODS, namespace=self._namespace, label_selector=self._ours):
                self._note_pod(pod["metadata"]["uid"], pod, gone=False)

    def _note_pod(self, uid: str, pod: Json, *, gone: bool) -> None:
        # One that is gone is remembered as it was last: that it was deleted is the reason that nothing comes of it.
        self._pods[uid] = pod
        if self._made(pod) and not gone:
            self._watch_events(uid)

    def _made(self, pod: Json) -> bool:
        return any(owner["uid"] == self._uid for owner in pod["metadata"].get("ownerReferences") or ())

    def _watch_events(self, uid: str) -> None:
        if uid not in self._watched:
            self._watched.add(uid)
            self._watch("event", EVENTS, field_selector=f"involvedObject.uid={uid}")

    def _watch(self, about: _About, resource: Resource, **which: str) -> None:
        hear: Callable[[Any], None] = functools.partial(self._hear, about)
        watch = self._cluster.subscribe(resource, hear, on_end=hear, namespace=self._namespace, **which)
        self._watches.append(watch)

    def _hear(self, about: _About, news: _News) -> None:
        self._news.put((about, news))


def _rank(pod: Mapping[str, Any]) -> tuple[int, str]:
    return rank_of(pod), pod["metadata"]["creationTimestamp"]
