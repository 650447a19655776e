"""Nobody gives rights that they don't have: what may stand in a role, and which role may be bound.

Source: ``pkg/registry/rbac`` (``validation/rule.go``, ``*/policybased``) and
``k8s.io/component-helpers/auth/rbac/validation`` (1.34).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from kt_jupyter.local import status
from kt_jupyter.local.fields import quoted
from kt_jupyter.local.objects import Object, name_of, namespace_of
from kt_jupyter.local.rbac import Action, Authorizer, Rule
from kt_jupyter.local.rules import Change
from kt_jupyter.local.users import MASTERS, User

_GROUP = "rbac.authorization.k8s.io"


def check_role(change: Change) -> None:
    """Refuse (403) a role with rights that its writer lacks, unless they may ``escalate``."""
    user, obj = change.call.user, change.obj
    rules = list(obj.get("rules") or [])
    if user is None or MASTERS in user.groups or (change.old is not None and change.old.get("rules") == rules):
        return
    authorizer, namespace = Authorizer(change.registry), namespace_of(obj) or ""
    escalate = Action("escalate", _GROUP, change.resource.plural, "", namespace, name_of(obj))
    if not authorizer.allows(user, escalate):
        _confirm(change, authorizer, user, rules)


def check_binding(change: Change) -> None:
    """Refuse (403) to give somebody a role with rights that the giver lacks, unless they may ``bind`` it."""
    user, obj = change.call.user, change.obj
    if user is None or MASTERS in user.groups:
        return
    unchanged = change.old is not None and all(change.old.get(key) == obj.get(key) for key in ("roleRef", "subjects"))
    if unchanged:
        return
    authorizer, namespace = Authorizer(change.registry), namespace_of(obj) or ""
    plural = f"{obj['roleRef']['kind'].lower()}s"
    name = obj["roleRef"]["name"]
    if authorizer.allows(user, Action("bind", _GROUP, plural, "", namespace, name)):
        return
    role = change.registry.find(f"{plural}.{_GROUP}", namespace if plural == "roles" else None, name)
    if role is None:  # the real server names it by the wrong kind
        raise status.not_found(change.resource, name)
    _confirm(change, authorizer, user, list(role.get("rules") or []))


def _confirm(change: Change, authorizer: Authorizer, user: User, rules: list[Rule]) -> None:
    held = list(authorizer.rules(user, namespace_of(change.obj) or ""))
    missing = [part for rule in rules for part in _parts(rule) if not any(_covers(own, part) for own in held)]
    if not missing:
        return
    groups = " ".join(quoted(group) for group in user.groups)
    who = f"user {quoted(user.name)} (groups=[{groups}])"
    told = "\n".join(sorted({_text(rule) for rule in _together(missing)}))
    why = f"{who} is attempting to grant RBAC permissions not currently held:\n{told}"
    raise status.forbidden(change.resource, name_of(change.obj), why)


def _parts(rule: Rule) -> Iterator[Rule]:
    """Yield a rule's rights one by one."""
    verbs = rule.get("verbs") or []
    for group, resource, verb in product(rule.get("apiGroups") or [], rule.get("resources") or [], verbs):
        part: Rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        names = rule.get("resourceNames") or []
        yield from ({**part, "resourceNames": [name]} for name in names) if names else [part]
    for url, verb in product(rule.get("nonResourceURLs") or [], verbs):
        yield {"nonResourceURLs": [url], "verbs": [verb]}


def _covers(own: Rule, part: Rule) -> bool:
    if not _has(own, part, "verbs"):
        return False
    if "nonResourceURLs" in part:
        wanted = part["nonResourceURLs"][0]
        return any(
            wanted == url or (url.endswith("*") and wanted.startswith(url[:-1]))
            for url in own.get("nonResourceURLs") or []
        )
    names = own.get("resourceNames") or []
    named = not names or (bool(part.get("resourceNames")) and part["resourceNames"][0] in names)
    return named and _has(own, part, "apiGroups") and _has_resource(own, part["resources"][0])


def _has(own: Rule, part: Rule, key: str) -> bool:
    held = own.get(key) or []
    return "*" in held or part[key][0] in held


def _has_resource(own: Rule, wanted: str) -> bool:
    held = own.get("resources") or []
    below = wanted.partition("/")[2]
    return "*" in held or wanted in held or (bool(below) and f"*/{below}" in held)


def _together(parts: list[Rule]) -> list[Rule]:
    """Put together the verbs of what is about the same resource."""
    found: dict[tuple[str, ...], Rule] = {}
    for part in parts:
        key = tuple(str(part.get(name)) for name in ("apiGroups", "resources", "resourceNames", "nonResourceURLs"))
        if "resources" not in part:
            key += (str(part["verbs"]),)  # those of paths stay apart
        held = found.setdefault(key, {**part, "verbs": []})
        held["verbs"] += [verb for verb in part["verbs"] if verb not in held["verbs"]]
    return list(found.values())


_SHOWN = {
    "apiGroups": "APIGroups",
    "resources": "Resources",
    "nonResourceURLs": "NonResourceURLs",
    "resourceNames": "ResourceNames",
    "verbs": "Verbs",
}


def _text(rule: Object) -> str:
    given = ((shown, rule[key]) for key, shown in _SHOWN.items() if rule.get(key))
    texts = [f"{shown}:[{' '.join(map(quoted, values))}]" for shown, values in given]
    return f"{{{', '.join(texts)}}}"
