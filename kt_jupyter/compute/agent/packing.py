"""The agent as a container's command and arguments: its source, compressed, in one argument.

Linux takes 128 KiB an argument, and every copy of a pod's object carries it through etcd and watches; so docstrings and
comments stay here. Line numbers stay true: what is cut leaves its newlines.
"""

from __future__ import annotations

import ast
import base64
import importlib.metadata
import importlib.util
import io
import json
import tokenize
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

PACKAGE: Final = "kt_agent"
DIRECTORY_VARIABLE: Final = "KT_AGENT_DIRECTORY"
TOO_OLD: Final = 78  # the exit code of a Python that the agent can't run on
OLDEST: Final = (3, 8)
_ARGUMENT: Final = 128 * 1024

# In words that any Python since 2.6 understands. It tells the cluster too: that file's text goes to the pod's status.
_LOADER: Final = """\
# kt_jupyter's agent: the argument is its source, compressed.
import sys
if sys.version_info < (3, 8):
    words = "kt: this image has Python %d.%d, and the agent needs 3.8 or newer." % sys.version_info[:2]
    try:
        open("/dev/termination-log", "w").write(words)
    except Exception:
        pass
    sys.stderr.write(words + "\\n")
    sys.exit(78)
import binascii, json, zlib
bundle = json.loads(zlib.decompress(binascii.a2b_base64(sys.argv[1])).decode())
exec(compile(bundle["boot"], "<kt_agent/boot>", "exec"))
"""

# Copies its input to the agent's socket, and lends the agent its output. It waits for the socket (the container may
# have just begun), and goes at once when its input ends: that is how a process without a terminal learns that the
# client has left. What comes from the socket all the same it copies too: an agent of an older kt_jupyter borrows none.
_RELAY: Final = """\
import os, sys, time
import _socket, _thread  # without what socket and threading import besides, which is a third of the start
s = _socket.socket(_socket.AF_UNIX)
p = (os.environ.get("KT_AGENT_DIRECTORY") or sys.argv[1]) + "/agent.sock"
for i in range(200):
    try:
        s.connect(p)
        break
    except OSError:
        time.sleep(.02)
else:
    sys.exit("there is no agent at " + p)
def up():
    mine = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, (1).to_bytes(4, sys.byteorder))]
    while True:
        d = memoryview(os.read(0, 262144))
        if not d:
            os._exit(0)
        d, mine = d[s.sendmsg([d], mine):], []
        s.sendall(d)
_thread.start_new_thread(up, ())
while True:
    d = memoryview(s.recv(262144))
    if not d:
        os._exit(0)
    while d:
        d = d[os.write(1, d):]
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """The two fields of a container that start the agent; put them into the manifest as they are."""

    command: list[str]
    args: list[str]


def command(
    *,
    idle: float | None = 1800,
    spool: int = 256 * 1024**2,
    directory: str = "/tmp/kt-agent",  # noqa: S108 - made by the agent for itself alone (0700), in the pod
    cloudpickle: bool = True,
    python: str = "python3",
    first: Json | None = None,
) -> Launch:
    """Return what a container must run to be a session.

    The image needs Python 3.8 or newer under the name ``python``, and a writable ``directory`` (mount an emptyDir on
    /tmp where the root is read-only). Make the pod's termination grace period at least 2 seconds.

    Args:
        idle: Seconds without work after which the agent ends, whoever is connected; None: never.
        spool: Bytes of output that it keeps on disk for those who attach later; of more, the newest.
        directory: Where it keeps them, and its socket. The environment variable ``KT_AGENT_DIRECTORY``, if set in the
            container, takes its place.
        cloudpickle: Whether this kernel's cloudpickle travels along (10 KB) and is the one used there.
        python: The interpreter's name or path.
        first: The request (``session.cell_request``) of a cell that it runs whether anybody connects or not.
    """
    sources = _program() | (_cloudpickle() if cloudpickle else {})
    boot = sources.pop(f"{PACKAGE}/boot")
    version = cloudpickle_version() if cloudpickle else None
    options = {"idle": idle, "spool": spool, "directory": directory, "cloudpickle": version, "first": first}
    bundle = json.dumps({"boot": boot, "sources": sources, "options": options})
    argument = base64.b64encode(zlib.compress(bundle.encode(), 9)).decode()
    assert len(argument) < _ARGUMENT, "Linux takes no longer argument"
    return Launch([python, "-u", "-c", _LOADER], [argument])


def relay(*, directory: str = "/tmp/kt-agent", python: str = "python3") -> list[str]:  # noqa: S108 - see ``command``
    """Return the command that connects its input and output to the agent of the container that it is run in."""
    return [python, "-S", "-E", "-c", _RELAY, directory]


@cache
def _program() -> dict[str, str]:
    folder = Path(__file__).with_name("program")
    return {f"{PACKAGE}/{file.stem}": slim(file.read_text()) for file in sorted(folder.glob("*.py"))}


@cache
def _cloudpickle() -> dict[str, str]:
    spec = importlib.util.find_spec("cloudpickle")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return {f"cloudpickle/{file.stem}": slim(file.read_text()) for file in sorted(folder.glob("*.py"))}


def slim(source: str) -> str:
    """Return Python source without docstrings and comments, each line where it was."""
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column].rstrip() + line[token.end[1] :]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                _blank(lines, first, keep="" if isinstance(node, ast.Module) or len(node.body) > 1 else "pass")
    return "".join(lines)


def _blank(lines: list[str], node: ast.Expr, *, keep: str) -> None:
    assert node.end_lineno is not None
    for row in range(node.lineno - 1, node.end_lineno):
        lines[row] = "\n"
    if keep:
        lines[node.lineno - 1] = " " * node.col_offset + keep + "\n"


def cloudpickle_version() -> str:
    """Return the version that travels."""
    return importlib.metadata.version("cloudpickle")
