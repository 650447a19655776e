"""The last word of a stream: a Status on the error channel.

Versions word it differently, because v5 ends in the API server and v4 on the node: whoever reads it looks at ``reason``
and ``causes``, not at the text.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

Status = dict[str, Any]

SUCCESS: Final[Status] = {"metadata": {}, "status": "Success"}
_NOT_STARTED: Final = (
    "error executing command in container: failed to exec in container: failed to start exec {}: "
    "OCI runtime exec failed: exec failed: {}: unknown"
)
_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def exited(code: int, command: Sequence[str] | None) -> Status:
    """The command ended; ``command`` is named by those protocols that name it."""
    if code == 0:
        return SUCCESS
    ended = f"command terminated with exit code {code}"
    if command is not None:
        ended = f"error executing command [{' '.join(command)}], exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {ended}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def not_started(why: str, *, nested: bool) -> Status:
    """The command could not be started; ``why`` is runc's text."""
    why = why if why == "args must not be empty" else f"unable to start container process: {why}"
    message = _NOT_STARTED.format(f'"{secrets.token_hex(32)}"', why)
    return failure(f"Internal error occurred: {message}" if nested else message)


def failure(why: str) -> Status:
    """Something is wrong that is not the command's."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {why}",
        "reason": "InternalError",
        "details": {"causes": [{"message": why}]},
        "code": 500,
    }


def encode(status: Status) -> bytes:
    """Write it as Go does, which escapes what HTML would misunderstand."""
    text = json.dumps(status, separators=(",", ":"), ensure_ascii=False)
    for letter, escaped in _ESCAPED.items():
        text = text.replace(letter, escaped)
    return text.encode()
