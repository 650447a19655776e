"""Containers' logs on disk, as the kubelet and containerd keep them.

One file for each start of a container, ``<namespace>_<pod>_<uid>/<container>/<start>.log`` below the pods' directory,
each line in the CRI format: time, stream, ``F`` for a full line or ``P`` for a part of one, text. So timestamps,
``sinceTime`` and a line that is still being written mean what they mean on a real node.

Readers follow a file by waiting for its writer, which lives in the same process, never by looking again and again.
Source: ``pkg/kubelet/kuberuntime/logs/logs.go`` (1.34), containerd's ``pkg/cri/io/logger.go``.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import io
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of

MAX_FILE: Final = 32 << 20  # bytes after which a log begins anew; the kubelet's default is 10 MiB
MAX_LINE: Final = 16 * 1024  # bytes of text after which containerd writes a part
_BLOCK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What of a log is asked for: Kubernetes' PodLogOptions, which the query of ``pods/log`` carries."""

    container: str | None = None
    follow: bool = False
    previous: bool = False
    since_seconds: int | None = None
    since_time: dt.datetime | None = None
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None


class LogWriter:
    """The log of one start of one container."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._rest = {"stdout": b"", "stderr": b""}
        self._changed = asyncio.Event()
        self.closed = False

    def write(self, stream: str, data: bytes) -> None:
        """Add output; ``b""`` ends the stream and writes the line it left unfinished."""
        # A terminal ends lines with \r\n, and Go's ReadLine, with which containerd reads them, takes both away.
        *lines, rest = (self._rest[stream] + data).replace(b"\r\n", b"\n").split(b"\n")
        stamp = _timestamp()
        records = _records(stamp, stream, lines)
        while len(rest) >= MAX_LINE:
            records += _record(stamp, stream, b"P", rest[:MAX_LINE])
            rest = rest[MAX_LINE:]
        if rest and not data:
            records += _record(stamp, stream, b"P", rest)
            rest = b""
        self._rest[stream] = rest
        if records:
            self._file.write(records)
            if self._file.tell() > MAX_FILE:
                self._begin_anew()
            self._wake()

    def close(self) -> None:
        """End the log: those who follow it come to its end."""
        if not self.closed:
            for stream in self._rest:
                self.write(stream, b"")
            self.closed = True
            self._file.close()
            self._wake()

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next write, or at the end. Take it before you read, so that nothing written then is missed."""
        return self._changed

    def _begin_anew(self) -> None:
        """Set the full file aside, replacing the one before it: a pod that talks for days must not fill the disk."""
        self._file.close()
        self._path.rename(self._path.with_suffix(".full"))
        self._file = self._path.open("ab", buffering=0)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Logs:
    """All containers' logs of one cluster."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "logs"
        self._writers: dict[Path, LogWriter] = {}

    def path(self, pod: Object, container: str, start: int) -> Path:
        """Where the log of a container's start (0: the first) is."""
        folder = f"{namespace_of(pod)}_{name_of(pod)}_{dig(pod, 'metadata', 'uid')}"
        return self._directory / folder / container / f"{start}.log"

    def open(self, pod: Object, container: str, start: int) -> LogWriter:
        """Begin a log. Only the two newest starts are kept: those that can be asked for."""
        path = self.path(pod, container, start)
        writer = self._writers[path] = LogWriter(path)
        old = self.path(pod, container, start - 2)
        old.unlink(missing_ok=True)
        self._writers.pop(old, None)
        return writer

    def remove(self, pod: Object) -> None:
        """Remove all logs of a pod."""
        folder = self.path(pod, "_", 0).parent.parent
        for path in [path for path in self._writers if folder in path.parents]:
            self._writers.pop(path).close()
        shutil.rmtree(folder, ignore_errors=True)

    def keep_only(self, uids: set[str]) -> None:
        """Remove the logs of pods that are no more (the server was killed before it could)."""
        if self._directory.is_dir():
            for folder in self._directory.iterdir():
                if folder.name.rsplit("_", 1)[-1] not in uids:
                    shutil.rmtree(folder, ignore_errors=True)

    async def read(self, pod: Object, container: str, start: int, options: LogOptions) -> AsyncIterator[bytes]:
        """Yield the log's text; with ``options.follow``, as it is written and until the container ends."""
        path = self.path(pod, container, start)
        try:
            reader = _Reader(path, options.tail_lines)
        except FileNotFoundError:
            return
        left = options.limit_bytes
        with contextlib.closing(reader):
            while True:
                writer = self._writers.get(path)
                changed = writer.changed if writer and not writer.closed else None
                for records in reader.records():
                    text = b"".join(_shown(record, options) for record in records)[:left]
                    left = left if left is None else left - len(text)
                    if text:
                        yield text
                if not options.follow or changed is None or left == 0:
                    return
                await changed.wait()


