"""Processes of ours (see ``forks``), as the supervisor sees them: told, heard, signalled, and their end."""

from __future__ import annotations

import array
import contextlib
import os
import signal
import socket
import time

from . import forks
from .channel import ERR, OUT, RECORD, Hearer, Message
from .loop import Loop
from .raw import Raw, secret

_AT_ONCE = 1024 * 1024
POKE = signal.SIGURG  # ignored by whoever does not know it
_POKES = (0.05, 0.2, 0.8)  # seconds after an interrupt
_BUSY = 3  # reads within the window below, after which more is let come together first
_WINDOW = 0.004


class Listener:
    """Who a child talks to.

    Attributes:
        prints: Whether what the child says fills a spool, so that it must pause when that is full.
    """

    prints = True

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
        ends: Ours.
        begin: What marks in its raw output begin with.
        listener: Who is told.
    """

    def __init__(self, loop: Loop, pid: int, ends: forks.Ends, begin: bytes, listener: Listener) -> None:
        self._loop = loop
        self._says = ends.says
        self._orders = socket.socket(fileno=ends.orders)
        self._orders.settimeout(0)
        out, err = ends.raw
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
        """Send an order: a line, short enough to be taken at once."""
        with contextlib.suppress(OSError):  # it has just died; its end is on the way, and tells
            self._orders.send(data + b"\n")

    def hand(self, data: bytes, descriptors: tuple[int, ...]) -> None:
        """Send an order that descriptors belong to.

        Raises:
            OSError: It is not taken.
        """
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        self._orders.sendmsg([data], [rights])

    def end_orders(self) -> None:
        """Let it know that no order comes any more."""
        with contextlib.suppress(OSError):
            self._orders.shutdown(socket.SHUT_WR)

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
        if paused != self._paused and self._listener.prints:
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
        self._orders.close()
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
            data = os.read(self._says, _AT_ONCE)
        except BlockingIOError:
            return False
        if not data:
            self._loop.watch(self._says, None)
            return False
        for message in self._hearer.feed(data):
            for raw, number in zip(self._raw, message.marks):
                if number:
                    raw.up_to_mark(number)
            if message.kind not in (OUT, ERR, RECORD):
                self._reads = 0  # it begins or has answered: what comes next is not one print of many
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
        loop.on_signal(signal.SIGCHLD, self._reap)

    def fork(self, run: forks.Run, listener: Listener) -> Child:
        """Start ``run(speaker, orders)`` in a process of its own; returns in the parent only.

        Raises:
            OSError: There are too many processes, or there is no memory.
        """
        ours, theirs = forks.connect()
        begin = secret()
        try:
            pid = forks.fork(run, theirs, begin)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return self.add(pid, ours, begin, listener)

    def add(self, pid: int, ours: forks.Ends, begin: bytes, listener: Listener) -> Child:
        """Hear a process that has been started."""
        child = self._alive[pid] = Child(self.loop, pid, ours, begin, listener)
        return child

    def ended(self, pid: int, status: int) -> None:
        """Take note of one's end."""
        child = self._alive.pop(pid, None)
        if child is not None:
            child.ended(status)

    def _reap(self) -> None:
        forks.reap(self._alive, self.ended)

    @property
    def alive(self) -> tuple[Child, ...]:
        """Those that have not ended."""
        return tuple(self._alive.values())
