"""What users' code prints to, in a child: ``sys.stdout`` and ``sys.stderr`` that speak to the supervisor.

No buffer and no thread: each write is a message at once, which keeps the two streams and what is displayed in one
order, and loses nothing when the process dies. (A thread that flushes would make every ``fork`` of a user's dangerous.)
Descriptors 1 and 2 are pipes to the supervisor as well, for subprocesses and for C.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import itertools
import json
import os
import sys
from typing import Any, Iterable, Iterator

from . import channel, raw, records

_PIECE = channel.PIECE


class Voice:
    """A child's way to the supervisor; its own children's, which it forks, go over the pipes."""

    def __init__(self, speaker: channel.Speaker) -> None:
        self._speaker = speaker
        self._pid = os.getpid()
        self._begun: dict[int, bytes] = {}
        self._marks = itertools.count(1)
        # The pipes themselves, whatever the user's code makes of descriptors 1 and 2.
        self.pipes = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for fd in (1, 2)]

    @property
    def ours(self) -> bool:
        """Whether this is still the process that the supervisor started, and not one that the user's code forked."""
        return os.getpid() == self._pid

    @contextlib.contextmanager
    def muted(self) -> Iterator[None]:
        """Say nothing in this block."""
        speaker, self._speaker = self._speaker, _Mute(self._speaker.fd, b"")
        try:
            yield
        finally:
            self._speaker = speaker

    def text(self, fd: int, data: bytes) -> None:
        """Print: 1 is output, 2 errors."""
        if not self.ours:
            self._lines(fd, data)
            return
        for start in range(0, len(data), _PIECE):
            self.say(fd, data[start : start + _PIECE])

    def _lines(self, fd: int, data: bytes) -> None:
        """Print from a process that the user's code forked: whole lines, so that several do not mix theirs."""
        data = self._begun.get(fd, b"") + data
        whole = data.rfind(b"\n") + 1
        self._begun[fd] = data[whole:]
        _write(fd, data[:whole])

    def flush(self, fd: int) -> None:
        """Print a line that is begun."""
        if not self.ours:
            _write(fd, self._begun.pop(fd, b""))

    def leave_if_forked(self) -> None:
        """End a process that the user's code forked, and that came back from it as its parent does."""
        if not self.ours:
            for fd in (1, 2):
                self.flush(fd)
            os._exit(0)

    def record(self, kind: int, content: Any) -> None:
        """Display; what is no JSON in it is said in words."""
        if self.ours:
            self.say(channel.RECORD, bytes((kind,)) + json.dumps(content, default=repr).encode())

    def item(self, data: bytes) -> None:
        """Give what a generator yielded, pickled."""
        if self.ours:
            self.say(channel.RECORD, bytes((records.ITEM,)) + data)

    def say(self, kind: int, payload: bytes) -> None:
        """Send a message. When that is not possible any more there is nobody to run for."""
        try:
            out, err = self.pipes
            marks = (0, 0)
            if raw.lying(out) or raw.lying(err):
                marks = (self._mark(out), self._mark(err))
            self._speaker.say(kind, payload, marks)
        except OSError:
            os._exit(74)

    def _mark(self, fd: int) -> int:
        number = next(self._marks)
        raw.mark(fd, self._speaker.begin, number)
        return number


class _Mute(channel.Speaker):
    def say(self, kind: int, payload: bytes, marks: tuple[int, int] = (0, 0)) -> None:
        pass


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


class Binary(io.RawIOBase):
    """``sys.stdout.buffer``."""

    def __init__(self, voice: Voice, fd: int) -> None:
        super().__init__()
        self._voice = voice
        self._fd = fd

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._voice.text(self._fd, bytes(view))
        return len(view)


class Text(io.TextIOBase):
    """``sys.stdout``, ``sys.stderr``."""

    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None
    line_buffering = True
    write_through = True
    mode = "w"

    def __init__(self, voice: Voice, fd: int) -> None:
        super().__init__()
        self._voice = voice
        self._fd = fd
        self.name = "<stdout>" if fd == 1 else "<stderr>"
        self.buffer = Binary(voice, fd)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return False

    def reconfigure(self, **_: Any) -> None:
        """Take what a stream takes; there is nothing to set here."""

    def flush(self) -> None:
        if not self.closed:
            self._voice.flush(self._fd)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if text:
            self._voice.text(self._fd, text.encode("utf-8", "backslashreplace"))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        self.write("".join(lines))


def print_at_once(builtin: Any) -> Any:
    """Return a ``print`` that writes a line in one go: half the messages, and lines of several threads stay whole."""

    def print_(*values: Any, sep: Any = " ", end: Any = "\n", file: Any = None, flush: Any = False) -> None:
        __tracebackhide__ = True
        to = sys.stdout if file is None else file
        sep, end = " " if sep is None else sep, "\n" if end is None else end
        if type(to) is Text and isinstance(sep, str) and isinstance(end, str):
            to.write(sep.join(map(str, values)) + end)
        else:
            builtin(*values, sep=sep, end=end, file=file, flush=flush)

    for name in ("__doc__", "__module__", "__name__", "__qualname__"):
        setattr(print_, name, getattr(builtin, name))
    return print_


class Nobody(io.TextIOBase):
    """``sys.stdin``: nobody is there to answer."""

    encoding = "utf-8"
    name = "<stdin>"

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def read(self, size: Any = -1) -> str:
        return ""

    def readline(self, size: Any = -1) -> str:  # type: ignore[override]
        return ""


class Streams:
    """The three, put in place, and put back when the user's code has taken them away."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._pipes = tuple((fd, spare, _identity(fd)) for fd, spare in zip((1, 2), voice.pipes))
        self.restore()

    def restore(self) -> None:
        """Put in place what is not."""
        for fd, spare, identity in self._pipes:
            if _identity(fd) != identity and _identity(spare) == identity:
                os.dup2(spare, fd)
        for name, fd in (("stdout", 1), ("stderr", 2)):
            stream = getattr(sys, name)
            if not isinstance(stream, Text) or stream.closed:
                stream = Text(self._voice, fd)
                setattr(sys, name, stream)
                setattr(sys, f"__{name}__", stream)
        if not isinstance(sys.stdin, Nobody):
            sys.stdin = sys.__stdin__ = Nobody()  # type: ignore[assignment, misc]


def _identity(fd: int) -> tuple[int, int]:
    try:
        found = os.fstat(fd)
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)
