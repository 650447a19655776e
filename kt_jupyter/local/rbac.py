"""Who may do what: Roles and bindings evaluated as the real authorizer does.

Source: ``plugin/pkg/auth/authorizer/rbac/rbac.go`` and ``pkg/apis/rbac/v1/evaluation_helpers.go`` (1.34). The
default roles are ordinary objects (``bootstrap.py``), so ``kubectl get clusterroles`` shows what counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kt_jupyter.local import status
from kt_jupyter.local.fields import quoted
from kt_jupyter.local.objects import Object, dig, namespace_of
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.users import MASTERS, User

Rule = dict[str, Any]
_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody wants to do. ``path`` is set instead of a resource for ``/healthz`` and the like."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """``pods/log``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    def __str__(self) -> str:
        if self.path:
            return f"cannot {self.verb} path {quoted(self.path)}"
        where = f"in the namespace {quoted(self.namespace)}" if self.namespace else "at the cluster scope"
        return f"cannot {self.verb} resource {quoted(self.full_resource)} in API group {quoted(self.group)} {where}"


class Authorizer:
    """Answers from the roles and bindings that a registry holds."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def allows(self, user: User, action: Action) -> bool:
        """Return whether some rule grants the action."""
        return self.reason(user, action) is not None

    def reason(self, user: User, action: Action) -> str | None:
        """Return why an action is allowed, in the real authorizer's words, or None.

        Those who may do everything are known by their group, without a look at any role, and without words.
        """
        if MASTERS in user.groups:
            return ""
        for binding, namespace in self._bindings(user, action.namespace):
            if any(_grants(rule, action) for rule in self._rules_of(binding, namespace)):
                return _reason(binding, namespace, user)
        return None

    def _refusal(self, user: User, action: Action) -> str:
        """Return the real server's words for an action that is not allowed, roles that do not exist included."""
        missing = [
            f"{kind.lower()}.{_GROUP} {quoted(name)} not found"
            for binding, namespace in self._bindings(user, action.namespace)
            for kind, name in [(binding["roleRef"]["kind"], binding["roleRef"]["name"])]
            if self._role(binding, namespace) is None
        ]
        shown = missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]"
        because = f": RBAC: {shown}" if missing else ""
        return f"User {quoted(user.name)} {action}{because}"

    def denial(self, user: User, action: Action) -> status.ApiStatus:
        """Return the Forbidden (403) for an action that is not allowed."""
        why = self._refusal(user, action)
        if action.path:
            return status.ApiStatus(403, "Forbidden", f"forbidden: {why}", details={})
        noun = f"{action.resource}.{action.group}" if action.group else action.resource
        subject = f"{noun} {quoted(action.name)}" if action.name else noun
        details: dict[str, Any] = {"name": action.name} if action.name else {}
        if action.group:
            details["group"] = action.group
        return status.ApiStatus(
            403, "Forbidden", f"{subject} is forbidden: {why}", details={**details, "kind": action.resource}
        )

    def rules(self, user: User, namespace: str) -> Iterator[Rule]:
        """Yield every rule that applies to a user in a namespace ("" for the cluster's scope)."""
        for binding, where in self._bindings(user, namespace):
            yield from self._rules_of(binding, where)

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Object, str | None]]:
        for binding in self._registry.list(f"clusterrolebindings.{_GROUP}"):
            if _binds(binding, user):
                yield binding, None
        if namespace:
            for binding in self._registry.list(f"rolebindings.{_GROUP}", namespace):
                if _binds(binding, user):
                    yield binding, namespace

    def _rules_of(self, binding: Object, namespace: str | None) -> list[Rule]:
        return list((self._role(binding, namespace) or {}).get("rules") or [])

    def _role(self, binding: Object, namespace: str | None) -> Object | None:
        reference = binding.get("roleRef") or {}
        if reference.get("kind") == "ClusterRole":
            return self._registry.find(f"clusterroles.{_GROUP}", None, reference.get("name", ""))
        return self._registry.find(f"roles.{_GROUP}", namespace, reference.get("name", ""))


def _reason(binding: Object, namespace: str | None, user: User) -> str:
    reference = binding.get("roleRef") or {}
    name = binding["metadata"]["name"]
    shown = f"RoleBinding {quoted(f'{name}/{namespace}')}" if namespace else f"ClusterRoleBinding {quoted(name)}"
    subject = next(subject for subject in binding.get("subjects") or [] if _is_subject(subject, binding, user))
    who = f"{subject.get('kind')} {quoted(_subject_name(subject, binding))}"
    return f"RBAC: allowed by {shown} of {reference.get('kind')} {quoted(reference.get('name', ''))} to {who}"


def _subject_name(subject: Object, binding: Object) -> str:
    if subject.get("kind") != "ServiceAccount":
        return str(subject.get("name", ""))
    return f"{subject.get('name', '')}/{subject.get('namespace') or namespace_of(binding) or ''}"


def _binds(binding: Object, user: User) -> bool:
    return any(_is_subject(subject, binding, user) for subject in binding.get("subjects") or [])


def _is_subject(subject: Object, binding: Object, user: User) -> bool:
    kind, name = subject.get("kind"), subject.get("name", "")
    if kind == "User":
        return bool(name == user.name)
    if kind == "Group":
        return name in user.groups
    if kind == "ServiceAccount":
        namespace = dig(subject, "namespace") or namespace_of(binding) or ""
        return user.name == f"system:serviceaccount:{namespace}:{name}"
    return False


def _grants(rule: Rule, action: Action) -> bool:
    verbs = rule.get("verbs") or []
    if "*" not in verbs and action.verb not in verbs:
        return False
    if action.path:
        return any(_path_matches(pattern, action.path) for pattern in rule.get("nonResourceURLs") or [])
    groups = rule.get("apiGroups") or []
    names = rule.get("resourceNames") or []
    return (
        ("*" in groups or action.group in groups)
        and any(_resource_matches(pattern, action) for pattern in rule.get("resources") or [])
        and (not names or action.name in names)
    )


def _resource_matches(pattern: str, action: Action) -> bool:
    if pattern in ("*", action.full_resource):
        return True
    return bool(action.subresource) and pattern == f"*/{action.subresource}"


def _path_matches(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
