"""The few requests that starting the cluster takes."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from .configs import ADMIN, API_SERVER
from .layout import Layout


def request(layout: Layout, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """Ask the API server as the admin.

    Returns:
        Status and body; status 0 and the reason when the server does not answer.
    """
    try:
        trust = ssl.create_default_context(cafile=str(layout.run / "pki" / "ca.crt"))
        connection = http.client.HTTPSConnection(urlsplit(API_SERVER).netloc, context=trust, timeout=5)
        headers = {"Authorization": f"Bearer {ADMIN.token}", "Content-Type": "application/json"}
        connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as why:
        return 0, str(why)


def is_ready(layout: Layout) -> bool:
    """Whether the API server says that it is ready."""
    return request(layout, "GET", "/readyz")[0] == http.client.OK


def create(layout: Layout, path: str, body: dict[str, Any]) -> bool:
    """Create an object; whether it is there now."""
    return request(layout, "POST", path, body)[0] in (http.client.CREATED, http.client.CONFLICT)


def exists(layout: Layout, path: str) -> bool:
    """Whether there is such an object."""
    return request(layout, "GET", path)[0] == http.client.OK


def ready_nodes(layout: Layout) -> int:
    """How many nodes take pods."""
    status, text = request(layout, "GET", "/api/v1/nodes")
    nodes = json.loads(text)["items"] if status == http.client.OK else []
    return sum(_is_ready(node) for node in nodes)


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = {one["type"]: one["status"] for one in node["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and not node["spec"].get("taints")
