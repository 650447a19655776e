"""Questions about rights, answered at once and never stored: access reviews, rules reviews, "who am I"."""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.fields import Problem, invalid
from kt_jupyter.local.objects import Object, dig, now
from kt_jupyter.local.rbac import Action, Authorizer, Rule
from kt_jupyter.local.users import User

Json = dict[str, Any]
_GROUP: Final = "authorization.k8s.io"


def answer(authorizer: Authorizer, user: User, kind: str, obj: Object, namespace: str | None) -> Object:
    """Return a review with its status.

    Raises:
        ApiStatus: Invalid (422), or BadRequest (400) for a rules review of no namespace.
    """
    if kind == "SelfSubjectReview":
        meta = {**(obj.get("metadata") or {}), "creationTimestamp": now()}
        return {**obj, "metadata": meta, "status": {"userInfo": user.info()}}
    if kind == "SelfSubjectRulesReview":
        wanted = dig(obj, "spec", "namespace")
        if not wanted:
            raise status.bad_request("no namespace on request")
        return {**obj, "metadata": obj.get("metadata") or {}, "spec": {}, "status": _rules(authorizer, user, wanted)}
    problems = _problems(kind, obj, namespace)
    if problems:
        raise status.invalid(_GROUP, "", "", problems)  # the real server forgets the kind here
    spec = obj.get("spec") or {}
    subject = user if kind == "SelfSubjectAccessReview" else _subject(spec)
    meta = {**({"namespace": namespace} if namespace else {}), **(obj.get("metadata") or {})}
    shown = {key: _given(value) if isinstance(value, dict) else value for key, value in spec.items()}
    return {**obj, "metadata": meta, "spec": shown, "status": _access(authorizer, subject, spec, namespace)}


def _problems(kind: str, obj: Object, namespace: str | None) -> list[Problem]:
    spec = obj.get("spec") or {}
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    found = []
    if resource is not None and path is not None:
        why = "cannot be specified in combination with resourceAttributes"
        shown = {"Path": path.get("path", ""), "Verb": path.get("verb", "")}
        found.append(invalid("spec.nonResourceAttributes", shown, why))
    if resource is None and path is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        found.append(invalid("spec.resourceAttributes", None, why))
    if kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        found.append(invalid("spec.user", "", "at least one of user or group must be specified"))
    if namespace and resource is not None and resource.get("namespace") != namespace:
        field = "spec.resourceAttributes.namespace"
        found.append(invalid(field, resource.get("namespace", ""), "must match metadata.namespace"))
    elif any((obj.get("metadata") or {}).values()) and not namespace:
        found.append(invalid("metadata", obj["metadata"], "must be empty"))
    return found


def _given(attributes: Json) -> Json:
    return {key: value for key, value in attributes.items() if value != ""}


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
    return {"allowed": True, "reason": reason} if reason else {"allowed": True}


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