class _Reader:
    """Reads whole records of a log, also past the point where the log begins anew."""

    def __init__(self, path: Path, tail_lines: int | None) -> None:
        self._path = path
        self._file = path.open("rb")
        self._rest = b""
        if tail_lines is not None:
            _seek_tail(self._file, tail_lines)

    def records(self) -> Iterator[list[bytes]]:
        """Yield, in batches, what has been written and not been read yet."""
        while True:
            block = self._file.read(_BLOCK)
            if block:
                *records, self._rest = (self._rest + block).split(b"\n")
                yield records
            elif not self._begins_anew():
                return

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _begins_anew(self) -> bool:
        try:
            if self._path.samefile(f"/dev/fd/{self._file.fileno()}"):
                return False
        except FileNotFoundError:  # removed with its pod
            return False
        self._file.close()
        self._file, self._rest = self._path.open("rb"), b""
        return True


def _seek_tail(file: BinaryIO, lines: int) -> None:
    """Place the file where its last ``lines`` lines begin, reading no more than needed."""
    position = file.seek(0, io.SEEK_END)
    found, tail = 0, b""
    while position > 0 and found <= lines:
        size = min(_BLOCK, position)
        position -= size
        file.seek(position)
        tail = file.read(size) + tail
        found = tail.count(b"\n")
    kept = tail.split(b"\n")[-lines - 1 :] if lines else [b""]
    file.seek(-len(b"\n".join(kept)), io.SEEK_END)


def _records(stamp: bytes, stream: str, lines: list[bytes]) -> bytes:
    """Whole lines; those that are too long in parts. Programs write millions of lines a second: no loop over them."""
    if not lines:
        return b""
    if max(map(len, lines)) <= MAX_LINE:
        start = b"%s %s F " % (stamp, stream.encode())
        return start + (b"\n" + start).join(lines) + b"\n"
    return b"".join(_parts(stamp, stream, line) for line in lines)


def _parts(stamp: bytes, stream: str, line: bytes) -> bytes:
    parts = [line[at : at + MAX_LINE] for at in range(0, len(line), MAX_LINE)] or [b""]
    whole = b"".join(_record(stamp, stream, b"P", part) for part in parts[:-1])
    return whole + _record(stamp, stream, b"F", parts[-1])


def _record(stamp: bytes, stream: str, tag: bytes, text: bytes) -> bytes:
    return b"%s %s %s %s\n" % (stamp, stream.encode(), tag, text)


def _shown(record: bytes, options: LogOptions) -> bytes:
    stamp, _, tag, text = [*record.split(b" ", 3), b""][:4]
    if options.since_time is not None and _parse(stamp) < options.since_time:
        return b""
    end = b"" if tag == b"P" else b"\n"
    return b"%s %s%s" % (stamp, text, end) if options.timestamps else text + end


def _timestamp() -> bytes:
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{nanoseconds:09d}Z").encode()


def _parse(stamp: bytes) -> dt.datetime:
    seconds, _, fraction = stamp.decode().rstrip("Z").partition(".")
    moment = dt.datetime.fromisoformat(seconds).replace(tzinfo=dt.UTC)
    return moment + dt.timedelta(microseconds=int(fraction[:6] or 0))
