"""The one place where an API server's refusals become our errors.

The HTTP code alone says too little: a 403 is a missing right, a full quota or a security policy, and only the first
is for the administrator of RBAC. So code, machine-readable ``reason``, ``details`` and, last, the server's sentence
(``refusals.py``) decide, and the error carries the whole ``Status`` for code that wants more. Facts checked against
a real 1.34 server: the same bad input is 400 or 422 depending on where it is found; a merge patch with a bad quantity
returns the whole object in its message, hence the cut; an API that is not installed is a plain-text 404.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from kt_jupyter.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Expired,
    Forbidden,
    NamespaceNotFound,
    NotFound,
    QuotaExceeded,
    Rejected,
    ServerBusy,
    ServerFailure,
    Unauthorized,
)
from kt_jupyter.kube import refusals
from kt_jupyter.kube.request import Request
from kt_jupyter.kube.target import Target
from kt_jupyter.kube.transport import Reply

_LONG = 300  # characters of a server's sentence that a person still reads
_ROLE = "`%kt_cluster role` prints a Role to ask your administrator for."

Json = dict[str, Any]
_Maker = Callable[[Json, Request, Target], ApiError]


def failure(reply: Reply, request: Request, target: Target, *, login_hint: str = "", waited: float = 0.0) -> ApiError:
    """Return the error an answer of 300 or more stands for.

    Args:
        reply: The answer.
        request: What was asked.
        target: Of whom.
        login_hint: What to do when the credentials are not accepted.
        waited: Seconds spent waiting as the server asked.
    """
    status = _status(reply.body)
    if status is None:
        return not_kubernetes(reply, request, target)
    return from_status(status, reply.status, request, target, login_hint=login_hint, waited=waited)


def from_status(
    status: Json, code: int, request: Request, target: Target, *, login_hint: str = "", waited: float = 0.0
) -> ApiError:
    """Return the error for a ``Status`` object, whether it came as an answer or in a watch."""
    if code == 401:  # noqa: PLR2004 - HTTP's codes are the vocabulary here
        error: ApiError = Unauthorized(f"{target.name} does not accept the credentials.", remedy=login_hint or None)
    elif code in (429, 503, 504):
        error = _busy(status, request, target, waited)
    else:
        maker = _BY_CODE.get(code)
        error = maker(status, request, target) if maker else _server_failure(status, request, target)
    error.code = code
    error.reason = str(status.get("reason") or "")
    error.status = status
    if error.server is None and error.reason and not _adds_nothing(error):
        error.server = shortened(str(status.get("message") or "")) or None
    return error


def not_kubernetes(reply: Reply, request: Request, target: Target) -> ApiError:
    """Return the error for an answer that no API server gives: a login page, a proxy's words, a redirect."""
    text = reply.body.decode(errors="replace").strip()
    code = reply.status
    if code == 404 and "<" not in text and request.resource is not None:  # noqa: PLR2004
        known = f"{request.resource.plural} ({request.resource.api_version})"
        return NotFound(
            f"{target.name} does not know {known}: that API is not installed there.", code=code, reason="NotFound"
        )
    if code == 401:  # noqa: PLR2004
        return Unauthorized(f"{target.name} does not accept the credentials.", server=shortened(text), code=code)
    if 300 <= code < 400:  # noqa: PLR2004
        what = f"sent us on to {reply.header('location') or 'nowhere'}"
    elif title := re.search(r"<title>\s*(.*?)\s*</title>", text, re.IGNORECASE | re.DOTALL):
        what = f"answered with a web page, “{shortened(title[1])}”"
    elif text.startswith("<"):
        what = "answered with a web page"
    else:
        what = f"answered with {code} and {'no words' if not text else f'“{shortened(text)}”'}"
    return ServerFailure(
        f"{target.server} {what}: that is not a Kubernetes API server.",
        remedy=f"A login page or a proxy stands in between, or the address of {target.origin or target.name} is wrong. "
        "Look at HTTPS_PROXY and proxy-url, and open the address in a browser.",
        code=code,
    )


def shortened(text: str) -> str:
    """Return a sentence of a length a person reads."""
    text = " ".join(text.split())
    return text if len(text) <= _LONG else f"{text[:_LONG]} … ({len(text)} characters in all)"


def _status(body: bytes) -> Json | None:
    try:
        status = json.loads(body)
    except ValueError:
        return None
    return status if isinstance(status, dict) and status.get("kind") == "Status" else None


def _adds_nothing(error: ApiError) -> bool:
    return isinstance(error, NotFound | AlreadyExists | Forbidden | QuotaExceeded | Unauthorized)


