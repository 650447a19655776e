"""What a child is told to do: a line of JSON, short enough for a pipe; what is long stands in files that it names."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any, Dict

if TYPE_CHECKING:
    from .agent import Agent
    from .works import Work

Json = Dict[str, Any]

_LINE = 32 * 1024
_INLINE = 16 * 1024  # bytes of a payload: a file for less costs more than the line


def write(agent: Agent, work: Work) -> bytes:
    """Return the order to do a work, as a line without its end."""
    order = dict(work.request, id=work.id.hex(), directory=agent.directory)
    upload = work.upload
    if upload.size > _INLINE:
        order["payload"] = upload.as_file()
    elif upload.size:
        order["inline"] = base64.b64encode(upload.whole()).decode()
    line = json.dumps(order).encode()
    if len(line) > _LINE:
        path = agent.path(work.id.hex() + ".order")
        with open(path, "wb") as file:
            file.write(line)
        line = json.dumps({"file": path}).encode()
    return line


def take(fd: int) -> Json | None:
    """Wait for an order, and return it; None when nobody is there to give one any more."""
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(fd, 65536)
        if not more:
            return None
        line += more
    order: Json = json.loads(line)
    if "file" in order:
        order = json.loads(_read(order["file"]))
    return order


def payload(order: Json) -> bytes:
    """Return what the work was given."""
    if "inline" in order:
        return base64.b64decode(order["inline"])
    return _read(order["payload"]) if order.get("payload") else b""


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
