"""Processes in which users' code runs: forked from the supervisor, heard over three descriptors, reaped.

Each is the leader of its own session, so that a signal reaches what it started too. What it leaves behind in its
process group when it ends is killed. It is the first to go when the memory is full, never the supervisor.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import sys
import time
import traceback
from typing import Callable, NamedTuple

from .channel import Hearer, Message, Speaker
from .loop import Loop
from .raw import Raw, secret

_PIPE = 1024 * 1024
POKE = signal.SIGURG  # ignored by whoever does not know it
_POKES = (0.05, 0.2, 0.8)  # seconds after an interrupt
_BUSY = 3  # reads within the window below, after which more is let come together first
_WINDOW = 0.004


class Pipes(NamedTuple):
    """One side's ends of what connects the supervisor and a child.

    Attributes:
        orders: To the child.
        says: Its messages.
        raw: What lies under its descriptors 1 and 2.
    """

    orders: int
    says: int
    raw: tuple[int, int]

    def all(self) -> tuple[int, ...]:
        """Return every descriptor."""
        return (self.orders, self.says, *self.raw)


class Listener:
    """Who a child talks to."""

    def message(self, message: Message) -> None:
        """Take a message of its own."""

    def raw(self, stream: int, data: bytes) -> None:
        """Take what it, or a process that it started, wrote to descriptor 1 or 2."""

    def exited(self, status: int) -> None:
        """Take its end, as ``os.waitpid`` tells it; nothing more will come."""


class Child:
    """One process.

    Args:
        loop: Ours.
        pid: Its number.
        pipes: Our ends of its pipes.
        begin: What marks in its raw output begin with.
        listener: Who is told.
    """

    def __init__(self, loop: Loop, pid: int, pipes: Pipes, begin: bytes, listener: Listener) -> None:
        self._loop = loop
        self._says, self._orders = pipes.says, pipes.orders
        out, err = pipes.raw
        take = listener.raw
        self._raw = (Raw(out, begin, lambda data: take(1, data)), Raw(err, begin, lambda data: take(2, data)))
        self._hearer = Hearer()
        self._listener = listener
        self._paused = self._waits = False
        self._reads, self._since = 0, 0.0
        self.pid = pid
        self.alive = True
        self._watch()

    def order(self, data: bytes) -> None:
        """Send an order: a line, short enough for a pipe."""
        with contextlib.suppress(OSError):  # it has just died; its end is on the way, and tells
            os.write(self._orders, data + b"\n")

    def signal(self, signum: int) -> None:
        """Send a signal to it and to what it started."""
        if self.alive:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signum)

    def interrupt(self) -> None:
        """Send SIGINT, and make sure that Python looks.

        It looks between its instructions, and when a system call was interrupted. A signal that comes after its last
        look and before the call begins, or that another thread happened to take, is noticed when the call ends: after
        ``time.sleep(3600)`` that is late. Another signal, to which nothing happens, ends the call early. Not SIGINT
        again: many a program takes a second one for impatience.
        """
        self.signal(signal.SIGINT)
        for seconds in _POKES:
            self._loop.later(seconds, self._poke)

    def _poke(self) -> None:
        if self.alive:
            with contextlib.suppress(OSError):
                os.kill(self.pid, POKE)

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - a switch
        """Stop hearing it, or go on; it waits then, when it has filled its pipes."""
        if paused != self._paused:
            self._paused = paused
            self._watch()

    def ended(self, status: int) -> None:
        """Hear what is left, and tell its end."""
        self.alive = False
        while self._hear():
            pass
        for raw in self._raw:
            raw.rest()
        for fd in (self._says, *(raw.fd for raw in self._raw)):
            self._loop.watch(fd, None)
            os.close(fd)
        os.close(self._orders)
        self._listener.exited(status)

    def _watch(self) -> None:
        heard = None if self._paused or self._waits else self._heard
        for fd in (self._says, *(raw.fd for raw in self._raw if not raw.ended)):
            self._loop.watch(fd, heard)

    def _heard(self) -> None:
        """Hear messages and raw output, in order: what lies there now, after the messages that came before it."""
        ends = [raw.end() for raw in self._raw]
        self._hear()
        for raw, end in zip(self._raw, ends):
            raw.up_to(end)
            raw.settle()
            if raw.over():
                self._loop.watch(raw.fd, None)
        self._pace()

    def _hear(self) -> bool:
        try:
            data = os.read(self._says, _PIPE)
        except BlockingIOError:
            return False
        if not data:
            self._loop.watch(self._says, None)
            return False
        for message in self._hearer.feed(data):
            for raw, number in zip(self._raw, message.marks):
                if number:
                    raw.up_to_mark(number)
            self._listener.message(message)
        return True

    def _pace(self) -> None:
        """Of who prints much, read seldom: to be woken for each line costs more than the lines."""
        now = time.monotonic()
        if now - self._since > _WINDOW:
            self._reads, self._since = 0, now
        self._reads += 1
        if self._reads > _BUSY and self.alive and not self._waits:
            self._waits = True
            self._watch()
            self._loop.later(_WINDOW, self._go_on)

    def _go_on(self) -> None:
        if self.alive:
            self._waits = False
            self._watch()


class Children:
    """All of them."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._alive: dict[int, Child] = {}
        loop.on_signal(signal.SIGCHLD, self.reap)

    def fork(self, run: Callable[[Speaker, int], None], listener: Listener) -> Child:
        """Start ``run(speaker, orders)`` in a process of its own; returns in the parent only.

        Raises:
            OSError: There are too many processes, or there is no memory.
        """
        made = [_pipe() for _ in range(4)]
        ours = Pipes(made[0][1], made[1][0], (made[2][0], made[3][0]))
        theirs = Pipes(made[0][0], made[1][1], (made[2][1], made[3][1]))
        begin = secret()
        try:
            pid = os.fork()
        except OSError:
            for ends in made:
                for fd in ends:
                    os.close(fd)
            raise
        if pid == 0:
            _become(run, theirs, begin)
        for fd in theirs.all():
            os.close(fd)
        for fd in ours.all():
            os.set_blocking(fd, False)
        child = self._alive[pid] = Child(self.loop, pid, ours, begin, listener)
        return child

    def reap(self) -> None:
        """Take note of every process that has ended: our own, and orphans whose parent we are as process 1."""
        while True:
            try:
                # Still a zombie, so that its number can't be another's: time to end its group.
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            pid = found.si_pid
            child = self._alive.pop(pid, None)
            if child is not None:
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)
            status = os.waitpid(pid, 0)[1]
            if child is not None:
                child.ended(status)

    @property
    def alive(self) -> tuple[Child, ...]:
        """Those that have not ended."""
        return tuple(self._alive.values())


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    size = getattr(fcntl, "F_SETPIPE_SZ", 1031)
    with contextlib.suppress(OSError):  # not Linux, or the user's limit is reached: it is only slower
        fcntl.fcntl(ends[1], size, _PIPE)
    return ends


def _become(run: Callable[[Speaker, int], None], pipes: Pipes, begin: bytes) -> None:
    """Be the child. Its copies of the supervisor's objects must never be collected: they name closed descriptors."""
    code = 70
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(signum, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # until there is something to interrupt
        out, err = pipes.raw
        null = os.open(os.devnull, os.O_RDWR)
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        _close_others({pipes.orders, pipes.says})
        _go_first()
        run(Speaker(pipes.says, begin), pipes.orders)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - there is nobody above
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def _close_others(keep: set[int]) -> None:
    try:
        open_now = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        try:
            open_now = [int(name) for name in os.listdir("/dev/fd")]
        except OSError:
            open_now = list(range(3, 1024))
    for fd in open_now:
        if fd > 2 and fd not in keep:  # noqa: PLR2004 - the standard streams
            try:
                os.close(fd)
            except OSError as error:
                if error.errno != errno.EBADF:
                    raise


def _go_first() -> None:
    """Let the kernel choose this process when the memory is full."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
