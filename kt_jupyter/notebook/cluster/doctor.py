"""May I do here what this product does, and what storage is there: asked once, answered as checks.

Everything is read in two rounds at most: who may what (one SelfSubjectRulesReview), then classes and quotas together.
A missing right is an answer, not an error; only an API server that says nothing at all raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kt_jupyter.errors import KtError
from kt_jupyter.kube import RESOURCE_QUOTAS, STORAGE_CLASSES, Cluster, List, Rights
from kt_jupyter.notebook.cluster.features import CLUSTER_FEATURES, FEATURES, Feature
from kt_jupyter.specs.storage import Sharing, StorageClass, default_class, shared_class


class Answer(Enum):
    """What a check found; LIMITED is a no that one can live with."""

    YES = "yes"
    NO = "no"
    LIMITED = "limited"


@dataclass(frozen=True)
class Check:
    """One question, its answer, and the fact behind it."""

    what: str
    answer: Answer
    detail: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The doctor's report on one namespace of one cluster."""

    context: str
    namespace: str
    checks: tuple[Check, ...]

    @property
    def complete(self) -> bool:
        """Whether everything works."""
        return all(check.answer is Answer.YES for check in self.checks)

    @property
    def lacks_rights(self) -> bool:
        """Whether a Role would help."""
        features = {feature.what for feature in (*FEATURES, *CLUSTER_FEATURES)}
        return any(check.answer is not Answer.YES and check.what in features for check in self.checks)


def diagnose(cluster: Cluster) -> Diagnosis:
    """Ask the cluster what may be done in its namespace and what storage there is.

    Raises:
        ClusterUnreachable: No answer came, so there is nothing to report.
    """
    version = cluster.version().get("gitVersion", "")
    rights = cluster.rights()
    classes, quotas = cluster.gather(List(STORAGE_CLASSES), List(RESOURCE_QUOTAS), return_errors=True)
    checks = (
        Check("reach the cluster", Answer.YES, f"Kubernetes {version}"),
        *(_feature(feature, rights, optional=False) for feature in FEATURES),
        *(_feature(feature, rights, optional=True) for feature in CLUSTER_FEATURES),
        *_storage(classes),
        *_limits(quotas),
    )
    return Diagnosis(cluster.context or "in-cluster", cluster.namespace, checks)


def _feature(feature: Feature, rights: Rights, *, optional: bool) -> Check:
    missing = feature.need.missing(rights)
    if not missing:
        return Check(feature.what, Answer.YES, "this server cannot list rights: try it" if rights.incomplete else "")
    needs = f"needs {', '.join(missing)} on {feature.need.qualified}; without: {feature.without}"
    return Check(feature.what, Answer.LIMITED if optional else Answer.NO, needs)


def _storage(manifests: Sequence[Mapping[str, Any]] | KtError) -> list[Check]:
    if isinstance(manifests, KtError):
        return []  # the missing right has its own line
    classes = [StorageClass.from_manifest(manifest) for manifest in manifests]
    return [_default_storage(classes), _shared_storage(classes)]


def _default_storage(classes: Sequence[StorageClass]) -> Check:
    what, default = "make a volume without naming a class", default_class(classes)
    if default is None:
        return Check(what, Answer.NO, f"no class is marked as the default; name one of: {_names(classes)}")
    return Check(what, Answer.YES, _described(default))


def _shared_storage(classes: Sequence[StorageClass]) -> Check:
    what, shared = "share a volume between nodes (RWX)", shared_class(classes, conditional=True)
    if shared is None:
        return Check(what, Answer.LIMITED, f"no class is known to do it; classes here: {_names(classes)}")
    return Check(what, Answer.YES, f"class {shared.name}")


def _names(classes: Sequence[StorageClass]) -> str:
    return ", ".join(sorted(each.name for each in classes)) or "none at all"


def _described(storage_class: StorageClass) -> str:
    sharing = storage_class.sharing
    facts = [
        *([sharing.value] if sharing is not Sharing.UNKNOWN else []),
        "disk made at first use" if storage_class.waits_for_first_use else "disk made at once",
        "deleted with its data" if storage_class.reclaim_policy == "Delete" else "data kept when deleted",
    ]
    return f"class {storage_class.name}: {', '.join(facts)}"


def _limits(quotas: Sequence[Mapping[str, Any]] | KtError) -> list[Check]:
    if isinstance(quotas, KtError):
        return []
    return [check for quota in quotas if (check := _quota(quota)) is not None]


def _quota(quota: Mapping[str, Any]) -> Check | None:
    """Say what a quota leaves for volumes; None when it is about other things."""
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    about_storage = [key for key in hard if "storage" in key or "persistentvolumeclaims" in key]
    if not about_storage:
        return None
    used_up = any(used.get(key) == hard[key] for key in about_storage)
    detail = ", ".join(f"{key} {used.get(key, '0')} of {hard[key]} used" for key in about_storage)
    return Check(f"quota {quota['metadata']['name']}", Answer.LIMITED if used_up else Answer.YES, detail)
