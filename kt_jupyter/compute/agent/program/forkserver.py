"""The process that the processes of calls are forked from, as multiprocessing's fork server is.

Not from the supervisor: while it forks it hears nobody, and afterwards every page that it writes is copied first, some
450 until the next call is done. The server does nothing else, imports once what every call needs, and has run nobody's
code.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import gc
import os
import signal
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from . import forks
from .channel import MADE, NOT_MADE, REAPED, Message, Speaker
from .children import Child, Listener
from .loop import Loop
from .raw import secret

if TYPE_CHECKING:
    from .agent import Agent

_FACT = struct.Struct(">ii")  # a process's number and its status; or an error's number
_DESCRIPTORS = 4  # of a child's ends
_SECRET = 16


class ForkServer(Listener):
    """The supervisor's side of it.

    Args:
        agent: Whose it is.
        run: What each of the processes does.

    Raises:
        OSError: It can't be started.
    """

    prints = False

    def __init__(self, agent: Agent, run: forks.Run) -> None:
        self._children = agent.children
        self._log = agent.log
        self._asked: deque[tuple[forks.Ends, bytes, Listener, Callable[[Any], None]]] = deque()
        self._made: set[int] = set()
        self._child = self._children.fork(functools.partial(_serve, run), self)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._child.alive

    def ask(self, listener: Listener, done: Callable[[Child | OSError], None]) -> None:
        """Have a process forked; ``done`` is told which, or why there is none.

        Raises:
            OSError: It can't be asked.
        """
        ours, theirs = forks.connect()
        begin = secret()
        try:
            self._child.hand(begin, theirs.all())
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._asked.append((ours, begin, listener, done))

    def close(self) -> None:
        """Ask no more: it ends with the last of its processes."""
        self._child.end_orders()

    def message(self, message: Message) -> None:
        """Hear what it did."""
        number, status = _FACT.unpack(message.payload)
        if message.kind == MADE:
            ours, begin, listener, done = self._asked.popleft()
            self._made.add(number)
            done(self._children.add(number, ours, begin, listener))
        elif message.kind == NOT_MADE:
            ours, _, _, done = self._asked.popleft()
            ours.close()
            done(OSError(status, os.strerror(status)))
        elif message.kind == REAPED:
            self._made.discard(number)
            self._children.ended(number, status)

    def raw(self, stream: int, data: bytes) -> None:
        """Pass on what it prints: only when something is wrong with it."""
        self._log.write(stream, data)

    def exited(self, status: int) -> None:
        """End what it made: nobody would learn of its end."""
        for pid in self._made:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            self._children.ended(pid, signal.SIGKILL)
        asked, self._asked = self._asked, deque()
        for ours, _, _, done in asked:
            ours.close()
            done(ChildProcessError("the process that makes them has ended"))


class _Serving:
    """The process itself: forks when it is asked to, and ends with its last child when nobody can ask any more."""

    def __init__(self, run: forks.Run, speaker: Speaker, told: int) -> None:
        self._run = run
        self._speaker = speaker
        self._requests = socket.socket(fileno=told)
        self._alive: set[int] = set()
        self._used = self._over = False
        self._loop = Loop()
        self._loop.watch(told, self._asked)
        self._loop.on_signal(signal.SIGCHLD, self._reap)
        self._loop.run()

    def _asked(self) -> None:
        begin, ancillary, _, _ = self._requests.recvmsg(_SECRET, forks.beside(_DESCRIPTORS))
        descriptors = forks.handed(ancillary)
        if len(descriptors) == _DESCRIPTORS:
            self._fork(begin, descriptors)
        elif not begin:
            self._over = True
            self._loop.watch(self._requests.fileno(), None)
            self._end()
        else:  # there was no room for its descriptors
            for fd in descriptors:
                os.close(fd)
            self._speaker.say(NOT_MADE, _FACT.pack(0, errno.EMFILE))

    def _fork(self, begin: bytes, descriptors: list[int]) -> None:
        if self._used:
            _import()  # not before the first, who may not need it
        self._used = True
        orders, says, out, err = descriptors
        ends = forks.Ends(orders, says, (out, err))
        try:
            pid = forks.fork(self._run, ends, begin)
        except OSError as error:
            self._speaker.say(NOT_MADE, _FACT.pack(0, error.errno or 0))
        else:
            self._alive.add(pid)
            self._speaker.say(MADE, _FACT.pack(pid, 0))
        finally:
            ends.close()

    def _reap(self) -> None:
        forks.reap(self._alive, self._reaped)

    def _reaped(self, pid: int, status: int) -> None:
        self._alive.discard(pid)
        self._speaker.say(REAPED, _FACT.pack(pid, status))
        self._end()

    def _end(self) -> None:
        if self._over and not self._alive:
            self._loop.end()


def _serve(run: forks.Run, speaker: Speaker, told: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends when it has told the ends of those it made
    _Serving(run, speaker, told)


@functools.lru_cache(maxsize=None)
def _import() -> None:
    """Import here, once there are calls, what each of them would have to import."""
    import asyncio  # noqa: F401 - for coroutines

    with contextlib.suppress(ImportError):
        import cloudpickle  # noqa: F401
    gc.collect()
    gc.freeze()  # else every process that looks for garbage has a copy of all of this
