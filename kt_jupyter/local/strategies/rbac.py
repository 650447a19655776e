"""Roles and bindings as objects. Source: ``pkg/apis/rbac/v1/defaults.go`` and ``pkg/apis/rbac/validation`` (1.34)."""

from __future__ import annotations

from typing import Final

from kt_jupyter.local import escalation
from kt_jupyter.local.fields import Problem, invalid, not_supported, required
from kt_jupyter.local.objects import Object
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names
from kt_jupyter.local.strategies.base import Strategy

_GROUP: Final = "rbac.authorization.k8s.io"


class Roles(Strategy):
    """The rules of roles and cluster roles."""

    name_check = staticmethod(names.path_segment)

    def default(self, change: Change) -> None:
        """Without rules there is an explicit nothing."""
        change.obj.setdefault("rules", None)

    def admit(self, change: Change) -> None:
        """Refuse rights that the writer lacks."""
        escalation.check_role(change)

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the rules."""
        found = []
        for place, rule in enumerate(change.obj.get("rules") or ()):
            found += _rule(f"rules[{place}]", rule, namespaced=change.resource.namespaced)
        return found


class Bindings(Strategy):
    """The rules of bindings of both scopes."""

    name_check = staticmethod(names.path_segment)

    def default(self, change: Change) -> None:
        """Name the groups that a kind implies."""
        role = change.obj.setdefault("roleRef", {})
        role.setdefault("apiGroup", _GROUP)
        role.setdefault("kind", "")
        role.setdefault("name", "")
        for subject in change.obj.get("subjects") or ():
            if subject.get("kind") in ("User", "Group"):
                subject.setdefault("apiGroup", _GROUP)

    def admit(self, change: Change) -> None:
        """Refuse to give rights that the giver lacks."""
        escalation.check_binding(change)

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the reference and the subjects."""
        role, found = change.obj["roleRef"], []
        known = ["Role", "ClusterRole"] if change.resource.namespaced else ["ClusterRole"]
        if role["apiGroup"] != _GROUP:
            found.append(not_supported("roleRef.apiGroup", role["apiGroup"], [_GROUP]))
        if role["kind"] not in known:
            found.append(not_supported("roleRef.kind", role["kind"], known))
        if not role["name"]:
            found.append(required("roleRef.name"))
        else:
            found += names.wrong("roleRef.name", role["name"], names.path_segment)
        for place, subject in enumerate(change.obj.get("subjects") or ()):
            found += _subject(f"subjects[{place}]", subject, namespaced=change.resource.namespaced)
        return found

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """What a binding gives is settled for good; to whom is not."""
        role = change.obj["roleRef"]
        if role == old["roleRef"]:
            return []
        shown = {"APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"]}
        return [invalid("roleRef", shown, "cannot change roleRef")]


def _rule(field: str, rule: Object, *, namespaced: bool) -> list[Problem]:
    found = [] if rule.get("verbs") else [required(f"{field}.verbs", "verbs must contain at least one value")]
    urls = rule.get("nonResourceURLs") or []
    if urls:
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            found.append(invalid(f"{field}.nonResourceURLs", urls, why))
        if any(rule.get(key) for key in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            found.append(invalid(f"{field}.nonResourceURLs", urls, why))
        return found
    if not rule.get("apiGroups"):
        found.append(required(f"{field}.apiGroups", "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        found.append(required(f"{field}.resources", "resource rules must supply at least one resource"))
    return found


def _subject(field: str, subject: Object, *, namespaced: bool) -> list[Problem]:
    name, kind = subject.get("name") or "", subject.get("kind") or ""
    found = [] if name else [required(f"{field}.name")]
    if kind == "ServiceAccount":
        if name:
            found += names.wrong(f"{field}.name", name, names.subdomain)
        if subject.get("apiGroup"):
            found.append(not_supported(f"{field}.apiGroup", subject["apiGroup"], [""]))
        if not subject.get("namespace") and not namespaced:
            found.append(required(f"{field}.namespace"))
    elif kind in ("User", "Group"):
        if subject.get("apiGroup") != _GROUP:
            found.append(not_supported(f"{field}.apiGroup", subject.get("apiGroup"), [_GROUP]))
    else:
        found.append(not_supported(f"{field}.kind", kind, ["ServiceAccount", "User", "Group"]))
    return found
