"""Who is asking: the bearer token, service account tokens, nobody in particular, impersonation.

Who brings no token is ``system:anonymous``, as on a real server, and may ask for version and health alone; who brings
a wrong one is refused. The one person's token is a member of ``system:masters``. Service accounts get signed tokens
(``kubectl create token``, and the file in pods). ``Impersonate-*`` headers work as on a real server, for those with the
right to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kt_jupyter.local import status
from kt_jupyter.local.credentials import Credentials

MASTERS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
if TYPE_CHECKING:
    from multidict import CIMultiDictProxy  # aiohttp's headers: case-insensitive names, several values each

    Headers = CIMultiDictProxy[str]

_SERVICE_ACCOUNT: Final = "system:serviceaccount:"
_ISSUED: Final = "kt-sa."


@dataclass(frozen=True, slots=True)
class User:
    """A name and the groups it is in."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, list[str]] = field(default_factory=dict)

    def info(self) -> dict[str, Any]:
        """Return the UserInfo object of SelfSubjectReview."""
        info: dict[str, Any] = {"username": self.name, "groups": list(self.groups)}
        if self.uid:
            info["uid"] = self.uid
        if self.extra:
            info["extra"] = dict(self.extra)
        return info


OWNER: Final = User("kt-local", (MASTERS, AUTHENTICATED))
ANONYMOUS: Final = User("system:anonymous", (UNAUTHENTICATED,))


class Authenticator:
    """Knows the tokens of one cluster."""

    def __init__(self, credentials: Credentials) -> None:
        self._token = credentials.token.encode()
        self._key = credentials.signing_key

    def authenticate(self, headers: Headers) -> User:
        """Return who sent a request; raises Unauthorized (401) for a token that is none of ours."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return ANONYMOUS
        if hmac.compare_digest(token.encode(), self._token):
            return OWNER
        if token.startswith(_ISSUED):
            return self._service_account(token)
        raise status.unauthorized()

    def issue(self, namespace: str, name: str, seconds: int) -> tuple[str, int]:
        """Return a service account's token and when it ends, in seconds since the epoch."""
        ends = int(time.time()) + seconds
        payload = _b64(json.dumps({"ns": namespace, "sa": name, "exp": ends}).encode())
        return f"{_ISSUED}{payload}.{self._sign(payload)}", ends

    def _service_account(self, token: str) -> User:
        payload, _, signature = token.removeprefix(_ISSUED).partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(payload).encode()):
            raise status.unauthorized()
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims["exp"] < time.time():
            raise status.unauthorized()
        name = f"{_SERVICE_ACCOUNT}{claims['ns']}:{claims['sa']}"
        return User(name, groups_of(name))

    def _sign(self, payload: str) -> str:
        return _b64(hmac.digest(self._key, payload.encode(), hashlib.sha256))


def impersonated(headers: Headers) -> User | None:
    """Return whom a request wants to be instead, None when it does not say."""
    name = headers.get("Impersonate-User", "")
    groups = headers.getall("Impersonate-Group", [])
    extra = {
        key.lower().removeprefix("impersonate-extra-"): headers.getall(key, [])
        for key, _ in headers.items()
        if key.lower().startswith("impersonate-extra-")
    }
    uid = headers.get("Impersonate-Uid", "")
    if not name:
        if groups or extra or uid:
            raise status.impersonation_without_user(groups[0] if groups else "", uid)
        return None
    everyone = UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED
    listed = tuple(groups) or tuple(group for group in groups_of(name) if group != AUTHENTICATED)
    if everyone not in listed:
        listed += (everyone,)
    return User(name, listed, uid, extra)


def groups_of(name: str) -> tuple[str, ...]:
    """Return the groups that come with a user's name: service accounts have theirs."""
    if name.startswith(_SERVICE_ACCOUNT):
        namespace = name.split(":")[2]
        return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return (AUTHENTICATED,)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
