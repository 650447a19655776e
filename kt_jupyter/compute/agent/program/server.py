"""The socket that relays connect to, and the connections.

A connection sends only what the other end can take: replies first, then the works that are followed, in turn, each up
to a window of bytes that the follower has not acknowledged. So a follower who does not read holds up nobody else, and
the acknowledgements tell the spool what somebody still needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, Dict

from . import forks, wire
from .blobs import Buffer
from .outlet import Outlet
from .requests import Refused, answer
from .works import Work

if TYPE_CHECKING:
    from .agent import Agent

Json = Dict[str, Any]

WINDOW = 4 * 1024 * 1024
_READ = 1024 * 1024
_LENT = forks.beside(1)  # the descriptor that a relay lends
_OUT = 512 * 1024  # bytes ready to be sent, above which no more are prepared


class Following:
    """Somebody follows a work: its output from a position on, and its result when it is done."""

    def __init__(self, connection: Connection, work: Work, position: int, blob: int) -> None:
        self._connection = connection
        self.work = work
        self.sent = position
        self.blob_sent = blob
        self.is_ready = False
        self._acknowledged = position
        work.followers.add(self)
        work.spool.reader(self, position)

    def acknowledge(self, position: int) -> None:
        """Note that what stands before a position has been read."""
        self._acknowledged = max(self._acknowledged, position)
        self.work.spool.reader(self, self._acknowledged)
        self._connection.ready(self)

    def wake(self) -> None:
        """Send what is new."""
        self._connection.ready(self)
        self._connection.push()

    def leave(self) -> None:
        """Follow no more."""
        self.work.followers.discard(self)
        self.work.spool.reader(self, None)
        self._connection.following.pop(self.work.id, None)

    @property
    def behind(self) -> bool:
        """Whether there is something that it has not been sent."""
        blob = self.work.blob
        return self.sent < self.work.spool.end or (blob is not None and self.blob_sent < blob.size)

    def frame(self) -> tuple[Buffer, ...]:
        """Return the next frame in parts; none when there is nothing to send now."""
        work = self.work
        room = WINDOW - (self.sent - self._acknowledged)
        if self.sent < work.spool.end and room > 0:
            position, data = work.spool.read(self.sent, min(room, wire.CHUNK))
            self._acknowledged = max(self._acknowledged, self._acknowledged + position - self.sent)  # gone: not owed
            self.sent = position + len(data)
            return wire.head(wire.STREAM, data, work.id, position), data
        blob = work.blob
        if blob is not None and self.blob_sent < blob.size:
            position, part = self.blob_sent, blob.read(self.blob_sent, wire.CHUNK)
            self.blob_sent += len(part)
            return wire.head(wire.BLOB, part, work.id, position), part
        return ()


class Connection:
    """One relay."""

    def __init__(self, agent: Agent, raw: socket.socket) -> None:
        self.agent = agent
        self.following: dict[bytes, Following] = {}
        self._raw = raw
        self._fd = raw.fileno()
        self._decoder = wire.Decoder()
        self._out = Outlet(agent.loop, raw, self._push)
        self._ready: deque[Following] = deque()
        self._pushes = False
        raw.settimeout(0)
        agent.loop.watch(self._fd, self._read)

    @property
    def busy(self) -> bool:
        """Whether something is on its way out."""
        return self._out.size > 0 or any(each.behind for each in self.following.values())

    def notice(self, message: Json) -> None:
        """Tell something."""
        self._out.put(wire.encode(wire.JSON, json.dumps(message).encode()))
        self.push()

    def ready(self, following: Following) -> None:
        """Note that a work may have something to send."""
        if not following.is_ready:
            following.is_ready = True
            self._ready.append(following)

    def follow(self, work: Work, position: int, blob: int) -> None:
        """Begin to send a work's output; again: from another position."""
        before = self.following.get(work.id)
        if before is not None:
            before.leave()
        following = self.following[work.id] = Following(self, work, position, blob)
        self.ready(following)
        self.push()

    def work_ended(self, work: Work) -> None:
        """Tell that a work is done, ahead of output that may be waiting to be read."""
        if work.id in self.following:
            self.notice({"event": "done", "done": work.done})

    def push(self) -> None:
        """Send what can be sent, together with what else comes up in this turn of the loop."""
        if not self._pushes:
            self._pushes = True
            self.agent.loop.later(0, self._push)

    def _push(self) -> None:
        self._pushes = False
        try:
            while True:
                self._prepare()
                if not self._out.size:
                    break
                self._out.write()
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        self._out.settle()

    def close(self) -> None:
        """Forget who was there. What they started goes on."""
        if self in self.agent.connections:
            self.agent.connections.remove(self)
            for each in list(self.following.values()):
                each.leave()
            self.agent.loop.watch(self._fd, None)
            self._raw.close()
            self._out.close()

    def _prepare(self) -> None:
        while self._ready and self._out.size < _OUT:
            following = self._ready.popleft()
            frame = following.frame() if self.following.get(following.work.id) is following else ()
            if frame:
                self._out.put(*frame)
                self._ready.append(following)
            else:
                following.is_ready = False

    def _read(self) -> None:
        try:
            data, ancillary, _, _ = self._raw.recvmsg(_READ, _LENT)
            for fd in forks.handed(ancillary):
                self._out.lend(fd)
            frames = self._decoder.feed(data)
        except BlockingIOError:
            return
        except (OSError, wire.Garbled):
            data, frames = b"", []
        if not data:
            self.close()
            return
        for frame in frames:
            self._take(frame)
        self.push()

    def _take(self, frame: wire.Frame) -> None:
        if frame.type == wire.BLOB:
            self._upload(frame)
        elif frame.type == wire.JSON:
            request = json.loads(frame.payload)
            try:
                reply = answer(self.agent, self, request)
            except Refused as error:
                reply = {"refused": str(error), "kind": error.kind}
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                reply = {"refused": f"it is not what this agent expects ({error!r})", "kind": "malformed"}
            if "n" in request:
                reply["n"] = request["n"]
                self._out.put(wire.encode(wire.JSON, json.dumps(reply).encode()))

    def _upload(self, frame: wire.Frame) -> None:
        work = self.agent.works.get(frame.work)
        if work is None or work.state != "uploading" or frame.position != work.upload.size:
            return
        try:
            for piece in frame.payload:
                work.upload.write(piece)
        except OSError as error:
            work.not_started(f"It was not run: there is no room in the pod for what it was given ({error.strerror}).")
            return
        self.agent.touched()
        work.complete()


class Server:
    """The socket."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._path = agent.path("agent.sock")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._raw = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o177)
        try:
            self._raw.bind(self._path)
        finally:
            os.umask(mask)
        self._raw.listen(64)
        self._raw.settimeout(0)
        agent.loop.watch(self._raw.fileno(), self._accept)

    def close(self) -> None:
        """Take no more connections."""
        self._raw.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                raw = self._raw.accept()[0]
                self._agent.connections.append(Connection(self._agent, raw))
