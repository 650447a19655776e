"""What to talk to and as whom: the plain facts of a kubeconfig context, before any of them is used.

A ``Target`` is read in one go and never changes; credentials (``credentials.py``), TLS (``tls.py``) and connections
(``transport.py``) are made from it later, at the first request. Field by field it mirrors
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kt_jupyter.errors import ConfigError
from kt_jupyter.kube.kubeconfig import Entry, KubeConfig, suggest


@dataclass(frozen=True)
class Pem:
    """Certificates or a key: given as data, or as a file that may be replaced while we run."""

    data: bytes | None = None
    file: Path | None = None

    def read(self) -> bytes:
        """Return the bytes, from the file as it is now."""
        if self.data is not None:
            return self.data
        assert self.file is not None
        try:
            return self.file.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"the certificate file {self.file} cannot be read: {error.strerror}.",
                remedy="The kubeconfig names it; correct the path there, or make the file again.",
            ) from error


@dataclass(frozen=True)
class Impersonation:
    """Act as somebody else, as ``kubectl --as`` does; sent with every request."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """A kubeconfig user. ``origin`` says where it stands, for error texts."""

    name: str | None = None
    origin: str = ""
    token: str = ""
    token_file: Path | None = None
    username: str = ""
    password: str = ""
    certificate: Pem | None = None
    key: Pem | None = None
    exec: Mapping[str, Any] | None = None
    exec_directory: Path | None = None
    auth_provider: Mapping[str, Any] | None = None
    impersonate: Impersonation | None = None


@dataclass(frozen=True)
class Target:
    """One API server and one identity."""

    server: str
    namespace: str = "default"
    context: str | None = None
    identity: Identity = field(default_factory=Identity)
    ca: Pem | None = None
    insecure: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    compression: bool = True
    exec_config: Any = None  # the cluster's words for exec plugins (extension client.authentication.k8s.io/exec)
    origin: str = ""
    source: str = ""  # how it was configured: "kubeconfig ~/.kube/config", "in-cluster service account" …
    files: tuple[Path, ...] = ()  # the kubeconfig files it was merged from
    is_local: bool = False

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted; credentials never leave without it, as in client-go."""
        return self.server.startswith("https:")

    @property
    def name(self) -> str:
        """How the cluster is named to a person."""
        return self.context or self.server


def target_from(config: KubeConfig, context: str | None = None) -> Target:
    """Return what a context describes.

    Raises:
        ConfigError: The context, its cluster or its user is not there, or what they say cannot be right.
    """
    name = config.choose(context)
    entry = config.contexts[name]
    cluster = _referenced(config, config.clusters, entry, name, "cluster")
    user = _referenced(config, config.users, entry, name, "user") if entry.text("user") else None
    origin = f'cluster "{entry.text("cluster")}" in {cluster.file}'
    insecure = cluster.flag("insecure-skip-tls-verify")
    ca = _pem(cluster, "certificate-authority", origin)
    if insecure and ca:
        raise ConfigError(
            f"{origin} has a certificate authority and insecure-skip-tls-verify: true, which contradict each other.",
            remedy="Remove one of the two; without insecure-skip-tls-verify the connection is safe.",
        )
    return Target(
        server=_server(cluster, origin),
        namespace=entry.text("namespace") or "default",
        context=name,
        identity=_identity(entry.text("user"), user) if user else Identity(origin=f'context "{name}" in {entry.file}'),
        ca=ca,
        insecure=insecure,
        tls_server_name=cluster.text("tls-server-name"),
        proxy_url=cluster.text("proxy-url"),
        compression=not cluster.flag("disable-compression"),
        exec_config=_exec_config(cluster),
        origin=origin,
        source=f"kubeconfig {config.named()}",
        files=config.files,
    )


def _referenced(config: KubeConfig, entries: Mapping[str, Entry], context: Entry, name: str, kind: str) -> Entry:
    wanted = context.text(kind)
    if not wanted:
        raise ConfigError(
            f'context "{name}" in {context.file} names no {kind}.',
            remedy=f"kubectl config set-context {name} --{kind}=…   sets it.",
        )
    if wanted not in entries:
        raise ConfigError(
            f'context "{name}" uses {kind} "{wanted}", which {config.named()} does not have.',
            remedy=suggest(wanted, entries, f"{kind}s"),
        )
    return entries[wanted]


def _server(cluster: Entry, origin: str) -> str:
    server = cluster.text("server")
    if server and "://" not in server:
        server = f"https://{server}"
    parts = urlsplit(server)
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")  # what the connection will do with it
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"{origin} has the server address “{cluster.text('server')}”, which is not a URL.",
            remedy="It is written like https://my-cluster.example.com:6443.",
        )
    return server.rstrip("/")


def _identity(name: str, user: Entry) -> Identity:
    origin = f'user "{name}" in {user.file}'
    plugin, provider = user.body.get("exec"), user.body.get("auth-provider")
    return Identity(
        name=name,
        origin=origin,
        token=user.text("token").strip(),
        token_file=user.path("tokenFile"),
        username=user.text("username"),
        password=user.text("password"),
        certificate=_pem(user, "client-certificate", origin),
        key=_pem(user, "client-key", origin),
        exec=plugin if isinstance(plugin, dict) else None,
        exec_directory=user.file.parent,
        auth_provider=provider if isinstance(provider, dict) else None,
        impersonate=_impersonation(user, origin),
    )


def _impersonation(user: Entry, origin: str) -> Impersonation | None:
    groups = tuple(str(group) for group in user.body.get("as-groups") or ())
    extra = {
        str(key): tuple(str(value) for value in values or ())
        for key, values in (user.body.get("as-user-extra") or {}).items()
    }
    if user.text("as"):
        return Impersonation(user.text("as"), user.text("as-uid"), groups, extra)
    if groups or extra or user.text("as-uid"):
        raise ConfigError(
            f"{origin} has as-groups, as-uid or as-user-extra without as: there is no user to act as.",
            remedy="Add `as: NAME` beside them, or remove them.",
        )
    return None


def _pem(entry: Entry, key: str, origin: str) -> Pem | None:
    """Read ``key-data`` (base64) or the file under ``key``; data wins, as in client-go."""
    data = "".join(entry.text(f"{key}-data").split())
    if data:
        try:
            return Pem(data=base64.b64decode(data, validate=True))
        except binascii.Error as error:
            raise ConfigError(
                f"{origin}: {key}-data is not base64.", remedy="Fetch the kubeconfig again, it is damaged."
            ) from error
    file = entry.path(key)
    return Pem(file=file) if file else None


def _exec_config(cluster: Entry) -> Any:
    for extension in cluster.body.get("extensions") or ():
        if isinstance(extension, dict) and extension.get("name") == "client.authentication.k8s.io/exec":
            return extension.get("extension")
    return None
