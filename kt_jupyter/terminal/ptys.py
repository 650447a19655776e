"""The ptys that this server made for pods' shells: none can be mistaken for another program, none is forgotten.

Three facts about Jupyter make this more than a dictionary.

* JupyterLab restores a tab whose process is gone by asking for a terminal of the same name, and gets a plain shell on
  the Jupyter host (jupyterlab#5917): `rm -rf data/*` would then run on the wrong machine. So a name with our prefix is
  never given to anything but our program: `create` of Jupyter's own manager is guarded. It starts the program again for
  a target that is remembered, and refuses what it does not know.
* A program on a pty cannot tell why it is hung up: because a person chose "terminate", which ends the pod, or because
  the server stops, after which the same shell is to be had again. The server can: `terminate` is guarded too. What
  lives when the server stops is left to its successor (``memory``), which starts it again before any page asks.
* A page that hears of a terminal's end closes the tab. When the server stops it hears nothing: to it the connection is
  lost, it tries again, and finds the successor's.

A pod lives on for as long as somebody has its terminal open (its lease says how long after that). Who has it open only
the server knows; it tells the program by a signal.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from tornado import web

from kt_jupyter.errors import KtError
from kt_jupyter.terminal import presence
from kt_jupyter.terminal.memory import Memory
from kt_jupyter.terminal.names import PREFIX, terminal_name
from kt_jupyter.terminal.replay import Replay
from kt_jupyter.terminal.target import MODULE, Target


class Ptys:
    """Made by one server, over Jupyter's own terminal manager.

    Args:
        manager: That manager; its ``create`` and ``terminate`` are guarded from now on.
        memory: What outlives the server.
        stopping: Whether the server is about to end.
    """

    def __init__(self, manager: Any, memory: Memory, stopping: Callable[[], bool]) -> None:
        self._manager = manager
        self._memory = memory
        self._stopping = stopping
        self._create, self._terminate = manager.create, manager.terminate
        self._made: dict[str, Any] = {}
        self._targets = {terminal_name(target): target for target in memory.read()}
        self._ending: set[asyncio.Future[None]] = set()
        manager.create, manager.terminate = self._guarded, self._terminated

    def names(self) -> list[str]:
        """Name those that live: not merely by name, but the very pty that was made here."""
        live = self._manager.terminals
        self._made = {name: pty for name, pty in self._made.items() if live.get(name) is pty}
        return sorted(self._made)

    def start(self, target: Target) -> str:
        """Run the program for a target, unless it runs; returns the terminal's name."""
        name = terminal_name(target)
        if name not in self.names():
            self._run(name, target)
            self._targets[name] = target
            self._remember()
        return name

    def restore(self) -> None:
        """Start again what lived when the predecessor ended."""
        for name, target in self._targets.items():
            self._run(name, target, "--again")

    def _guarded(self, **options: Any) -> Any:
        name = options.get("name")
        if not isinstance(name, str) or not name.startswith(PREFIX):
            return self._create(**options)
        if name not in self.names():
            target = self._targets.get(name)
            if target is None:
                raise web.HTTPError(HTTPStatus.NOT_FOUND, f"{name} was a terminal on a pod, which has ended.")
            self._run(name, target, "--again")
        return self._manager.get(name)

    async def _terminated(self, name: str, force: bool = False) -> None:  # noqa: FBT001, FBT002 - Jupyter's signature
        if name not in self.names():
            await self._terminate(name, force=force)
        elif not self._stopping():  # else the program ends with us
            target = self._forget(name)
            await self._terminate(name, force=force)
            if target is not None:
                task = asyncio.ensure_future(asyncio.to_thread(_end, target))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    def _run(self, name: str, target: Target, *options: str) -> None:
        # -P: a json.py in the directory that Jupyter was started in is not what our program imports.
        argv = [sys.executable, "-P", "-m", MODULE, "--in-tab", *options, *target.arguments()]
        self._create(name=name, shell_command=argv)
        pty: Any = self._manager.terminals[name]
        self._made[name] = pty
        pty.read_buffer = Replay(target.title or target.pod)
        pty.clients.append(_Watcher(lambda: self._died(name, pty)))
        self._tell(name, pty)

    def _tell(self, name: str, pty: Any) -> None:
        if self._manager.terminals.get(name) is pty:
            if len(pty.clients) > 1:  # a page beside our own
                pty.kill(presence.SIGNAL)
            asyncio.get_running_loop().call_later(presence.EVERY, self._tell, name, pty)

    def _died(self, name: str, pty: Any) -> None:
        """A program has ended: by itself, when the shell has, and then there is nothing to come back to."""
        if pty.ptyproc.exitstatus == 0 and self._made.get(name) is pty:
            self._forget(name)

    def _forget(self, name: str) -> Target | None:
        target = self._targets.pop(name, None)
        self._remember()
        return target

    def _remember(self) -> None:
        self._memory.write(self._targets.values())


class _Watcher:
    """A client of a pty, as browsers are, who only wants to hear of its end."""

    size = (None, None)  # no say in the terminal's size

    def __init__(self, died: Callable[[], None]) -> None:
        self.on_pty_died = died

    def on_pty_read(self, text: str) -> None:
        """Let it pass."""


def _end(target: Target) -> None:
    from kt_jupyter.terminal import pods  # noqa: PLC0415 - loads the client, at the first need

    try:
        cluster = pods.connected(target)
        pods.end(cluster, target, pods.find(cluster, target))
    except KtError:
        return  # it is gone already; else its lease ends it
