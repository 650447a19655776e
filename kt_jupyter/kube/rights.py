"""What an identity may do in a namespace, from one ``SelfSubjectRulesReview``.

One request instead of one per verb. The server may answer ``incomplete`` (a webhook authoriser cannot list its
rules): then a missing rule proves nothing, and ``allows`` says yes and lets the server decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kt_jupyter.kube.resources import Resource


@dataclass(frozen=True)
class Rights:
    """The rules that hold for one identity in one namespace.

    Attributes:
        namespace: Where they hold.
        rules: ``resourceRules`` as the server gave them.
        incomplete: The server could not list all; ``allows`` then never says no.
    """

    namespace: str
    rules: Sequence[dict[str, Any]]
    incomplete: bool = False

    def allows(self, verb: str, resource: Resource, subresource: str | None = None) -> bool:
        """Whether ``verb`` on the kind (or its subresource) is granted for every name.

        Source of the matching rules: ``VerbMatches``, ``APIGroupMatches`` and ``ResourceMatches`` of
        kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go. A rule with ``resourceNames`` does not count: it grants
        some objects only.
        """
        return self.incomplete or any(_grants(rule, verb, resource, subresource) for rule in self.rules)


def _grants(rule: dict[str, Any], verb: str, resource: Resource, subresource: str | None) -> bool:
    if rule.get("resourceNames"):
        return False
    wanted = {"*", f"{resource.plural}/{subresource}", f"*/{subresource}"} if subresource else {"*", resource.plural}
    return (
        not {"*", verb}.isdisjoint(rule.get("verbs") or ())
        and not {"*", resource.group}.isdisjoint(rule.get("apiGroups") or ())
        and not wanted.isdisjoint(rule.get("resources") or ())
    )
