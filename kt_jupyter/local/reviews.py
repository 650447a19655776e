"""Questions about rights, answered at once and never stored: access reviews, rules reviews, "who am I"."""

from __future__ import annotations

from typing import Any

from kt_jupyter.local.objects import Object, dig, now
from kt_jupyter.local.rbac import Action, Authorizer, Rule
from kt_jupyter.local.users import User

Json = dict[str, Any]


def answer(authorizer: Authorizer, user: User, kind: str, obj: Object, namespace: str | None) -> Object:
    """Return a review with its status."""
    if kind == "SelfSubjectReview":
        status: Json = {"userInfo": user.info()}
        meta = {**(obj.get("metadata") or {}), "creationTimestamp": now()}
        return {**obj, "metadata": meta, "status": status}
    if kind == "SelfSubjectRulesReview":
        status = _rules(authorizer, user, dig(obj, "spec", "namespace") or "")
    else:
        spec = obj.get("spec") or {}
        subject = user if kind == "SelfSubjectAccessReview" else _subject(spec)
        status = _access(authorizer, subject, spec, namespace)
    meta = {"creationTimestamp": None, **(obj.get("metadata") or {})}
    return {**obj, "metadata": meta, "status": status}


def _subject(spec: Json) -> User:
    return User(str(spec.get("user") or ""), tuple(spec.get("groups") or ()))


def _access(authorizer: Authorizer, user: User, spec: Json, namespace: str | None) -> Json:
    wanted = spec.get("resourceAttributes")
    if wanted is None:
        path = spec.get("nonResourceAttributes") or {}
        action = Action(path.get("verb", ""), path=path.get("path", ""))
    else:
        action = Action(
            wanted.get("verb", ""),
            wanted.get("group", ""),
            wanted.get("resource", ""),
            wanted.get("subresource", ""),
            namespace or wanted.get("namespace", ""),
            wanted.get("name", ""),
        )
    reason = authorizer.reason(user, action)
    if reason is None:
        return {"allowed": False}
    return {"allowed": True, "reason": reason}


def _rules(authorizer: Authorizer, user: User, namespace: str) -> Json:
    resources: list[Rule] = []
    paths: list[Rule] = []
    for rule in authorizer.rules(user, namespace):
        if rule.get("nonResourceURLs"):
            paths.append({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]})
        else:
            keys = ("verbs", "apiGroups", "resources", "resourceNames")
            resources.append({key: rule[key] for key in keys if rule.get(key)})
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
