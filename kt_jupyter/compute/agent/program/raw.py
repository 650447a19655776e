"""Descriptors 1 and 2 of a child: what C and subprocesses print, in order with what Python says over its own way.

A message of the child's that is sent while bytes lie unread in one of these pipes must come after them. How many there
are does not tell, since they are read meanwhile; so the child first puts a mark into the pipe, a secret and a number,
and the message names it. Whoever hears the message reads up to that mark first. Marks are rare: when Python and
subprocesses do not print at the same moment there is never one.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
from typing import Callable

_FIONREAD = getattr(termios, "FIONREAD", 0x541B)
_NO = bytes(4)
_NUMBER = struct.Struct(">I")
_READ = 256 * 1024


def secret() -> bytes:
    """Return what marks begin with."""
    return os.urandom(16)


def lying(fd: int) -> int:
    """Return how many bytes lie in a pipe."""
    try:
        return int(struct.unpack("i", fcntl.ioctl(fd, _FIONREAD, _NO))[0])
    except OSError:  # it is closed
        return 0


def mark(fd: int, begin: bytes, number: int) -> None:
    """Put a mark into a pipe."""
    os.write(fd, begin + _NUMBER.pack(number))


class Raw:
    """The supervisor's end of one such pipe.

    Args:
        fd: It, not blocking.
        begin: What marks begin with.
        take: Called with what was printed.

    Attributes:
        ended: Whether nobody has the other end any more.
    """

    def __init__(self, fd: int, begin: bytes, take: Callable[[bytes], None]) -> None:
        self.fd = fd
        self._begin = begin
        self._take = take
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)
        self._ahead = b""  # read, and not given yet
        self._passed = 0
        self._mark = 0
        self.ended = False

    def end(self) -> int:
        """Return the position after all that is there now. No mark is cut by it: they are written in one go."""
        return self._passed + len(self._ahead) + lying(self.fd)

    def up_to(self, position: int) -> None:
        """Give what stands before a position. No more than that is read: who speaks must see what still lies there."""
        while True:
            missing = position - self._passed - len(self._ahead)
            if missing <= 0 or not self._read(missing):
                break
        self._give(position - self._passed)

    def settle(self) -> None:
        """Give what was read beyond a mark: of the messages to come, those sent before it have marks of their own."""
        at = self._ahead.find(self._begin)
        self._give(at if at >= 0 else len(self._ahead))

    def up_to_mark(self, number: int) -> None:
        """Give what stands before a mark."""
        mark_ = self._begin + _NUMBER.pack(number)
        at = -1
        while self._mark < number:
            at = self._ahead.find(mark_)
            if at >= 0:
                self._give(at + len(mark_))
            elif not self._read():
                return

    def rest(self) -> None:
        """Give everything."""
        while self._read():
            self._give(len(self._ahead))
        self._give(len(self._ahead))

    def over(self) -> bool:
        """Find out whether nobody has the other end any more. It is not read for that: messages may come first."""
        self.ended = self.ended or any(events == select.POLLHUP for _, events in self._poll.poll(0))
        return self.ended

    def _read(self, most: int = _READ) -> bool:
        try:
            data = os.read(self.fd, most)
        except BlockingIOError:
            return False
        self._ahead += data
        return bool(data)

    def _give(self, size: int) -> None:
        """Give so many bytes of those that were read, without the marks among them."""
        if size <= 0:
            return
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        self._passed += len(data)
        while True:
            text, mark_, rest = data.partition(self._begin)
            if text:
                self._take(text)
            if not mark_:
                return
            (self._mark,) = _NUMBER.unpack_from(rest)
            data = rest[_NUMBER.size :]
