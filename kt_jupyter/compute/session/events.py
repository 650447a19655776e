"""What can be heard of a work, in the order in which it happened: the vocabulary of ``on_event``.

Those that the work itself causes come from the agent's spool and are the same for everybody who attaches, at any time:
``Started``, ``Text``, ``Display``, ``ClearOutput``, ``Item``, ``Result``, ``Error``, ``Skipped`` and, last, ``Done``.
The others tell this follower what happens to the connection (``Reconnecting``, ``Reconnected``) and what was done about
a Ctrl-C (``Stopping``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from kt_jupyter.compute.session.pieces import Pieces

Status = Literal["ok", "error", "interrupted", "timeout", "exited", "crashed", "killed", "out of memory", "not started"]
Bundle = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """It runs.

    Attributes:
        at: When, in seconds since the epoch by the pod's clock.
        generation: Which namespace a cell runs in: 1 for the first, one more each time that its process had to be
            started anew, with no variables. 0 for a call in a process of its own.
        late: Bytes that threads of earlier cells printed while nothing ran; they stand in the pod's log.
    """

    at: float
    generation: int
    late: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """Something was printed; several writes may come as one."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Display:
    """Something was displayed.

    Attributes:
        data: By MIME type, as in Jupyter's messages: text, JSON, and base64 for images.
        metadata: By MIME type.
        display_id: By which it can be updated; None when it can't.
        update: Whether it takes the place of what was displayed under that id.
    """

    data: Bundle
    metadata: Bundle = field(default_factory=dict)
    display_id: str | None = None
    update: bool = False


@dataclass(frozen=True, slots=True)
class ClearOutput:
    """What is displayed is to be cleared, at once or (``wait``) when the next output comes."""

    wait: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The value of a cell's last expression, as ``Display``; ``count`` is the cell's number."""

    data: Bundle
    metadata: Bundle = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Error:
    """An exception that nobody caught.

    Attributes:
        ename: Its type's name.
        evalue: Its text.
        traceback: Lines as IPython prints them, ANSI colours included.
    """

    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Output that is not to be had any more: the spool keeps a limited part of what nobody has read.

    Attributes:
        size: Bytes of it.
        why: In words.
    """

    size: int
    why: str


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection broke; it is made anew, and the work goes on meanwhile. ``how`` says what was seen."""

    how: str


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection stands again, after so many seconds; nothing is missing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stopping:
    """What a Ctrl-C led to: the first interrupts, the second terminates."""

    how: Literal["interrupt", "terminate", "kill"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value could not be brought over.

    Attributes:
        name: The variable's.
        why: In words; names the attribute or item that is to blame where that can be found.
        kind: ``missing``: no such variable; ``pickle``: it can't be pickled (or unpickled); ``size``: over the limit.
        size: Bytes, where known.
    """

    name: str
    why: str
    kind: Literal["missing", "pickle", "size"]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """How a work ended.

    Attributes:
        work: Its id.
        status: ``ok``; ``error``: an exception, which is in ``error``; ``interrupted``: KeyboardInterrupt, and the
            variables are kept; ``timeout``: its time limit was over; ``exited``: its process ended itself, as by
            ``os._exit``; ``crashed``: a signal ended its process, as a segmentation fault does; ``killed``: it was
            ended on request; ``out of memory``: the kernel killed it at the pod's memory limit; ``not started``: it
            never ran, for want of a process or of what it was to run on.
        sentence: The status in words for a person; empty for ``ok`` and ``error``.
        error: The exception.
        phase: For a call with an error: ``load`` (the payload can't be unpickled there), ``call``, or ``result``
            (what it returned can't be pickled); for a cell: ``inputs`` or ``call``.
        exception: The exception itself, pickled; None when it can't be.
        pieces: What a call returned, pickled, in the pieces in which it came; None unless the status is ``ok``.
        values: Pickled variables of a cell, by name: those of ``outputs`` that could be brought.
        problems: The others, and inputs that could not be unpickled.
        started: Seconds since the epoch by the pod's clock; None when it never ran.
        ended: The same.
        exit_code: Of its process, if that has ended.
        signal: Which ended its process; None if none did.
        generation: As in ``Started``.
        variables_kept: Whether the namespace of the cells still lives.
    """

    work: str
    status: Status
    sentence: str = ""
    error: Error | None = None
    phase: Literal["", "inputs", "load", "call", "result"] = ""
    exception: bytes | None = None
    pieces: list[bytes | memoryview] | None = field(default=None, repr=False)
    values: dict[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    generation: int = 0
    variables_kept: bool = True

    @property
    def result(self) -> bytes | None:
        """What a call returned, pickled, in one piece; ``pickle.load(done.file())`` spares the copy."""
        return None if self.pieces is None else b"".join(self.pieces)

    def file(self) -> Pieces:
        """Return the same as a file to unpickle from."""
        return Pieces(self.pieces or ())


@dataclass(frozen=True, slots=True)
class Item:
    """What a generator yielded, pickled; comes of calls that were started with ``items``."""

    data: bytes = field(repr=False)


Event = (
    Started
    | Text
    | Display
    | ClearOutput
    | Result
    | Error
    | Skipped
    | Item
    | Reconnecting
    | Reconnected
    | Stopping
    | Done
)
