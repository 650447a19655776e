"""The one line that tells how a start goes on: with times for who watches, without for a record that is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kt_jupyter.pods.obstacle import Obstacle

DONE, DOING, STOPPED = "✓", "◐", "✗"
_GAP = " · "
_OURS = "Ctrl-C stops and removes it."
_THEIRS = "Ctrl-C stops the waiting; it goes on starting."


@dataclass(frozen=True, slots=True)
class Passed:
    """A stage that is done.

    Attributes:
        what: Which, in words.
        seconds: How long it took.
        where: On which node, where that belongs to it.
    """

    what: str
    seconds: float
    where: str = ""


def going_on(
    passed: Sequence[Passed], doing: str, seconds: float, obstacle: Obstacle | None, *, ours: bool = True
) -> str:
    """Write the line while something is waited for; what is not ``ours`` to remove goes on without us."""
    if obstacle is None:
        return _GAP.join([*_timed(passed), f"{DOING} {doing} {_time(seconds)}"])
    waiting = f"{DOING} {doing} {_time(seconds)}: {obstacle.fact}. {_OURS if ours else _THEIRS}"
    return _GAP.join([*_timed(passed), waiting])


def done(passed: Sequence[Passed]) -> str:
    """Write the line when all is done."""
    return _GAP.join(_timed(passed))


def bare(passed: Sequence[Passed]) -> str:
    """Write it without what is another at every run."""
    return _GAP.join(f"{DONE} {each.what}" for each in passed)


def stopped(passed: Sequence[Passed], doing: str, seconds: float, why: str) -> str:
    """Write the line when it does not go on."""
    return _GAP.join([*_timed(passed), f"{STOPPED} {doing} {_time(seconds)}: {why}"])


def _timed(passed: Sequence[Passed]) -> list[str]:
    return [f"{DONE} {each.what}{f' on {each.where}' if each.where else ''} {_time(each.seconds)}" for each in passed]


def _time(seconds: float) -> str:
    if seconds < 10:  # noqa: PLR2004 - below, a tenth is what one feels
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
