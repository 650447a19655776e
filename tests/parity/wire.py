"""Raw HTTP to one API server, as a kubeconfig names it: one connection, no retries, no opinion about the answers."""

import base64
import contextlib
import http.client
import json
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from .steps import JSON, Answer

PATIENCE = 120.0  # seconds without a byte, after which a stream counts as silent


class Server:
    """Where to knock, and with which credentials."""

    def __init__(self, kubeconfig: Path, context: str | None = None) -> None:
        config = yaml.safe_load(Path(kubeconfig).read_text())
        named = {
            kind: {entry["name"]: entry for entry in config.get(kind) or []}
            for kind in ("clusters", "users", "contexts")
        }
        chosen = named["contexts"][context or config["current-context"]]["context"]
        cluster, user = named["clusters"][chosen["cluster"]]["cluster"], named["users"][chosen["user"]]["user"]
        self.address = urlsplit(cluster["server"])
        self.tls = _tls(cluster, user)
        self.credentials = {"Authorization": f"Bearer {user['token']}"} if user.get("token") else {}

    def connect(self) -> http.client.HTTPConnection:
        """Make a connection; it opens at its first request."""
        host, port = self.address.hostname or "", self.address.port
        if self.tls is None:
            return http.client.HTTPConnection(host, port, timeout=PATIENCE)
        return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=self.tls)

    def ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
    ) -> http.client.HTTPResponse:
        """Send one request and return the response with its body still unread. A header set to "" is left out."""
        sent = {"Accept": JSON, "User-Agent": "kt-parity", **self.credentials, **(headers or {})}
        data = None
        if body is not None:
            data = (
                body.encode()
                if isinstance(body, str)
                else body
                if isinstance(body, bytes)
                else json.dumps(body).encode()
            )
            sent.setdefault("Content-Type", JSON)
        target = path + ("?" + urlencode(query) if query else "")
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in sent.items():
            for single in value.split(",") if name == "Impersonate-Group" else [value] if value else []:
                connection.putheader(name, single)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        return connection.getresponse()


def whole(response: http.client.HTTPResponse) -> Answer:
    """Read a response to its end."""
    raw = response.read()
    return Answer(
        response.status, _headers(response), _warnings(response), parse(raw, response.headers.get("Content-Type", ""))
    )


def stream(response: http.client.HTTPResponse, count: int | None) -> Answer:
    """Read a watch: so many events, or all until the server ends it. A refused watch is an ordinary answer."""
    if response.status != 200:
        return whole(response)
    events: list[Any] = []
    ended = "by the server"
    try:
        for line in _lines(response):
            events.append(json.loads(line))
            if count is not None and len(events) >= count:
                ended = "by us"
                break
    except TimeoutError:
        ended = "silent"
    return Answer(response.status, _headers(response), _warnings(response), None, tuple(events), ended)


def parse(raw: bytes, content_type: str) -> Any:
    """JSON as data, anything else as text."""
    if JSON in content_type:
        with contextlib.suppress(ValueError):
            return json.loads(raw)
    return raw.decode(errors="replace")


def _lines(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while line := response.readline():
        if line.strip():
            yield line


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    wanted = ("Content-Type", "Retry-After", "Allow", "WWW-Authenticate", "Location")
    return {name: response.headers[name] for name in wanted if name in response.headers}


def _warnings(response: http.client.HTTPResponse) -> tuple[str, ...]:
    return tuple(response.headers.get_all("Warning") or ())


def _tls(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext | None:
    if not cluster["server"].startswith("https"):
        return None
    context = ssl.create_default_context(
        cafile=cluster.get("certificate-authority"), cadata=_decoded(cluster, "certificate-authority-data")
    )
    if "client-certificate" in user or "client-certificate-data" in user:
        # ssl reads client certificates from files only; they live as long as this block.
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = Path(folder, "crt"), Path(folder, "key")
            certificate.write_text(_text(user, "client-certificate"))
            key.write_text(_text(user, "client-key"))
            context.load_cert_chain(certificate, key)
    return context


def _decoded(entry: dict[str, Any], name: str) -> str | None:
    return base64.b64decode(entry[name]).decode() if entry.get(name) else None


def _text(entry: dict[str, Any], name: str) -> str:
    return _decoded(entry, f"{name}-data") or Path(entry[name]).read_text()
