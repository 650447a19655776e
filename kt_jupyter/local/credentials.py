"""The secrets of one local cluster: its certificate authority, its server certificate, the token of its one user.

They are made once and kept, so that a kubeconfig that was copied somewhere goes on working. TLS is not for secrecy
on the loopback but because kubectl sends a kubeconfig's token over TLS only.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from kt_jupyter.local.paths import Paths

CONTEXT: Final = "kt-local"
_NAMES: Final = ("127.0.0.1", "localhost")
_YEARS: Final = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the server needs to serve and the client to be let in."""

    ca: bytes
    certificate: Path
    token: str
    signing_key: bytes

    def ssl_context(self) -> ssl.SSLContext:
        """Return the server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context


def load_or_make(paths: Paths) -> Credentials:
    """Return the cluster's credentials, making them at the first start."""
    directory = paths.credentials
    certificate, ca, token, key = (directory / name for name in ("server.pem", "ca.crt", "token", "signing.key"))
    if not certificate.exists() or not ca.exists():
        _make_certificates(certificate, ca)
    if not token.exists():
        write_private(token, secrets.token_urlsafe(32).encode())
    if not key.exists():
        write_private(key, secrets.token_bytes(32))
    return Credentials(ca.read_bytes(), certificate, token.read_text(), key.read_bytes())


def kubeconfig(credentials: Credentials, port: int) -> bytes:
    """Return the kubeconfig of the cluster at a port of this machine."""
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority-data": base64.b64encode(credentials.ca).decode(),
    }
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": {"token": credentials.token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": "default"}}],
        "current-context": CONTEXT,
    }
    return yaml.safe_dump(config, sort_keys=False).encode()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, at once or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _make_certificates(certificate: Path, ca: Path) -> None:
    import trustme  # noqa: PLC0415  (0.2 s, at the first start only)

    authority = trustme.CA(organization_name="kt_jupyter local cluster")
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(days=365 * _YEARS)
    issued = authority.issue_cert(*_NAMES, not_after=ends)
    write_private(certificate, issued.private_key_and_cert_chain_pem.bytes())
    write_private(ca, authority.cert_pem.bytes())
