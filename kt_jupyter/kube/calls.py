"""Reads that are described but not yet made: what ``Cluster.gather`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from kt_jupyter.kube.resources import Resource


@dataclass(frozen=True)
class Get:
    """One object; gives a dict. Without a namespace, the cluster's own."""

    resource: Resource
    name: str
    namespace: str | None = None


@dataclass(frozen=True)
class List:
    """All objects of a kind that match; gives a list of dicts."""

    resource: Resource
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
