"""What a child does: the cells' process, which takes orders until it dies, and the process of one call."""

from __future__ import annotations

import atexit
import base64
import builtins
import gc
import json
import os
import signal
import sys
import threading
import types
from typing import Any, Dict

from . import calling, channel, engine, figures, memory, orders, tracebacks
from .blobs import Blob, TooLarge
from .children import POKE
from .forks import give_way
from .pickles import blame, dump, dumps, load
from .streams import Streams, Voice, print_at_once

Json = Dict[str, Any]


class NoInput(RuntimeError):  # noqa: N818 - named for what is true
    """Nobody is there to answer."""


class Interrupts:
    """SIGINT raises KeyboardInterrupt while users' code runs, and does nothing between."""

    def __init__(self) -> None:
        self._armed = False

    def arm(self) -> None:
        """From now on; also when the user's code had put a handler of its own in place."""
        self._armed = True
        signal.signal(signal.SIGINT, self._handle)
        signal.signal(POKE, lambda *_: None)  # with a handler a system call is interrupted by it

    def disarm(self) -> None:
        """Not any more."""
        self._armed = False

    def _handle(self, *_: Any) -> None:
        if self._armed:
            raise KeyboardInterrupt


class Process:
    """The surroundings of users' code."""

    def __init__(self, speaker: channel.Speaker) -> None:
        memory.go_first()
        self.voice = Voice(speaker)
        self.streams = Streams(self.voice)
        self.interrupts = Interrupts()
        self.main = types.ModuleType("__main__")
        self.main.__dict__["__builtins__"] = builtins
        sys.modules["__main__"] = self.main
        sys.argv = [""]
        builtins.input = _refuse
        builtins.print = print_at_once(builtins.print)
        os.environ.setdefault("MPLBACKEND", figures.BACKEND)


def cells(speaker: channel.Speaker, told: int, directory: str) -> None:
    """Run cells until the supervisor is gone."""
    process = Process(speaker)
    process.interrupts.arm()
    process.interrupts.disarm()
    runs = engine.make(process.main, process.voice, directory)
    gc.freeze()  # else the first cell began with a search for garbage in all of IPython
    gc.enable()  # off since the agent's start
    while True:
        order = orders.take(told)
        if order is None:
            return
        process.streams.restore()
        _work(process, order, orders.payload(order), runs, ends=False)
        process.voice.leave_if_forked()


def call(speaker: channel.Speaker, told: int) -> None:
    """Run one call, and end as a program does: threads joined, exit functions called."""
    process = Process(speaker)
    give_way()
    _rehearse(process)
    order = orders.take(told)
    if order is not None:
        _work(process, order, orders.payload(order), None, ends=True)
        process.voice.leave_if_forked()


def _rehearse(process: Process) -> None:
    """Do a call that nobody hears of: whoever asks for one then does not wait for this process's copies of pages."""
    order = {"kind": "call", "directory": "", "id": "", "inline": base64.b64encode(dumps((abs, (1,), {}))).decode()}
    order = json.loads(json.dumps(order))
    with process.voice.muted():
        _work(process, order, orders.payload(order), None, ends=False)


def _work(process: Process, order: Json, payload: bytes, runs: Any, *, ends: bool) -> None:
    """Do what is ordered and say what became of it."""

    def grown(result: Blob) -> None:
        if process.voice.ours:
            process.voice.say(channel.GROWN, json.dumps({"size": result.size, "path": result.path}).encode())

    result = Blob(os.path.join(order["directory"], order["id"] + ".out"), on_growth=grown)
    told: Json = {"status": "ok"}
    try:
        try:
            process.interrupts.arm()
            os.environ.update(order.get("env") or {})
            if order["kind"] == "cell":
                process.voice.say(channel.BEGUN, b"%d" % runs.number(order.get("count")))
                told = _cell(process, order, payload, runs, result)
            else:
                process.voice.say(channel.BEGUN, b"")
                told = calling.run(process.voice, payload, result, items=bool(order.get("items")))
            if ends:
                _wind_down()
        finally:
            process.interrupts.disarm()
    except KeyboardInterrupt as interrupt:  # between the lines above
        told = {"status": "interrupted", "error": tracebacks.brief(interrupt)}
    if process.voice.ours:
        _report(process, told, result)


def _report(process: Process, told: Json, result: Blob) -> None:
    result.flush()
    told.update(size=result.size, path=result.path)
    words = json.dumps(told, default=repr).encode()
    inline = result.whole() if result.path is None else b""
    process.voice.say(channel.FINISHED, len(words).to_bytes(4, "big") + words + inline)


def _cell(process: Process, order: Json, payload: bytes, runs: Any, result: Blob) -> Json:
    problems = _take_in(process.main.__dict__, order.get("inputs") or (), payload)
    if problems:
        words = "; ".join(f"{each['name']}: {each['why']}" for each in problems)
        error = {"ename": "InputNotLoaded", "evalue": words, "traceback": []}
        return {"status": "error", "phase": "inputs", "error": error, "problems": problems}
    told: Json = runs.run(order["source"])
    if told["status"] == "ok":
        values, problems = _give_out(process.main.__dict__, order.get("outputs") or (), order.get("limit"), result)
        told.update(values=values, problems=problems)
    elif told["status"] == "error":
        told["phase"] = "call"
    return told


def _take_in(namespace: Json, names: Any, payload: bytes) -> list[Json]:
    problems = []
    start = 0
    for name, size in names:
        try:
            namespace[name] = load(memoryview(payload)[start : start + size])
        except Exception as error:  # noqa: BLE001 - anything can be raised by what is unpickled
            problems.append({"name": name, "why": tracebacks.one_line(error), "kind": "pickle", "size": size})
        start += size
    return problems


def _give_out(namespace: Json, names: Any, limit: Any, result: Blob) -> Any:
    values, problems = [], []
    for name in names:
        if name not in namespace:
            problems.append({"name": name, "why": "the cell has set no variable of that name", "kind": "missing"})
            continue
        before = result.size
        try:
            dump(namespace[name], _Limited(result, limit))
        except TooLarge as large:
            why = f"it is larger than the limit of {limit} bytes for all that is brought back"
            problems.append({"name": name, "why": why, "kind": "size", "size": large.size - before})
        except Exception as error:  # noqa: BLE001 - anything can be raised by what is pickled
            why = f"{blame(namespace[name], name)}: {tracebacks.one_line(error)}"
            problems.append({"name": name, "why": why, "kind": "pickle"})
        else:
            values.append([name, before, result.size - before])
    return values, problems


class _Limited:
    """A file that takes so much and no more."""

    def __init__(self, blob: Blob, limit: Any) -> None:
        self._blob = blob
        self._limit = limit

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        if self._limit is not None and self._blob.size + size > self._limit:
            raise TooLarge(self._blob.size + size)
        return self._blob.write(data)


def _wind_down() -> None:
    """Do what the interpreter does at its end, as multiprocessing does it in its children."""
    shutdown = getattr(threading, "_shutdown", None)
    if shutdown is not None:
        shutdown()
    atexit._run_exitfuncs()  # noqa: SLF001


def _refuse(prompt: object = "") -> str:
    raise NoInput(
        "input(%s) has nobody to ask: this code runs on a pod. Set the value in the notebook and send it with --in."
        % (repr(str(prompt)) if prompt else "")
    )