def _forbidden(status: Json, request: Request, target: Target) -> ApiError:
    message = str(status.get("message") or "")
    if right := refusals.missing_right(message):
        return _missing_right(right, target)
    if quota := refusals.quota(message):
        return QuotaExceeded(f"{_namespace_of(request)}{quota[0]}", remedy=quota[1])
    if policy := refusals.policy(message):
        return Rejected(policy[0], remedy=policy[1])
    if _has_cause(status, "NamespaceTerminating"):
        return Rejected(
            f"namespace {request.namespace} is being deleted and takes nothing new.",
            remedy="Use another namespace: `%kt_cluster use … -n NAME`.",
        )
    if "is forbidden: " in message:
        return Rejected(f"the cluster refuses `{request.verb}` of {request.what}: {_after(message, 'is forbidden: ')}")
    return Forbidden(f"{target.name} refuses `{request.verb}` of {request.what}{request.where}.", remedy=_ROLE)


def _missing_right(right: refusals.MissingRight, target: Target) -> Forbidden:
    where = f"in namespace {right.namespace}" if right.namespace else "in the whole cluster"
    needs = f"this needs `{right.verb}` on `{right.resource}` {where}, which user {right.user} may not."
    if right.user == "system:anonymous":
        identity = target.identity
        sent = "not sent over plain http" if not target.tls else "none"
        return Forbidden(
            needs, remedy=f"The request carried no credentials ({identity.origin or target.name}: {sent})."
        )
    why = f"\nThe server adds: {shortened(right.why)}" if right.why else ""
    return Forbidden(needs, remedy=f"{_ROLE}{why}")


def _not_found(status: Json, request: Request, target: Target) -> ApiError:
    details = status.get("details") or {}
    if not details.get("name"):
        what = request.resource.qualified if request.resource else request.path
        return NotFound(f"{target.name} does not know {what}.")
    if details.get("kind") == "namespaces":
        return NamespaceNotFound(
            f'there is no namespace "{details["name"]}" on {target.name}.',
            remedy=f"Make it with `kubectl create namespace {details['name']}`, or name another one.",
        )
    return NotFound(f"there is no {request.what}{request.where}.")


def _conflict(status: Json, request: Request, _target: Target) -> ApiError:
    if status.get("reason") == "AlreadyExists":
        name = (status.get("details") or {}).get("name")
        kind = request.resource.kind if request.resource else "object"
        return AlreadyExists(f'there is a {kind} "{name}"{request.where} already.')
    message = str(status.get("message") or "")
    if "the UID in the precondition" in message:
        return Conflict(f"{request.what}{request.where} is not the one that was meant: it has been made anew since.")
    return Conflict(f"{request.what}{request.where} was changed by somebody else meanwhile.", remedy="Try again.")


def _rejected(status: Json, request: Request, target: Target) -> ApiError:
    message = str(status.get("message") or "")
    if words := refusals.policy(message):
        return Rejected(words[0], remedy=words[1])
    words_of_causes = shortened(refusals.causes(status)) or shortened(message)
    kind = request.resource.kind if request.resource else "request"
    name = (status.get("details") or {}).get("name") or request.name
    named = f'{kind} "{name}"' if name else kind
    error = Rejected(f"{target.name} finds the {named} invalid: {words_of_causes}")
    error.server = ""  # the fact is the server's words already
    return error


def _busy(status: Json, request: Request, target: Target, waited: float) -> ServerBusy:
    patience = f" after {waited:.0f} s of waiting as it asked" if waited >= 1 else ""
    return ServerBusy(
        f"{target.name} is too busy for `{request.verb}` of {request.what}{request.where}{patience}.",
        remedy="Try again in a minute.",
        server=shortened(str(status.get("message") or "")) or None,
    )


def _expired(_status: Json, request: Request, _target: Target) -> ApiError:
    return Expired(
        f"the server has forgotten the state of {request.what}{request.where} that was asked for: list again."
    )


def _server_failure(status: Json, request: Request, target: Target) -> ApiError:
    words = shortened(str(status.get("message") or "it gave no reason")).rstrip(".")
    error = ServerFailure(
        f"{target.name} could not do `{request.verb}` of {request.what}{request.where}: {words}.", remedy="Try again."
    )
    error.server = ""
    return error


def _has_cause(status: Json, reason: str) -> bool:
    found = (status.get("details") or {}).get("causes") or ()
    return any(cause.get("reason") == reason for cause in found)


def _after(message: str, mark: str) -> str:
    return shortened(message.partition(mark)[2])


def _namespace_of(request: Request) -> str:
    return f"in namespace {request.namespace}, " if request.namespace else ""


_BY_CODE: dict[int, _Maker] = {
    400: _rejected,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    410: _expired,
    413: _rejected,
    415: _rejected,
    422: _rejected,
}
