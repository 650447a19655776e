"""The ptys that this server made for pods' shells: none can be mistaken for another program, none is forgotten.

Two facts about Jupyter make this more than a dictionary.

* JupyterLab restores a tab whose process is gone by asking for a terminal of the same name, and gets a plain shell on
  the Jupyter host (jupyterlab#5917): `rm -rf data/*` would then run on the wrong machine. So a name with our prefix is
  never given to anything but our program: `create` of Jupyter's own manager is guarded. It starts the program again for
  a target that is remembered, and refuses what it does not know.
* A program on a pty cannot tell why it is hung up: because a person chose "terminate", which ends the pod, or because
  the server stops, after which the same shell is to be had again. The server can: it outlives the first. What lived
  when it stopped is remembered in a file and started again with it, so that open tabs reconnect.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from tornado import web

from kt_jupyter.errors import InvalidInput, KtError
from kt_jupyter.terminal.names import PREFIX, terminal_name
from kt_jupyter.terminal.target import MODULE, Target

_STILL_HERE: Final = 2.0  # seconds; a server that was killed is gone by then
_HUNG_UP: Final = 128 + signal.SIGHUP


class Ptys:
    """Made by one server, over Jupyter's own terminal manager.

    Args:
        manager: That manager; its ``create`` is guarded from now on.
        memory: The file that outlives the server.
        stopping: Whether the server is about to end.
    """

    def __init__(self, manager: Any, memory: Path, stopping: Callable[[], bool]) -> None:
        self._manager = manager
        self._memory = memory
        self._stopping = stopping
        self._create = manager.create
        self._made: dict[str, Any] = {}
        self._targets = _read(memory)
        self._ending: set[asyncio.Future[None]] = set()
        manager.create = self._guarded

    def names(self) -> list[str]:
        """Name those that live: not merely by name, but the very pty that was made here."""
        live = self._manager.terminals
        self._made = {name: pty for name, pty in self._made.items() if live.get(name) is pty}
        return sorted(self._made)

    def start(self, target: Target) -> str:
        """Run the program for a target, unless it runs; returns the terminal's name."""
        name = terminal_name(target)
        if name not in self.names():
            self._targets[name] = target
            self._guarded(name=name)
            self._remember()
        return name

    def restore(self) -> None:
        """Start again what lived when the server stopped."""
        for target in list(self._targets.values()):
            self.start(target)

    def _guarded(self, **options: Any) -> Any:
        name = options.get("name")
        if not isinstance(name, str) or not name.startswith(PREFIX):
            return self._create(**options)
        target = self._targets.get(name)
        if target is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND, f"{name} was a terminal on a pod, which has ended.")
        if name not in self.names():
            argv = [sys.executable, "-m", MODULE, "--in-tab", *target.arguments()]
            self._create(name=name, shell_command=argv)
            pty = self._made[name] = self._manager.terminals[name]
            pty.clients.append(_Watcher(lambda: self._died(name, pty)))
        return self._manager.get(name)

    def _died(self, name: str, pty: Any) -> None:
        asyncio.get_running_loop().call_later(_STILL_HERE, self._ended, name, pty)

    def _ended(self, name: str, pty: Any) -> None:
        """The server outlived a program: the shell has ended, or a person has ended the terminal."""
        if self._stopping() or name in self.names():
            return
        target = self._targets.pop(name, None)
        self._remember()
        process = pty.ptyproc
        process.isalive()  # reaps it, and notes how it ended
        if target is not None and (process.signalstatus is not None or process.exitstatus == _HUNG_UP):
            task = asyncio.ensure_future(asyncio.to_thread(_end, target))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def _remember(self) -> None:
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        self._memory.touch(mode=0o600)
        self._memory.write_text(json.dumps([target.message() for target in self._targets.values()]))


class _Watcher:
    """A client of a pty, as browsers are, who only wants to hear of its end."""

    size = (None, None)  # no say in the terminal's size

    def __init__(self, died: Callable[[], None]) -> None:
        self.on_pty_died = died

    def on_pty_read(self, text: str) -> None:
        """Let it pass."""


def _read(memory: Path) -> dict[str, Target]:
    try:
        found = [Target.read(message) for message in json.loads(memory.read_text())]
    except (OSError, ValueError, TypeError, InvalidInput):  # none yet, or another version's
        return {}
    return {terminal_name(target): target for target in found}


def _end(target: Target) -> None:
    from kt_jupyter.terminal import pods  # noqa: PLC0415 - loads the client, at the first need

    try:
        cluster = pods.connected(target)
        pods.end(cluster, target, pods.find(cluster, target))
    except KtError:
        return  # it is gone already; else its lease ends it
