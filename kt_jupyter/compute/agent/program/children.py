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
import traceback
from typing import Callable

from .channel import Channel, Message
from .loop import Loop

_PIPE = 1024 * 1024
_READ = 256 * 1024
_TURN = 64  # messages that one child may be heard for before others are


class Listener:
    """Who a child talks to."""

    def message(self, message: Message) -> None:
        """Take a message of its own."""

    def raw(self, stream: int, data: bytes) -> None:
        """Take what it, or a process that it started, wrote to descriptor 1 or 2."""

    def exited(self, status: int) -> None:
        """Take its end, as ``os.waitpid`` tells it; nothing more will come."""


class Child:
    """One process."""

    def __init__(
        self, children: Children, pid: int, channel: Channel, raw: tuple[int, int], listener: Listener
    ) -> None:
        self._children = children
        self._loop = children.loop
        self._raw: dict[int, int] = {1: raw[0], 2: raw[1]}
        self._listener = listener
        self._paused = False
        self.pid = pid
        self.channel = channel
        self.alive = True
        self._watch()

    def signal(self, signum: int) -> None:
        """Send a signal to it and to what it started."""
        if self.alive:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signum)

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - a switch
        """Stop hearing it, or go on; it waits then, when it has filled its pipes."""
        if paused != self._paused:
            self._paused = paused
            self._watch()

    def ended(self, status: int) -> None:
        """Hear what is left, and tell its end."""
        self.alive = False
        with contextlib.suppress(BlockingIOError):
            while self._hear():
                pass
        for stream in (1, 2):
            while self._drain(stream, _READ):
                pass
        for fd in (self.channel.fileno(), *self._raw.values()):
            self._loop.watch(fd, None)
        self.channel.close()
        for fd in self._raw.values():
            os.close(fd)
        self._raw.clear()
        self._listener.exited(status)

    def _watch(self) -> None:
        self._loop.watch(self.channel.fileno(), None if self._paused else self._messages)
        for stream, fd in self._raw.items():
            self._loop.watch(fd, None if self._paused else self._reader(stream))

    def _reader(self, stream: int) -> Callable[[], None]:
        def read() -> None:
            self._messages()  # what Python printed before may still be on the way
            self._drain(stream, _READ)

        return read

    def _messages(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(_TURN):
                if not self._hear():
                    return

    def _hear(self) -> bool:
        if self.channel.fileno() < 0:
            return False
        message = self.channel.receive()
        if message is None:
            self._loop.watch(self.channel.fileno(), None)
            return False
        for stream, size in zip((1, 2), message.before):
            left = size
            while left > 0:
                got = self._drain(stream, left)
                if not got:
                    break
                left -= got
        self._listener.message(message)
        return True

    def _drain(self, stream: int, most: int) -> int:
        fd = self._raw.get(stream)
        if fd is None:
            return 0
        try:
            data = os.read(fd, min(most, _READ))
        except BlockingIOError:
            return 0
        if data:
            self._listener.raw(stream, data)
        else:  # nobody has the other end any more
            self._loop.watch(fd, None)
        return len(data)


class Children:
    """All of them."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._alive: dict[int, Child] = {}
        loop.on_signal(signal.SIGCHLD, self.reap)

    def fork(self, run: Callable[[Channel], None], listener: Listener) -> Child:
        """Start ``run`` in a process of its own; returns in the parent only.

        Raises:
            OSError: There are too many processes, or there is no memory.
        """
        ours, theirs = Channel.pair()
        pipes = [_pipe() for _ in range(2)]
        try:
            pid = os.fork()
        except OSError:
            for fd in (*pipes[0], *pipes[1]):
                os.close(fd)
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            _become(run, theirs, pipes[0][1], pipes[1][1])
        theirs.close()
        for _, write in pipes:
            os.close(write)
        for read, _ in pipes:
            os.set_blocking(read, False)
        ours.raw.settimeout(0)
        child = self._alive[pid] = Child(self, pid, ours, (pipes[0][0], pipes[1][0]), listener)
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


def _become(run: Callable[[Channel], None], channel: Channel, out: int, err: int) -> None:
    """Be the child. Its copies of the supervisor's objects must never be collected: they name closed descriptors."""
    code = 70
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(signum, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # until there is something to interrupt
        null = os.open(os.devnull, os.O_RDWR)
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        _close_others(channel.fileno())
        _go_first()
        run(channel)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - there is nobody above
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def _close_others(keep: int) -> None:
    try:
        open_now = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        try:
            open_now = [int(name) for name in os.listdir("/dev/fd")]
        except OSError:
            open_now = list(range(3, 1024))
    for fd in open_now:
        if fd > 2 and fd != keep:  # noqa: PLR2004 - the standard streams
            try:
                os.close(fd)
            except OSError as error:
                if error.errno != errno.EBADF:
                    raise


def _go_first() -> None:
    """Let the kernel choose this process when the memory is full."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
