"""An agent as a local process, and a client that speaks to its socket: what a kernel does, without a cluster."""

import contextlib
import json
import os
import socket
import subprocess
import time
import uuid

from kt_jupyter.compute.agent import packing
from kt_jupyter.compute.agent.program import records, wire
from tests.waiting import eventually

TEXT = {records.STDOUT: "stdout", records.STDERR: "stderr"}
NAMES = {
    records.STARTED: "started",
    records.DISPLAY: "display",
    records.CLEAR: "clear",
    records.RESULT: "result",
    records.ERROR: "error",
    records.DONE: "done",
}
SECONDS = 30


class Agent:
    """A process, ended with the ``with`` block."""

    def __init__(self, python, directory, *, env=None, **options):
        launch = packing.command(python=str(python), directory=str(directory), **options)
        self.directory = directory
        self.log = directory.with_suffix(".log")
        environment = {**os.environ, **(env or {})}
        environment.pop("MPLBACKEND", None)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*launch.command, *launch.args], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()

    def client(self):
        return Client(self)

    def logged(self, text):
        """Wait until something is in the pod's log."""
        eventually(lambda: text in self.log.read_text(errors="replace"))


class Client:
    """A connection."""

    def __init__(self, agent):
        self.agent = agent
        self.raw = connected(agent)
        self.decoder = wire.Decoder()
        self.frames = []
        self.replies = {}
        self.notices = []
        self.streams = {}
        self.events = {}
        self.blobs = {}
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.close()

    def send(self, frame):
        self.raw.sendall(frame)

    def post(self, **request):
        self.number += 1
        self.send(wire.encode(wire.JSON, json.dumps({"n": self.number, **request}).encode()))
        return self.number

    def ask(self, **request):
        number = self.post(**request)
        return self.until(lambda: self.replies.pop(number, None))

    def until(self, found, seconds=SECONDS):
        """Hear until ``found()`` gives something."""
        deadline = time.monotonic() + seconds
        while True:
            answer = found()
            if answer is not None:
                return answer
            self.raw.settimeout(max(0.01, deadline - time.monotonic()))
            self.hear()

    def hear(self):
        data = self.raw.recv(1 << 20)
        if not data:
            raise EOFError(self.agent.log.read_text())
        for frame in self.decoder.feed(data):
            if frame.type == wire.JSON:
                message = json.loads(frame.payload)
                if "n" in message:
                    self.replies[message["n"]] = message
                else:
                    self.notices.append(message)
            elif frame.type == wire.BLOB:
                blob = self.blobs.setdefault(frame.work, bytearray())
                assert frame.position == len(blob)
                blob += b"".join(frame.payload)
            else:
                self._record(frame)

    def _record(self, frame):
        reader = self.streams.setdefault(frame.work, records.Reader(frame.position))
        found = reader.feed(frame.position, frame.payload)
        for record in found:
            kind = TEXT.get(record.kind)
            if record.kind == records.ITEM:
                self.events.setdefault(frame.work, []).append(("item", record.payload))
                continue
            event = (kind, record.payload.decode()) if kind else (NAMES[record.kind], json.loads(record.payload))
            self.events.setdefault(frame.work, []).append(event)
        if found:
            self.post(ask="ack", id=frame.work.hex(), position=found[-1].end)

    # ---- works

    def start(self, kind, payload=b"", **request):
        work = uuid.uuid4().bytes
        self.post(ask="start", id=work.hex(), kind=kind, upload=len(payload), **request)
        for start in range(0, len(payload), wire.CHUNK):
            self.send(wire.encode(wire.BLOB, payload[start : start + wire.CHUNK], work, start))
        return work

    def attach(self, work, position=0):
        return self.ask(ask="attach", id=work.hex(), position=position)

    def stop(self, work, how="interrupt"):
        self.ask(ask="stop", id=work.hex(), how=how)

    def wait(self, work, seconds=SECONDS):
        """Return how a work ended, when its result is here too."""

        def done():
            events = self.events.get(work, ())
            if not events or events[-1][0] != "done":
                return None
            done = events[-1][1]
            return done if len(self.blobs.get(work, b"")) == done["blob"]["size"] else None

        return self.until(done, seconds)

    def printed(self, work, text, stream="stdout", seconds=SECONDS):
        """Hear until a text has been printed."""
        return self.until(lambda: True if text in self.text(work, stream) else None, seconds)

    def text(self, work, stream="stdout"):
        return "".join(content for kind, content in self.events.get(work, ()) if kind == stream)

    def of(self, work, kind):
        return [content for name, content in self.events.get(work, ()) if name == kind]

    def cell(self, source, **request):
        """Run a cell to its end: what it printed, and how it ended."""
        work = self.start("cell", source=source, **request)
        return Ran(self, work, self.wait(work))

    def cell_with(self, payload, source, **request):
        """The same, with a payload."""
        work = self.start("cell", payload, source=source, **request)
        return Ran(self, work, self.wait(work))

    def call(self, payload, **request):
        work = self.start("call", payload, **request)
        return Ran(self, work, self.wait(work))


class Ran:
    """A work that has ended."""

    def __init__(self, client, work, done):
        self.work, self.done = work, done
        self.events = client.events[work]
        self.stdout, self.stderr = client.text(work), client.text(work, "stderr")
        self.displays, self.results = client.of(work, "display"), client.of(work, "result")
        self.errors = client.of(work, "error")
        self.blob = bytes(client.blobs.get(work, b""))

    @property
    def status(self):
        return self.done["status"]

    @property
    def result(self):
        return self.results[-1]["data"]["text/plain"] if self.results else None


def connected(agent):
    """Return a socket that is connected to an agent, which may just be starting."""
    deadline = time.monotonic() + SECONDS
    path = str(agent.directory / "agent.sock")
    while True:
        raw = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            raw.connect(path)
            return raw
        raw.close()
        if agent.process.poll() is not None:
            raise EOFError(agent.log.read_text())
        if time.monotonic() > deadline:
            raise TimeoutError(agent.log.read_text())
        time.sleep(0.005)
