"""The agent's beginning: a directory, a socket, a process for the cells, and the loop."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from typing import Any

from .agent import Agent
from .loop import Loop
from .server import Server


def main(options: dict[str, Any]) -> int:
    """Run until the pod is to end; returns the exit code."""
    directory = os.environ.get("KT_AGENT_DIRECTORY") or options["directory"]
    ours = not os.path.isdir(directory)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        loop = Loop()
        agent = Agent(loop, directory, options)
        server = Server(agent)
    except OSError as error:
        words = "kt: the agent needs a directory that it can write to, and %s is none: %s. Mount an emptyDir on /tmp."
        sys.exit(words % (directory, error.strerror or error))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # else the first cell is told
        agent.cells.warm_up()
    if options.get("first"):
        agent.take(options["first"]).complete()
    gc.freeze()  # what is here stays: looking for garbage in it would take as long as a call
    gc.enable()
    agent.log.say(f"agent {agent.boot[:8]}, Python {sys.version.split()[0]}")
    loop.run()
    server.close()
    if ours:  # a pod's files go with it, but a pod may be a process that shares its machine's /tmp
        import shutil  # milliseconds that the start shall not take

        shutil.rmtree(directory, ignore_errors=True)
    return agent.code
