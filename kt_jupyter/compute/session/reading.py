"""From what an agent sends to events and facts."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from kt_jupyter.compute.agent.program import records
from kt_jupyter.compute.session.events import (
    ClearOutput,
    Display,
    Done,
    Error,
    Event,
    Item,
    Problem,
    Result,
    Started,
    Text,
)
from kt_jupyter.compute.session.facts import Hello, Interpreter, WorkInfo

Json = dict[str, Any]

PROTOCOL: Final = 1


def event(record: records.Record) -> Event | None:
    """Return what a record tells; None for ``DONE``, which needs the result, and for kinds that are newer than us."""
    if record.kind in (records.STDOUT, records.STDERR):
        stream = record.kind == records.STDOUT
        return Text("stdout" if stream else "stderr", record.payload.decode(errors="replace"))
    if record.kind == records.ITEM:
        return Item(record.payload)
    if record.kind not in _MADE:
        return None
    return _MADE[record.kind](json.loads(record.payload))  # type: ignore[no-any-return]


def _error(told: Json) -> Error:
    return Error(told["ename"], told["evalue"], tuple(told.get("traceback") or ()))


_MADE: Final[dict[int, Any]] = {
    records.STARTED: lambda told: Started(told["at"], told["generation"], told.get("late", 0)),
    records.DISPLAY: lambda told: Display(
        told["data"], told.get("metadata") or {}, told.get("display_id"), bool(told.get("update"))
    ),
    records.CLEAR: lambda told: ClearOutput(bool(told.get("wait"))),
    records.RESULT: lambda told: Result(told["data"], told.get("metadata") or {}, told.get("count", 0)),
    records.ERROR: _error,
}


def done(told: Json, blob: list[memoryview], *, is_call: bool) -> Done:
    """Return how a work ended; ``blob`` is what it gave."""
    whole = b"" if is_call else b"".join(blob)
    values = {name: whole[start : start + size] for name, start, size in told.get("values") or ()}  # one: no copy
    problems = [
        Problem(each["name"], each["why"], each["kind"], each.get("size", 0)) for each in told.get("problems") or ()
    ]
    error, exception = told.get("error"), told.get("exception")
    return Done(
        work=told["work"],
        status=told["status"],
        sentence=told.get("sentence", ""),
        error=_error(error) if error else None,
        phase=told.get("phase", ""),
        exception=base64.b64decode(exception) if exception else None,
        pieces=list(blob) if is_call and told["status"] == "ok" else None,
        values=values,
        problems=tuple(problems),
        started=told.get("started"),
        ended=told.get("ended"),
        exit_code=told.get("exit_code"),
        signal=told.get("signal"),
        generation=told.get("generation", 0),
        variables_kept=told.get("variables_kept", True),
    )


def info(told: Json) -> WorkInfo:
    """Return a work as lists show it."""
    return WorkInfo(**{name: told[name] for name in WorkInfo.__slots__})


def hello(told: Json) -> Hello:
    """Return what an agent says of itself."""
    major, minor, micro = told["python"]
    interpreter = Interpreter(
        (major, minor, micro), told["implementation"], told["executable"], told["ipython"], told["cloudpickle"]
    )
    return Hello(
        boot=told["boot"],
        pid=told["pid"],
        started=told["started"],
        now=told["now"],
        idle_limit=told["idle_limit"],
        idle=told["idle"],
        generation=told["generation"],
        interpreter=interpreter,
        works=tuple(info(work) for work in told["works"]),
    )
