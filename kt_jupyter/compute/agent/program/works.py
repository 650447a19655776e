"""One cell or call from its request to its end, and what is kept of it for those who ask later."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Callable, Dict

from . import channel, memory, records
from .blobs import Blob
from .children import Child
from .output import Output

if TYPE_CHECKING:
    from .agent import Agent

Json = Dict[str, Any]

TERMINATE_WITHIN = 2.0  # seconds from SIGTERM to SIGKILL
_HEED_WITHIN = 5.0  # seconds that a work may take to end after the interrupt at its time limit
_LABEL = 60


class Work:
    """See the module."""

    def __init__(self, agent: Agent, id_: bytes, request: Json) -> None:
        self._agent = agent
        self._asked: list[str] = []  # in which ways it was to be stopped
        self._begun = False
        self._kills: int | None = None
        self._when_done: Callable[[], None] = lambda: None
        self.id = id_
        self.request = request
        self.is_cell = request["kind"] == "cell"
        self.label = str(request.get("label") or "")[:_LABEL]
        self.count = int(request.get("count") or 0)
        self.upload = Blob(os.path.join(agent.directory, id_.hex() + ".in"))
        self.blob: Blob | None = None
        self.spool = agent.store.spool(id_.hex())
        self.output = Output(agent.loop, self.spool, agent.log, self.changed)
        self.followers: set[Any] = set()
        self.state = "uploading"
        self.started: float | None = None
        self.ended: float | None = None
        self.done: Json | None = None
        self.child: Child | None = None
        self.generation = 0

    def info(self) -> Json:
        """Return what lists say of it."""
        return {
            "id": self.id.hex(),
            "kind": "cell" if self.is_cell else "call",
            "label": self.label,
            "state": self.state,
            "status": self.done["status"] if self.done else "",
            "started": self.started,
            "ended": self.ended,
            "printed": self.spool.end,
            "count": self.count,
        }

    def complete(self) -> None:
        """Launch it, if all that it was given is here."""
        if self.upload.size >= int(self.request.get("upload") or 0):
            self.state = "queued"
            self._agent.launch(self)

    def changed(self) -> None:
        """Wake those who follow it."""
        for follower in list(self.followers):
            follower.wake()

    def run_in(self, child: Child, generation: int, when_done: Callable[[], None], late: int = 0) -> None:
        """Note that a process has it."""
        self.child, self.generation, self._when_done = child, generation, when_done
        self.state, self.started = "running", time.time()
        self._kills = memory.kills()
        begun = {"at": self.started, "generation": generation, "late": late}
        self.output.record(records.STARTED, _dump(begun))
        self.changed()
        if self.request.get("timeout"):
            self._agent.loop.later(float(self.request["timeout"]), self._time_is_over)

    # ---- what its process says

    def message(self, message: channel.Message) -> None:
        """Take a message of the process."""
        if message.kind in (channel.OUT, channel.ERR):
            self.output.text(message.kind, message.payload)
        elif message.kind == channel.RECORD:
            self.output.record(message.payload[0], message.payload[1:])
            self.changed()
        elif message.kind == channel.BEGUN:
            self._begun = True
            self.count = int(message.payload or b"0") or self.count
            if self._asked and self.child is not None:
                self.child.interrupt()
        elif message.kind == channel.GROWN:
            self._grown(json.loads(message.payload))
            self.changed()
        elif message.kind == channel.FINISHED:
            self._finished(message.payload)

    def exited(self, status: int) -> None:
        """Take the end of its process, which has not said that it is finished."""
        if self.state != "done":
            if self.blob is not None:
                self.blob.close()
                self.blob = None
            self._end(**self._what_happened(status))

    def not_started(self, why: str) -> None:
        """End it before it began."""
        self._end("interrupted" if self._asked else "not started", why)

    def no_process(self, error: OSError) -> None:
        """End it before it began, for no process could be made for it."""
        why = f"no process could be started for it ({error.strerror or error})"
        if error.errno == errno.EAGAIN:
            why = "the pod has as many processes as it may have. Try again when some have ended"
        self.not_started(f"It was not run: {why}.")

    # ---- how it is stopped

    def stop(self, how: str) -> None:
        """Interrupt, terminate or kill it."""
        if self.state == "done":
            return
        self._asked.append(how)
        child = self.child
        if child is None:
            self._agent.withdraw(self)
            self._end("interrupted", "It was stopped before its turn came.")
        elif how == "kill":
            child.signal(signal.SIGKILL)
        elif how == "terminate":
            child.signal(signal.SIGTERM)
            self._agent.loop.later(TERMINATE_WITHIN, lambda: self._insist(child))
        elif self._begun:  # else it is interrupted as soon as it has
            child.interrupt()

    def _insist(self, child: Child) -> None:
        if self.state != "done" and self.child is child:
            child.signal(signal.SIGKILL)

    def _time_is_over(self) -> None:
        if self.state != "done":
            self.stop("timeout")
            self._agent.loop.later(_HEED_WITHIN, lambda: self.stop("terminate"))

    # ---- how it ends

    def _grown(self, told: Json) -> None:
        """Note how much of its result is in its file. It is sent already, whatever may yet become of the rest."""
        if self.blob is None:
            self.blob = Blob.of(told["path"], told["size"])
        else:
            self.blob.grow(told["size"])

    def _finished(self, payload: bytes) -> None:
        size = int.from_bytes(payload[:4], "big")
        told: Json = json.loads(payload[4 : 4 + size])
        path = os.path.join(self._agent.directory, self.id.hex() + ".out")
        if told.get("path"):
            self._grown(told)
        else:
            self.blob = Blob(path)
            self.blob.write(payload[4 + size :])
        status, sentence = told["status"], ""
        if status == "interrupted":
            if "timeout" in self._asked:
                status, sentence = "timeout", f"Its time limit of {self.request['timeout']:g} s was over."
            elif not self._asked:  # it raised KeyboardInterrupt itself
                status = "error"
            else:
                sentence = "Interrupted."
        more = {key: told[key] for key in ("error", "phase", "exception", "values", "problems") if told.get(key)}
        self._end(status, sentence, **more)

    def _what_happened(self, status: int) -> Json:  # noqa: PLR0911 - there are so many ways to end
        what = "cell" if self.is_cell else "call"
        signum = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        found: Json = {"signal": signum, "exit_code": code}
        if self._agent.ending:
            return dict(found, status="killed", sentence="The pod was told to end.", ending=True)
        if "terminate" in self._asked or "kill" in self._asked:
            if "timeout" in self._asked:
                limit = "Its time limit of %g s was over, and it did not heed the interrupt: its process was ended."
                return dict(found, status="timeout", sentence=limit % self.request["timeout"])
            return dict(found, status="killed", sentence="Its process was ended on request.")
        if signum is None:
            return dict(found, status="exited", sentence=f"The {what} ended its own process, with exit code {code}.")
        if signum == signal.SIGINT and self._asked:
            return dict(found, status="interrupted", sentence="Interrupted; its process ended with it.")
        if signum == signal.SIGKILL:
            kills = memory.kills()
            if kills is not None and kills > (self._kills or 0):
                return dict(found, status="out of memory", sentence=_out_of_memory(what))
        words = f"The process of the {what} was ended by signal {signum} ({_signal_name(signum)})."
        if signum == signal.SIGKILL:
            words += " Not by kt: most often that means that the memory was full."
        return dict(found, status="crashed", sentence=words)

    def _end(self, status: str, sentence: str = "", **more: Any) -> None:
        self.state, self.ended = "done", time.time()
        self.upload.close()
        blob = self.blob
        kept = self.generation == self._agent.cells.generation and self._agent.cells.alive
        self.done = {
            "work": self.id.hex(),
            "status": status,
            "sentence": sentence,
            "started": self.started,
            "ended": self.ended,
            "generation": self.generation,
            "variables_kept": kept if self.is_cell else True,
            "blob": {"size": blob.size if blob else 0},
        }
        self.done.update(more)
        self.output.finish()
        self.output.record(records.DONE, _dump(self.done))
        self.changed()
        self.child = None
        self._agent.work_ended(self)
        self._when_done()

    def close(self) -> None:
        """Drop what is kept of it."""
        for follower in list(self.followers):
            follower.leave()
        self.spool.close()
        self.upload.close()
        if self.blob is not None:
            self.blob.close()


def _dump(value: Json) -> bytes:
    return json.dumps(value).encode()


def _signal_name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:
        return "unknown"


def _out_of_memory(what: str) -> str:
    limit = memory.limit()
    words = "The %s needed more memory than the pod may have%s: the kernel ended its process."
    return words % (what, f" ({limit})" if limit else "")
