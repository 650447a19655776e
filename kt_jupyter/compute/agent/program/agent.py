"""What the parts of the supervisor share, and when it ends: told to, idle, or asked to."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any, Dict

from . import pickles
from .calls import Calls
from .cells import Cells
from .children import Children
from .log import Log
from .loop import Loop
from .spool import Store
from .works import Work

Json = Dict[str, Any]

PROTOCOL = 1
_GRACE = 1.5  # seconds that works may take to end when the pod is told to
_GOODBYE = 0.3  # seconds to tell those who are connected
_KEPT = 200  # works that are done and remembered
_TICK = 5.0


class Agent:
    """The supervisor.

    Args:
        loop: It runs.
        directory: Ours alone.
        options: ``idle`` (seconds or None), ``spool`` (bytes), ``cloudpickle``: the version that came along, ``first``:
            a request to start a work, which came with the pod.
    """

    def __init__(self, loop: Loop, directory: str, options: Json) -> None:
        self.loop = loop
        self.directory = directory
        self.idle_limit: float | None = options.get("idle")
        self._cloudpickle: str | None = options.get("cloudpickle")
        self.boot = os.urandom(16).hex()
        self.started = time.time()
        self.log = Log(loop)
        self.store = Store(directory, int(options["spool"]))
        self.store.on_change = self._room_changed
        self.children = Children(loop)
        self.cells = Cells(self)
        self.calls = Calls(self)
        self.works: dict[bytes, Work] = {}
        self.ending = ""
        self.code = 0
        self.connections: list[Any] = []
        self._last = time.monotonic()
        loop.on_signal(signal.SIGTERM, lambda: self.end("the pod was told to end (SIGTERM)", 128 + signal.SIGTERM))
        loop.later(0, self._tick)

    def path(self, name: str) -> str:
        """Return the path of a file of ours."""
        return os.path.join(self.directory, name)

    def facts(self) -> Json:
        """Return what is said of us to who connects."""
        return {
            "protocol": PROTOCOL,
            "boot": self.boot,
            "pid": os.getpid(),
            "started": self.started,
            "now": time.time(),
            "idle_limit": self.idle_limit,
            "idle": self._idle(),
            "generation": self.cells.generation,
            "python": list(sys.version_info[:3]),
            "implementation": sys.implementation.name,
            "executable": sys.executable,
            "ipython": pickles.version_of("IPython", "ipython"),
            "cloudpickle": self._cloudpickle or pickles.version_of("cloudpickle", "cloudpickle"),
            "works": [work.info() for work in self.works.values()],
        }

    def touched(self) -> None:
        """Note that somebody wants something."""
        self._last = time.monotonic()

    def take(self, request: Json) -> Work:
        """Make the work that a request describes; it is launched when it is complete."""
        work = Work(self, bytes.fromhex(request["id"]), request)
        self.works[work.id] = work
        return work

    def launch(self, work: Work) -> None:
        """Run a work that is complete."""
        self.touched()
        if work.is_cell or work.request.get("share"):
            self.cells.submit(work)
        else:
            self.calls.run(work)

    def withdraw(self, work: Work) -> None:
        """Take back a work that has not begun."""
        self.cells.withdraw(work)
        self.calls.withdraw(work)

    def work_ended(self, work: Work) -> None:
        """Note that a work is done, and forget the oldest of too many."""
        self.touched()
        for connection in self.connections:
            connection.work_ended(work)
        done = [each for each in self.works.values() if each.state == "done"]
        for old in done[: max(0, len(done) - _KEPT)]:
            if old is not work and not old.followers:
                self.forget(old)

    def forget(self, work: Work) -> None:
        """Drop what is kept of a work."""
        del self.works[work.id]
        work.close()

    def end(self, why: str, code: int = 0) -> None:
        """End the works, tell everybody, and return from the loop."""
        if self.ending:
            return
        self.ending, self.code = why, code
        self.log.say(f"ending: {why}")
        _last_words(why if self.cells.kept else f"{why}; nothing was kept")
        for connection in list(self.connections):
            connection.notice({"event": "ending", "why": why})
        for child in self.children.alive:
            child.signal(signal.SIGTERM)
        self.calls.close()
        self._wait_for_children(time.monotonic() + _GRACE)

    def _wait_for_children(self, deadline: float) -> None:
        alive = self.children.alive
        if alive and time.monotonic() < deadline:
            self.loop.later(0.01, lambda: self._wait_for_children(deadline))
            return
        for child in alive:
            child.signal(signal.SIGKILL)
        if alive:
            self.loop.later(0.02, lambda: self._wait_for_children(deadline))
            return
        self._leave(time.monotonic() + _GOODBYE)

    def _leave(self, deadline: float) -> None:
        if any(connection.busy for connection in self.connections) and time.monotonic() < deadline:
            self.loop.later(0.01, lambda: self._leave(deadline))
            return
        self.log.finish()
        self.loop.end()

    def _idle(self) -> float:
        busy = any(work.state in ("queued", "running") for work in self.works.values())
        return 0.0 if busy else time.monotonic() - self._last

    def _tick(self) -> None:
        self.store.hurry()
        idle = self._idle()
        if self.idle_limit is not None and idle >= self.idle_limit:
            self.end(f"idle: nothing ran for {idle:.0f} s")
            return
        left = _TICK if self.idle_limit is None else min(_TICK, max(0.05, self.idle_limit - idle))
        self.loop.later(left, self._tick)

    def _room_changed(self) -> None:
        for child in self.children.alive:
            child.pause(self.store.full)


def _last_words(why: str) -> None:
    """Leave a line that the cluster keeps in the container's status."""
    with contextlib.suppress(OSError), open("/dev/termination-log", "w") as file:
        file.write(f"kt: {why}")
