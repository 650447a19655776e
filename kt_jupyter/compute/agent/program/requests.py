"""What a kernel can ask of an agent: JSON in, JSON out.

Every request may be sent again after a connection broke: a work has the id that the kernel gave it, so that starting
it twice starts it once.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Callable, Dict

if TYPE_CHECKING:
    from .agent import Agent
    from .server import Connection
    from .works import Work

Json = Dict[str, Any]


class Refused(Exception):  # noqa: N818 - named for what is true
    """The request can't be met; ``kind`` is for programs."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def answer(agent: Agent, connection: Connection, request: Json) -> Json:
    """Do what is asked and return the reply.

    Raises:
        Refused: It can't be done.
    """
    wanted = _REQUESTS.get(request.get("ask", ""))
    if wanted is None:
        raise Refused("unknown", f"this agent knows no request {request.get('ask')!r}")
    return wanted(agent, connection, request)


def _hello(agent: Agent, connection: Connection, request: Json) -> Json:
    return agent.facts()


def _ping(agent: Agent, connection: Connection, request: Json) -> Json:
    return {}


def _start(agent: Agent, connection: Connection, request: Json) -> Json:
    """Start a work, or find that it was started; ``have`` says how much of its payload is here."""
    work = agent.works.get(bytes.fromhex(request["id"]))
    if work is None:
        if agent.ending:
            raise Refused("ending", f"this agent is ending: {agent.ending}")
        work = agent.take(request)
        connection.follow(work, 0, 0)
        work.complete()
    return {"have": work.upload.size, "state": work.state}


def _attach(agent: Agent, connection: Connection, request: Json) -> Json:
    work = _known(agent, request)
    connection.follow(work, int(request.get("position", 0)), int(request.get("blob", 0)))
    return {"info": work.info(), "begin": work.spool.begin, "done": work.done}


def _info(agent: Agent, connection: Connection, request: Json) -> Json:
    return {"info": _known(agent, request).info()}


def _detach(agent: Agent, connection: Connection, request: Json) -> Json:
    work = _known(agent, request)
    if work.id in connection.following:
        connection.following[work.id].leave()
    return {}


def _ack(agent: Agent, connection: Connection, request: Json) -> Json:
    following = connection.following.get(bytes.fromhex(request["id"]))
    if following is not None:
        following.acknowledge(int(request["position"]))
    return {}


def _stop_work(agent: Agent, connection: Connection, request: Json) -> Json:
    _known(agent, request).stop(request["how"])
    return {}


def _works(agent: Agent, connection: Connection, request: Json) -> Json:
    return {"works": [work.info() for work in agent.works.values()]}


def _forget(agent: Agent, connection: Connection, request: Json) -> Json:
    work = agent.works.get(bytes.fromhex(request["id"]))
    if work is not None:
        if work.state != "done":
            raise Refused("running", "it is not done")
        agent.forget(work)
    return {}


def _probe(agent: Agent, connection: Connection, request: Json) -> Json:
    importlib.invalidate_caches()
    found = {}
    for name in request["modules"]:
        try:
            found[name] = name in sys.modules or importlib.util.find_spec(name) is not None
        except (ImportError, ValueError, AttributeError):
            found[name] = False
    return {"modules": found}


def _meeting(agent: Agent, connection: Connection, request: Json) -> Json:
    """Say where other pods find something that is to listen here: this pod's address, and a port that is free now."""
    import socket  # few ask

    with socket.socket() as listener:
        listener.bind(("", 0))
        port = listener.getsockname()[1]
    try:
        address = socket.getaddrinfo(socket.gethostname(), None)[0][4][0]  # a pod knows itself from its /etc/hosts
    except OSError:
        address = "127.0.0.1"
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
            towards.connect(("192.0.2.1", 9))  # nothing is sent: this asks for the way to the outside
            address = towards.getsockname()[0]
    return {"address": address, "port": port}


def _end(agent: Agent, connection: Connection, request: Json) -> Json:
    agent.loop.later(0, lambda: agent.end(request.get("why") or "stopped"))
    return {}


def _known(agent: Agent, request: Json) -> Work:
    work = agent.works.get(bytes.fromhex(request["id"]))
    if work is None:
        raise Refused("no work", "there is none of that id")
    return work


_REQUESTS: dict[str, Callable[[Any, Any, Json], Json]] = {
    "hello": _hello,
    "ping": _ping,
    "start": _start,
    "attach": _attach,
    "info": _info,
    "detach": _detach,
    "ack": _ack,
    "stop": _stop_work,
    "works": _works,
    "forget": _forget,
    "probe": _probe,
    "meeting": _meeting,
    "end": _end,
}
