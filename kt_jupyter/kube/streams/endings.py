"""How a stream ended: three ways, which a program must tell apart.

Only ``reason`` and ``causes`` of the server's last word are read: its messages differ between protocol versions and
releases. One exception, because nothing else says it: that a container does not run yet, or has just ended, after a
handshake that looked fine. The kubelet says the one, containerd and runc the others.

Sources: ``tools/remotecommand/v4.go`` (errorDecoderV4) of client-go; ``container_execsync.go`` of containerd.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from kt_jupyter.errors import ApiError, CommandNotStarted, ContainerNotRunning, ServerFailure, StreamLost

Json = dict[str, Any]

_NOT_RUNNING: Final = re.compile(
    r"container not found|task \S+ not found|container is in CONTAINER_EXITED state|cannot exec in a stopped|"
    r"read init-p: connection reset by peer"
)


@dataclass(frozen=True)
class Exited:
    """The command ended by itself (or by a signal: 128 + its number). Attach always ends with 0."""

    code: int


@dataclass(frozen=True)
class ClusterFailure:
    """The cluster could not start the command, or could not go on with it.

    Attributes:
        message: The server's words.
        status: Its whole ``Status``.
    """

    message: str
    status: Json = field(default_factory=dict)

    @property
    def not_running(self) -> bool:
        """Whether the container does not run: worth another try while its pod is Pending, final afterwards."""
        return _NOT_RUNNING.search(self.message) is not None

    def error(self, pod: str) -> ApiError:
        """Return what to raise where a result was expected."""
        code, reason = int(self.status.get("code") or 0), str(self.status.get("reason") or "")
        if self.not_running:
            return ContainerNotRunning(
                f'the container of pod "{pod}" is not running.',
                remedy="It may be starting still, or have ended.",
                server=self.message,
                code=code,
                reason=reason,
                status=self.status,
            )
        made: type[ApiError] = ServerFailure
        fact = f'the cluster ended the stream to pod "{pod}".'
        if "failed to exec in container" in self.message or "OCI runtime exec failed" in self.message:
            made, fact = CommandNotStarted, f'the command could not be started in pod "{pod}": is it in the image?'
        return made(fact, server=self.message, code=code, reason=reason, status=self.status)


@dataclass(frozen=True)
class ConnectionLost:
    """The connection broke; what runs in the pod may go on. ``how`` says what was seen."""

    how: str

    def error(self, pod: str) -> StreamLost:
        """Return what to raise where a result was expected."""
        return StreamLost(
            f'the connection to pod "{pod}" was lost: {self.how}.',
            remedy="What was started there may go on running.",
        )


End = Exited | ClusterFailure | ConnectionLost


def ending(payload: bytes) -> End:
    """Read the server's last word, the ``Status`` on channel 3."""
    try:
        status = json.loads(payload)
    except ValueError:
        status = None
    if not isinstance(status, dict):
        return ClusterFailure(payload.decode(errors="replace") or "it gave no reason")
    if status.get("status") == "Success":
        return Exited(0)
    if status.get("reason") == "NonZeroExitCode":
        for cause in (status.get("details") or {}).get("causes") or ():
            code = str(cause.get("message") or "")
            if cause.get("reason") == "ExitCode" and code.isdecimal():
                return Exited(int(code))
    return ClusterFailure(str(status.get("message") or "it gave no reason"), status)
