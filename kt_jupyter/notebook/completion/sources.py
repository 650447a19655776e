"""Where the names for Tab come from: reads that are begun on kube's I/O thread and collected by the cache.

The cluster is the one this kernel works on, or the one it would work on. Where that is the embedded one, Tab starts it,
as Enter would, in the background and without a word: its first names are there for the second Tab.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

from kt_jupyter import kube
from kt_jupyter.errors import KtError
from kt_jupyter.kube import CLAIMS, JOBS, NAMESPACES, SERVICE_ACCOUNTS, STORAGE_CLASSES, Cluster, List
from kt_jupyter.notebook.completion.names import Names
from kt_jupyter.specs.compute import name_of, selector

_READS: dict[str, Callable[[str | None], List]] = {
    "volume": lambda namespace: List(CLAIMS, namespace),
    "compute": lambda namespace: List(JOBS, namespace, label_selector=selector()),
    "class": lambda _: List(STORAGE_CLASSES),
    "namespace": lambda _: List(NAMESPACES),
    "service account": lambda namespace: List(SERVICE_ACCOUNTS, namespace),
}


class _Asker:
    """Begins the reads, always over the same connections while the configuration stays the same."""

    def __init__(self) -> None:
        self._cluster: Cluster | None = None

    def __call__(self, kind: str, namespace: str | None) -> Future[list[str]] | None:
        if kind == "context":
            return _answered([context.name for context in kube.contexts()])
        if kind not in _READS:
            return None
        read = _READS[kind](namespace)
        cluster = self._reachable()
        if cluster is None:
            return _names(kube.read_local(read), None)
        return _names(cluster.later(read), _namespaces_of_contexts if kind == "namespace" else None)

    def _reachable(self) -> Cluster | None:
        seen = kube.peek()
        # Before the first choice each peek is a new Cluster, with a login of its own: keep the one that has logged in.
        if seen is None or self._cluster is None or repr(seen) != repr(self._cluster):
            self._cluster = seen
        return self._cluster


def _names(objects: Future[Any], fallback: Callable[[], list[str]] | None) -> Future[list[str]]:
    named: Future[list[str]] = Future()

    def read(done: Future[Any]) -> None:
        try:
            named.set_result(sorted(map(_name, done.result())))
        except (KtError, CancelledError) as error:
            if fallback is None:
                named.set_exception(error)
            else:
                named.set_result(fallback())

    objects.add_done_callback(read)
    return named


def _name(obj: dict[str, Any]) -> str:
    return name_of(obj) if obj.get("kind") == JOBS.kind else str(obj["metadata"]["name"])


def _namespaces_of_contexts() -> list[str]:
    """Who may not list namespaces has named some in their kubeconfig."""
    return sorted({context.namespace for context in kube.contexts()})


def _answered(words: list[str]) -> Future[list[str]]:
    future: Future[list[str]] = Future()
    future.set_result(words)
    return future


def _scope() -> str:
    try:
        return repr(kube.peek())
    except KtError:
        return ""


names = Names(_Asker(), scope=_scope)
"""The cache of this kernel; forgotten when the magics change the cluster or what is in it."""
