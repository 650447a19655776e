"""From a kubeconfig user to what a request carries, and to fresh ones when those have run out.

One rule above all: when credentials are configured and cannot be had, that is an error. Going on without them would
make the server answer 403 for ``system:anonymous``, which sends the person to look for missing rights.

``issue`` gives what is valid now, cheaply. After a 401 the transport calls ``issue(instead_of=…)`` once: plugins run
again, token files and certificate files are read again, and a kubeconfig that was rewritten meanwhile (``oc login``
in a terminal beside the notebook) is read again.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from kt_jupyter.errors import CredentialsError
from kt_jupyter.kube.exec_plugin import run_plugin
from kt_jupyter.kube.target import Identity, Target

_TOKEN_FILE_AGE = 60.0  # seconds a token file's content is trusted; client-go's number
_FOREVER = float("inf")
_EARLY = 10.0  # seconds before its expiry a credential is no longer used


@dataclass(frozen=True)
class Issued:
    """Credentials valid now. The certificate is (chain, key) in PEM."""

    authorization: str | None = None
    certificate: tuple[bytes, bytes] | None = None


class Credentials:
    """The credentials of one target's user.

    Args:
        target: Whose user it is.
        reload: Reads the configuration again and returns the target as it is now; None where that cannot be.
    """

    def __init__(self, target: Target, reload: Callable[[], Target] | None = None) -> None:
        self._target = target
        self._reload = reload
        self._issued: Issued | None = None
        self._until = _FOREVER
        self._lock = asyncio.Lock()

    async def issue(self, instead_of: Issued | None = None) -> Issued:
        """Return valid credentials; not ``instead_of``, which the server has refused, when others can be had.

        Raises:
            CredentialsError: They are configured and cannot be had.
        """
        async with self._lock:
            refused = instead_of is not None and instead_of == self._issued
            if self._issued is None or refused or time.time() >= self._until:
                if refused:
                    self._read_again()
                self._issued, self._until = await self._obtain()
            return self._issued

    def hint(self) -> str:
        """Say what to do when the server does not accept them, however fresh."""
        identity = self._target.identity
        if identity.exec:
            return f"Log in again with the login plugin's own tool (`{identity.exec.get('command')}`), then repeat."
        if not _any(identity):
            return f"{identity.origin} has no credentials: log in with your cluster's tool, or ask who gave it to you."
        return f"The credentials of {identity.origin} have expired or belong to another cluster: log in again."

    def _read_again(self) -> None:
        if self._reload is None:
            return
        now = self._reload()
        if now.server == self._target.server:  # a context that now means another cluster must not get this request
            self._target = replace(self._target, identity=now.identity)

    async def _obtain(self) -> tuple[Issued, float]:
        """Return credentials and the Unix time until which they are good. Order of precedence as in client-go."""
        target, identity = self._target, self._target.identity
        if not target.tls:
            return Issued(), _FOREVER
        certificate = None
        if identity.certificate and identity.key:
            certificate = (identity.certificate.read(), identity.key.read())
        if identity.token_file:
            return Issued(_bearer(_read_token(identity)), certificate), time.time() + _TOKEN_FILE_AGE
        if authorization := _fixed_authorization(identity):
            return Issued(authorization, certificate), _FOREVER
        if identity.exec:
            return await self._from_plugin(certificate)
        if identity.auth_provider:
            return Issued(await _from_auth_provider(target), certificate), time.time() + _TOKEN_FILE_AGE
        return Issued(None, certificate), _FOREVER

    async def _from_plugin(self, certificate: tuple[bytes, bytes] | None) -> tuple[Issued, float]:
        answer = await run_plugin(self._target)
        if answer.certificate and answer.key:
            certificate = (answer.certificate, answer.key)
        issued = Issued(_bearer(answer.token) if answer.token else None, certificate)
        return issued, _FOREVER if answer.expires is None else answer.expires - _EARLY


def _any(identity: Identity) -> bool:
    return any((identity.token, identity.token_file, identity.username, identity.certificate, identity.auth_provider))


def _bearer(token: str) -> str:
    return f"Bearer {token}"


def _fixed_authorization(identity: Identity) -> str | None:
    if identity.token:
        return _bearer(identity.token)
    if identity.username or identity.password:
        pair = f"{identity.username}:{identity.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


def _read_token(identity: Identity) -> str:
    """Read the token file; the inline token stands in while the file cannot be read, as in client-go."""
    assert identity.token_file is not None
    try:
        token = identity.token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        if identity.token:
            return identity.token
        raise CredentialsError(
            f"the token file {identity.token_file} of {identity.origin} cannot be read: {error.strerror}.",
            remedy="Log in again, or correct tokenFile in the kubeconfig.",
        ) from error
    if not token and not identity.token:
        raise CredentialsError(f"the token file {identity.token_file} of {identity.origin} is empty.")
    return token or identity.token


async def _from_auth_provider(target: Target) -> str:
    """Let the official client handle the legacy ``auth-provider`` entries (oidc, gcp): nobody writes them any more."""
    from kt_jupyter.kube.legacy_auth import authorization  # noqa: PLC0415 - imports kubernetes

    return await asyncio.to_thread(authorization, target)
