"""Certificates and keys, new for each run: made by openssl, valid for a month, known to nobody else."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .errors import StepFailedError

_CONFIG = """\
[req]
prompt = no
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:kubernetes, DNS:kubernetes.default.svc, IP:127.0.0.1, IP:10.96.0.1
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


def make(folder: Path) -> None:
    """Make ``ca``, ``api-server`` and ``kubelet-client`` (``.crt`` and ``.key``) and ``service-accounts.key``."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "openssl.cnf").write_text(_CONFIG)
    _certificate(folder, "ca", "/CN=kt-ca", "ca")
    signed = ("-CA", "ca.crt", "-CAkey", "ca.key")
    _certificate(folder, "api-server", "/CN=kube-apiserver", "server", *signed)
    _certificate(folder, "kubelet-client", "/O=system:masters/CN=kubelet-client", "client", *signed)
    # Not genpkey: the API server reads the public half out of this file, which it can from the older format only.
    _openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "service-accounts.key")


def _certificate(folder: Path, name: str, subject: str, extensions: str, *signed: str) -> None:
    files = ("-keyout", f"{name}.key", "-out", f"{name}.crt")
    options = ("-config", "openssl.cnf", "-extensions", extensions, "-subj", subject, "-days", "30")
    _openssl(folder, "req", "-x509", *_KEY, *files, *options, *signed)


def _openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StepFailedError(f"openssl {arguments[0]}", done.stderr.strip())
