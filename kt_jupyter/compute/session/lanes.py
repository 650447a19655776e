"""What several ranks do, told as one story: each line that is printed is whole, and has its rank before it. No I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from kt_jupyter.compute.session.events import (
    ClearOutput,
    Display,
    Done,
    Event,
    Reconnecting,
    Result,
    Skipped,
    Started,
    Stopping,
    Text,
)

_LONGEST: Final = 8192  # characters of a line that are waited for
_RETURN: Final = "\r"

Stream = Literal["stdout", "stderr"]


class Lanes:
    """Turns the events of ranks into those of one work.

    What is displayed is shown as it is for rank 0, and as text for the others: four times the same picture help nobody.
    A line that is written again and again, as a progress bar does, is shown as it last was.
    """

    def __init__(self) -> None:
        self._begun: dict[tuple[int, Stream], str] = {}
        self._stopping: set[str] = set()

    def told(self, rank: int, event: Event) -> list[Event]:
        """Return what is to be told of an event of a rank, and may be told now."""
        match event:
            case Text(stream=stream, text=text):
                told = self._text(rank, stream, text)
            case Display(data=data) | Result(data=data) if rank:
                told = self._text(rank, "stdout", f"{data.get('text/plain', '')}\n")
            case Stopping(how=how):  # each rank says it
                told = [] if how in self._stopping else [event]
                self._stopping.add(how)
            case Reconnecting(how=how):
                told = [Reconnecting(f"rank {rank}: {how}")]
            case Skipped():
                told = [replace(event, why=f"rank {rank}: {event.why}")]
            case Done():
                told = self._rest(rank)
            case Started() | ClearOutput() if rank:
                told = []
            case _:
                told = [event]
        return told

    def _text(self, rank: int, stream: Stream, text: str) -> list[Event]:
        whole, newline, begun = (self._begun.pop((rank, stream), "") + text).rpartition("\n")
        if len(begun) > _LONGEST:
            whole, newline, begun = f"{whole}{newline}{begun}", "\n", ""
        if begun:
            self._begun[rank, stream] = begun
        return [Text(stream, marked(whole + newline, rank))] if newline else []

    def _rest(self, rank: int) -> list[Event]:
        begun = [key for key in self._begun if key[0] == rank]
        return [Text(key[1], marked(self._begun.pop(key), rank)) for key in begun]


def marked(text: str, rank: int) -> str:
    r"""Write a rank before each line.

    >>> marked("epoch 1\nepoch 2", 3)
    '[3] epoch 1\n[3] epoch 2\n'
    """
    lines = text.removesuffix("\n").split("\n") if text else ()
    return "".join(f"[{rank}] {line.rstrip(_RETURN).rpartition(_RETURN)[2]}\n" for line in lines)
