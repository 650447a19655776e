"""TLS as kubectl does it, without paying for what is not used.

``ssl.create_default_context`` is avoided on purpose: since Python 3.13 it sets ``VERIFY_X509_STRICT``, which refuses
the certificate authorities that kubeadm, k3s and others make; and loading the system's 150 authorities takes 20 ms,
for nothing when the kubeconfig brings its own.
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from kt_jupyter.errors import ConfigError
from kt_jupyter.kube.target import Target


def tls_context(target: Target, certificate: tuple[bytes, bytes] | None) -> ssl.SSLContext:
    """Return the context for a target.

    Args:
        target: Says whom to trust: its own authority, else the system's (``SSL_CERT_FILE`` is honoured).
        certificate: A client certificate chain and key in PEM.

    Raises:
        ConfigError: The authority or the client certificate is not PEM, or the key does not fit.
    """
    context = _trusting(target)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        _present(context, *certificate, target)
    return context


def _trusting(target: Target) -> ssl.SSLContext:
    if target.insecure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if target.ca is None:
        import httpcore2  # noqa: PLC0415 - loaded by now: a request is on its way

        return httpcore2.default_ssl_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Go trusts whatever certificate stands in the bundle, intermediate or the server's own; OpenSSL only with this.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=target.ca.read().decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            f"the certificate authority of {target.origin} is no PEM certificate.",
            remedy="Fetch the kubeconfig again, it is damaged.",
        ) from error
    return context


def _present(context: ssl.SSLContext, chain: bytes, key: bytes, target: Target) -> None:
    """Load a client certificate. OpenSSL's Python binding reads files only, so it passes through a private one."""
    with tempfile.TemporaryDirectory(prefix="kt-") as directory:
        file = Path(directory) / "client.pem"
        file.touch(mode=0o600)
        file.write_bytes(chain.rstrip() + b"\n" + key)
        try:
            context.load_cert_chain(file, password=lambda: b"")  # an encrypted key fails instead of asking the kernel
        except (ssl.SSLError, ValueError, OSError) as error:
            raise ConfigError(
                f"the client certificate and key of {target.identity.origin} cannot be used: {error}.",
                remedy="Both must be PEM, belong together, and the key must not be encrypted.",
            ) from error
