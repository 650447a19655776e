"""How long we wait for what, in seconds: one place, said aloud in errors, changed by tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Time limits of one cluster's requests.

    Attributes:
        connect: For a connection, TLS included.
        read: Without a byte of an answer that is due.
        unreachable: Of trying a server that does not answer, all attempts together.
        busy: Of waiting as the server asks (429, 503), all waits together.
        backoff: The first wait after a failure; doubled each time, never over ``backoff_most``.
        backoff_most: The longest such wait.
        stall: Without a byte on a watch. Servers send a bookmark each minute.
        watch: After which the server shall end a watch in good order, so that load balancers need not.
        ping: Between two pings on a stream: less than the minutes after which load balancers forget a connection.
        silence: Without a byte on a stream that is being read, pings unanswered, after which it counts as lost.
        outage: Without any answer after which a running watch gives up.
    """

    connect: float = 5.0
    read: float = 30.0
    unreachable: float = 10.0
    busy: float = 30.0
    backoff: float = 0.2
    backoff_most: float = 10.0
    stall: float = 100.0
    watch: float = 270.0
    ping: float = 10.0
    silence: float = 30.0
    outage: float = 300.0
