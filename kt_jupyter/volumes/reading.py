"""Reading what belongs together in the time of one request, and going on where rights are missing.

A claim must be readable; pods, classes and events only explain it. Who may not list those still gets the volume, with
``None`` where the explanation would stand, so that a view can say which right is missing.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kt_jupyter.errors import Forbidden, KtError, NamespaceNotFound, NotFound, VolumeNotFound
from kt_jupyter.kube import CLAIMS, EVENTS, NAMESPACES, PODS, STORAGE_CLASSES, Cluster, Get, List
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes import events
from kt_jupyter.volumes.choice import Market
from kt_jupyter.volumes.pasting import python_arguments
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.users import PodUse, users_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """A claim and what explains it."""

    claim: Json | None
    users: list[PodUse] | None
    classes: Mapping[str, StorageClass] | None
    events: list[Json] | None

    def status(self) -> VolumeStatus:
        """Judge the claim, which must be there."""
        assert self.claim is not None
        return VolumeStatus.of(self.claim, users=self.users, classes=self.classes, events=self.events)


def read_facts(cluster: Cluster, namespace: str, name: str) -> Facts:
    """Read a claim, its pods, its events and the classes, all at once; a claim that is not there is None."""
    claim, pods, classes, said = cluster.gather(
        Get(CLAIMS, name, namespace),
        List(PODS, namespace),
        List(STORAGE_CLASSES),
        List(EVENTS, namespace, field_selector=events.about(name)),
        return_errors=True,
    )
    if isinstance(claim, KtError) and not isinstance(claim, NotFound):
        raise claim
    pods, classes, said = optional(pods), optional(classes), optional(said)
    found = None if isinstance(claim, KtError) else claim
    return Facts(
        claim=found,
        users=None if pods is None else users_of(name, pods),
        classes=None if classes is None else by_name(classes),
        # A namesake that was deleted has left its events behind.
        events=None if said is None or found is None else [each for each in said if _is_about(each, found)],
    )


def read_market(cluster: Cluster, namespace: str) -> Market:
    """Read the storage that can be had in a namespace."""
    classes, own = cluster.gather(List(STORAGE_CLASSES), List(CLAIMS, namespace), return_errors=True)
    return Market.of(optional(classes), optional(own) or ())


def optional(result: Any) -> Any:
    """Return what was read, None where it may not be read; any other error is raised."""
    if isinstance(result, Forbidden):
        return None
    if isinstance(result, BaseException):
        raise result
    return result


def by_name(classes: list[Json]) -> dict[str, StorageClass]:
    """Read storage classes into a mapping by name."""
    return {each["metadata"]["name"]: StorageClass.from_manifest(each) for each in classes}


def absence(cluster: Cluster, namespace: str, name: str) -> NotFound:
    """Return the error that says what is missing: the volume, with names like it, or the whole namespace."""
    own, space = cluster.gather(List(CLAIMS, namespace), Get(NAMESPACES, namespace), return_errors=True)
    if isinstance(space, NamespaceNotFound):
        return space
    names = [] if isinstance(own, KtError) else [each["metadata"]["name"] for each in own]
    near = difflib.get_close_matches(name, names, n=3)
    hint = f"Close to it: {', '.join(near)}. " if near else ""
    arguments = python_arguments(name, size="10Gi", mount_path="/data", namespace=elsewhere(cluster, namespace))
    return VolumeNotFound(
        f'there is no volume "{name}" in namespace {namespace}.',
        remedy=f"{hint}To make it: kt.Volume({arguments}).create()",
        code=404,
        reason="NotFound",
    )


def elsewhere(cluster: Cluster, namespace: str) -> str | None:
    """Return the namespace where code to paste has to name it, None where it is the current one."""
    return namespace if namespace != cluster.namespace else None


def _is_about(event: Json, claim: Json) -> bool:
    uid = event["involvedObject"].get("uid")
    return uid is None or uid == claim["metadata"]["uid"]
