"""From a call's arguments to the request that makes it: pure functions, one per verb.

Two defaults are kubectl's: unknown fields are refused (``fieldValidation=Strict``), so that a misspelt field is an
error and not silence; and changes carry our name as their field manager, so that ``kubectl get --show-managed-fields``
tells who made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kt_jupyter.kube.request import Request, as_json, parameters
from kt_jupyter.kube.resources import PODS, RULES_REVIEWS, Resource

Json = dict[str, Any]

_PATCH_TYPES: Final = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_CHANGE: Final = (("fieldManager", "kt_jupyter"), ("fieldValidation", "Strict"))


def get(resource: Resource, name: str, namespace: str | None) -> Request:
    """Read one object."""
    return Request("get", resource, namespace, name)


def listing(
    resource: Resource,
    namespace: str | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
) -> Request:
    """Read a collection; also what a watch starts from."""
    query = parameters({"labelSelector": label_selector, "fieldSelector": field_selector})
    return Request("list", resource, namespace, query=query)


def create(resource: Resource, manifest: Json, namespace: str | None, *, dry_run: bool) -> Request:
    """Create an object; ``apiVersion`` and ``kind`` may be left out of the manifest."""
    body = {"apiVersion": resource.api_version, "kind": resource.kind, **manifest}
    return Request("create", resource, namespace, query=_changing(dry_run=dry_run), body=as_json(body))


def patch(
    resource: Resource,
    name: str,
    patch: Json | list[Json],
    namespace: str | None,
    *,
    kind: str,
    subresource: str | None,
    dry_run: bool,
) -> Request:
    """Change parts of an object."""
    return Request(
        "patch",
        resource,
        namespace,
        name,
        subresource,
        query=_changing(dry_run=dry_run),
        body=as_json(patch),
        content_type=_PATCH_TYPES[kind],
    )


def delete(
    resource: Resource,
    name: str,
    namespace: str | None,
    *,
    uid: str | None,
    grace_seconds: int | None,
    propagation: str,
    dry_run: bool,
) -> Request:
    """Delete an object. The options travel in the body: a precondition has no place in the query."""
    options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
    if uid is not None:
        options["preconditions"] = {"uid": uid}
    if grace_seconds is not None:
        options["gracePeriodSeconds"] = grace_seconds
    if dry_run:
        options["dryRun"] = ["All"]
    return Request("delete", resource, namespace, name, body=as_json(options))


def logs(pod: str, namespace: str, *, container: str | None, tail_lines: int | None) -> Request:
    """Read a log."""
    tail = None if tail_lines is None else str(tail_lines)
    return Request("get", PODS, namespace, pod, "log", query=parameters({"container": container, "tailLines": tail}))


def stream(
    pod: str,
    namespace: str,
    *,
    command: Sequence[str] | None,
    container: str | None,
    stdin: bool,
    tty: bool,
) -> Request:
    """Open a stream: exec with a command, attach without. With a terminal there is no stderr of its own."""
    wanted = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
    query = [("command", word) for word in command or ()]
    query += [("container", container)] if container else []
    query += [(name, "true") for name, value in wanted.items() if value]
    what = "attach" if command is None else "exec"
    return Request("get", PODS, namespace, pod, what, query=tuple(query), acts=command is not None)


def rules_review(namespace: str) -> Request:
    """Ask what we may do. A create by its form, a question by its nature: nothing is stored."""
    body = {
        "apiVersion": RULES_REVIEWS.api_version,
        "kind": RULES_REVIEWS.kind,
        "spec": {"namespace": namespace},
    }
    return Request("create", RULES_REVIEWS, body=as_json(body), asks_only=True)


def version() -> Request:
    """Ask the server's version."""
    return Request("get", path="/version")


def _changing(*, dry_run: bool) -> tuple[tuple[str, str], ...]:
    return (*_CHANGE, ("dryRun", "All")) if dry_run else _CHANGE
