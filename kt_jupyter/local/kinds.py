"""Which rules each kind has, and what admission adds to those of all kinds.

The order of the steps is the registry's; this module only says who takes them.
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.admission import limits as limit_ranges
from kt_jupyter.local.admission import namespaces, quota, security
from kt_jupyter.local.fields import Problem
from kt_jupyter.local.rules import Change, Rules
from kt_jupyter.local.strategies import claims, events, jobs, limits, metadata, pods, rbac, small, volumes
from kt_jupyter.local.strategies.base import Strategy

_RBAC: Final = "rbac.authorization.k8s.io"
_STRATEGIES: Final[dict[str, Strategy]] = {
    "persistentvolumeclaims": claims.Claims(),
    "persistentvolumes": volumes.Volumes(),
    "storageclasses.storage.k8s.io": volumes.Classes(),
    "pods": pods.Pods(),
    "jobs.batch": jobs.Jobs(),
    "namespaces": small.Namespaces(),
    "configmaps": small.ConfigMaps(),
    "secrets": small.Secrets(),
    "events": events.Events(),
    "resourcequotas": limits.Quotas(),
    "limitranges": limits.LimitRanges(),
    f"roles.{_RBAC}": rbac.Roles(),
    f"clusterroles.{_RBAC}": rbac.Roles(),
    f"rolebindings.{_RBAC}": rbac.Bindings(),
    f"clusterrolebindings.{_RBAC}": rbac.Bindings(),
}
_PLAIN: Final = Strategy()


class KindRules(Rules):
    """Sends each step of a write to the rules of its kind."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""
        metadata.tidy(change.obj)
        _of(change).default(change)

    def admit(self, change: Change) -> None:
        """Change the object, or refuse it, before it is validated."""
        namespaces.admit(change)
        limit_ranges.admit(change)
        _of(change).admit(change)

    def prepare(self, change: Change) -> None:
        """Set the fields that the server owns."""
        _of(change).prepare(change)

    def problems(self, change: Change) -> list[Problem]:
        """Return what is wrong with the object, or with the change."""
        return _of(change).problems(change)

    def warn(self, change: Change) -> None:
        """Add warnings about an object that is accepted."""
        _of(change).warn(change)

    def check(self, change: Change) -> None:
        """Refuse a valid object for the state of the cluster; what it would use counts last."""
        limit_ranges.check(change)
        _of(change).check(change)
        security.check(change)
        quota.check(change)


def _of(change: Change) -> Strategy:
    return _STRATEGIES.get(change.resource.key, _PLAIN)
