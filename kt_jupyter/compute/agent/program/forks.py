"""How a process for users' code begins: its pipes, its fork, what it drops of who forked it, and how it is reaped.

Each is the leader of its own session, so that a signal reaches what it started too. What it leaves behind in its
process group when it ends is killed.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import os
import signal
import socket
import sys
import traceback
from typing import Callable, Container, Iterable, NamedTuple

from .channel import Speaker

_PIPE = 1024 * 1024
_INT = array.array("i").itemsize

Run = Callable[[Speaker, int], None]


class Ends(NamedTuple):
    """One side's ends of what connects the supervisor and a child.

    Attributes:
        orders: To the child; a socket, over which descriptors can be handed too.
        says: Its messages.
        raw: What lies under its descriptors 1 and 2.
    """

    orders: int
    says: int
    raw: tuple[int, int]

    def all(self) -> tuple[int, ...]:
        """Return every descriptor."""
        return (self.orders, self.says, *self.raw)

    def close(self) -> None:
        """Close them."""
        for fd in self.all():
            os.close(fd)


def connect() -> tuple[Ends, Ends]:
    """Return ours, not blocking, and the child's.

    Raises:
        OSError: There are too many open files.
    """
    made: list[int] = []
    try:
        made.extend(end.detach() for end in socket.socketpair())
        for _ in range(3):
            made.extend(os.pipe())
    except OSError:
        for fd in made:
            os.close(fd)
        raise
    orders, ordered, heard, says, *raw = made
    for fd in (says, raw[1], raw[3]):
        widen(fd)
    ours = Ends(orders, heard, (raw[0], raw[2]))
    for fd in ours.all():
        os.set_blocking(fd, False)
    return ours, Ends(ordered, says, (raw[1], raw[3]))


def widen(fd: int) -> bool:
    """Let a pipe hold much; returns whether it does. If not (not Linux, or the user's limit), it is only slower."""
    try:
        return fcntl.fcntl(fd, getattr(fcntl, "F_SETPIPE_SZ", 1031), _PIPE) >= _PIPE
    except OSError:
        return False


def beside(count: int) -> int:
    """Return the room that descriptors need beside the data of a message."""
    return socket.CMSG_SPACE(count * _INT)


def handed(ancillary: Iterable[tuple[int, int, bytes]]) -> list[int]:
    """Return the descriptors that came beside a message."""
    found = array.array("i")
    for _, _, data in ancillary:
        found.frombytes(data[: len(data) // _INT * _INT])
    return found.tolist()


def fork(run: Run, ends: Ends, begin: bytes) -> int:
    """Start ``run(speaker, orders)`` in a process of its own and return its number; ``ends`` stay open here.

    Raises:
        OSError: There are too many processes, or there is no memory.
    """
    pid = os.fork()
    if pid == 0:
        _become(run, ends, begin)
    return pid


def _become(run: Run, ends: Ends, begin: bytes) -> None:
    """Be the child. Its copies of its parent's objects must never be collected: they name closed descriptors."""
    code = 70
    try:
        give_way()
        os.setsid()
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(signum, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # until there is something to interrupt
        out, err = ends.raw
        null = os.open(os.devnull, os.O_RDWR)
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        _close_others({ends.orders, ends.says})
        give_way()
        run(Speaker(ends.says, begin), ends.orders)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - there is nobody above
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def give_way() -> None:
    """Let others have the processor, if they want it, while a process is being made ready that nobody waits for yet.

    Else the kernel lets it go on for milliseconds: longer than a call takes.
    """
    if hasattr(os, "sched_yield"):  # not everywhere where the embedded cluster runs
        os.sched_yield()


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


def reap(ours: Container[int], ended: Callable[[int, int], None]) -> None:
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
        if pid in ours:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        if pid in ours:
            ended(pid, status)
