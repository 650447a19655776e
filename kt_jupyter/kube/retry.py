"""When to try again: only what is safe, only as long as was said, never in step with everybody else.

Safe is what did nothing the first time. A server that answers 429, or 503 with ``Retry-After``, refused before it
acted: any verb may be repeated. A connection that broke before the request was out: likewise. After that only reads
are repeated; a create that may have been carried out is never sent twice on its own (client-go does the same).
"""

from __future__ import annotations

import random
import time

from kt_jupyter.kube.limits import Limits
from kt_jupyter.kube.request import Request
from kt_jupyter.kube.transport import Reply, WireError
from kt_jupyter.kube.unreachable import may_pass

_ATTEMPTS = 4
_PASSING = (500, 502, 503, 504)


class Patience:
    """The waits of one request: how many, how long, and whether another one is worth it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._started = time.monotonic()
        self.attempts = 0
        self.waited = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the first attempt began."""
        return time.monotonic() - self._started

    def after_break(self, broken: WireError, request: Request) -> float | None:
        """Return the seconds to wait before trying again after a broken connection, None to give up."""
        self.attempts += 1
        if (broken.sent and not request.repeatable) or not may_pass(broken) or self.attempts >= _ATTEMPTS:
            return None
        wait = backoff(self._limits, self.attempts)
        return wait if self.elapsed + wait < self._limits.unreachable else None

    def after_reply(self, reply: Reply, request: Request) -> float | None:
        """Return the seconds to wait before trying again after a refusal, None where it is final."""
        self.attempts += 1
        asked = retry_after(reply)
        refused_before_acting = reply.status == 429 or (reply.status == 503 and asked is not None)  # noqa: PLR2004
        if not refused_before_acting and not (
            request.repeatable and reply.status in _PASSING and self.attempts < _ATTEMPTS
        ):
            return None
        wait = backoff(self._limits, self.attempts) if asked is None else asked
        if self.waited + wait > self._limits.busy:
            return None
        self.waited += wait
        return wait


def backoff(limits: Limits, attempt: int) -> float:
    """Return the wait after the ``attempt``-th failure in a row: doubling, and jittered to spread clients."""
    longest: float = min(limits.backoff * 2.0 ** min(attempt - 1, 16), limits.backoff_most)
    return random.uniform(0.5, 1.0) * longest  # noqa: S311 - not a secret


def retry_after(reply: Reply) -> float | None:
    """Return ``Retry-After`` in seconds; API servers send whole seconds, a date counts as absent."""
    value = reply.header("retry-after").strip()
    return float(value) if value.isdigit() else None
