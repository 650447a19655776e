"""What stands in the server's sentences and nowhere else: who may not do what, which quota is full.

Only sentences that the server composes itself are read, and every reader may come back empty: a message that changed
in a new release then reaches the person as it is. Sources, in kubernetes/kubernetes: ``forbiddenMessage`` in
``apiserver/pkg/endpoints/handlers/responsewriters/errors.go``; the admission plugins ``resourcequota`` and
``limitranger``; ``pod-security-admission/admission/admission.go``; ``webhook/errors/statuserror.go``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_RBAC = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) '
    r'(?:resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"|path "(?P<path>[^"]*)")'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)?(?:: (?P<why>.*))?',
    re.DOTALL,
)
_QUOTA = re.compile(
    r"exceeded quota: (?P<name>\S+), requested: (?P<requested>.*), used: (?P<used>.*), limited: (?P<limited>.*)"
)
_QUOTA_NEEDS = re.compile(r"failed quota: (?P<name>[^:\s]+): must specify (?P<needs>.*)", re.DOTALL)
_LIMIT_RANGE = re.compile(
    r"(?:minimum|maximum) \S+ usage per \S+ is .*|\S+ max limit to request ratio per \S+ is .*", re.DOTALL
)
_POD_SECURITY = re.compile(r'violates PodSecurity "(?P<level>[^"]*)": (?P<what>.*)', re.DOTALL)
_WEBHOOK = re.compile(
    r'admission webhook "(?P<name>[^"]*)" denied the request(?: without explanation|: (?P<why>.*))', re.DOTALL
)
_QUOTED = re.compile(r': "(?:[^"\\]|\\.){120,}"')


@dataclass(frozen=True)
class MissingRight:
    """RBAC said no: ``user`` may not ``verb`` on ``resource`` (with its group, ``pods/exec``, or a bare path)."""

    user: str
    verb: str
    resource: str
    namespace: str | None
    why: str


def missing_right(message: str) -> MissingRight | None:
    """Read an authoriser's refusal; None for any other, such as an admission rule's."""
    found = _RBAC.search(message)
    if not found:
        return None
    resource, group = found["resource"], found["group"]
    if resource and group:
        plural, slash, subresource = resource.partition("/")
        resource = f"{plural}.{group}{slash}{subresource}"
    return MissingRight(found["user"], found["verb"], resource or found["path"], found["namespace"], found["why"] or "")


def quota(message: str) -> tuple[str, str] | None:
    """Read a refusal by a resource quota or a limit range: (fact, way out)."""
    if found := _QUOTA.search(message):
        used, limited = _amounts(found["used"]), _amounts(found["limited"])
        parts = [
            f"{name}: asked {amount}, used {used.get(name, '?')} of {limited.get(name, '?')}"
            for name, amount in _amounts(found["requested"]).items()
        ]
        return (
            f'the quota "{found["name"]}" is used up ({"; ".join(parts)}).',
            "Ask for less, delete what is not needed, or ask your administrator for a larger quota.",
        )
    if found := _QUOTA_NEEDS.search(message):
        return f'the quota "{found["name"]}" demands {found["needs"]} to be given.', "State it."
    if found := _LIMIT_RANGE.search(message):
        fact = found[0][0].lower() + found[0][1:]
        return f"a limit range of the namespace refuses it: {fact.rstrip('.')}.", "Ask for an amount within the limit."
    return None


def policy(message: str) -> tuple[str, str] | None:
    """Read a refusal by Pod Security or by an admission webhook: (fact, way out)."""
    if found := _POD_SECURITY.search(message):
        return (
            f'the namespace\'s Pod Security level "{found["level"]}" refuses the pod: {found["what"].rstrip(".")}.',
            "Change what it names, or ask your administrator for a namespace with another level.",
        )
    if found := _WEBHOOK.search(message):
        why = (found["why"] or "it gave no reason").rstrip(".")
        return (
            f'the cluster\'s rule "{found["name"]}" refuses it: {why}.',
            "The rule is your administrators': they know what it wants.",
        )
    return None


def causes(status: dict[str, Any]) -> str:
    """Return the causes of an ``Invalid`` answer as ``field: message``, joined."""
    found = (status.get("details") or {}).get("causes") or ()
    words = [f"{cause['field']}: {_brief(cause)}" if cause.get("field") else _brief(cause) for cause in found]
    return "; ".join(dict.fromkeys(word for word in words if word))


def _brief(cause: dict[str, Any]) -> str:
    """Return a cause's message without a value of a whole object: a merge patch with a bad size quotes all of it."""
    return _QUOTED.sub(" (the object as patched)", str(cause.get("message") or ""))


def _amounts(text: str) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in text.split(","))
