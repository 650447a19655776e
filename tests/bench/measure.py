"""Time several ways of doing one thing in turn, and print them as one row.

In turn, not one after the other: a machine that is busy for a second then slows all of them alike. In another order
each round: whoever follows a program that was started (kubectl) finds the processor's caches cold, and with one order
for all rounds that would always be the same way.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

OURS = "ours"


@dataclass(frozen=True)
class Timing:
    """Samples of one way, in milliseconds."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def best(self) -> float:
        return min(self.samples)


@dataclass(frozen=True)
class Budget:
    """What ours may take: milliseconds, a multiple of another column's median, or milliseconds beyond that median."""

    limit: float
    against: str | None = None
    beyond: str | None = None

    def verdict(self, timings: Mapping[str, Timing]) -> str:
        ours = timings[OURS].median
        if self.beyond is not None:
            more = ours - timings[self.beyond].median
            return f"{_mark(more <= self.limit)} {more:+.1f} ms beyond {self.beyond} (<= {self.limit:g})"
        if self.against is None:
            return f"{_mark(ours <= self.limit)} <= {self.limit:g} ms"
        if self.against not in timings:
            return f"- no {self.against} here"
        ratio = ours / timings[self.against].median
        return f"{_mark(ratio <= self.limit)} {ratio:.2f} x {self.against} (<= {self.limit:g})"


@dataclass(frozen=True)
class Row:
    """One thing measured."""

    what: str
    timings: Mapping[str, Timing]
    budgets: tuple[Budget, ...] = field(default=())

    def __str__(self) -> str:
        columns = "   ".join(f"{name} {t.best:.1f} / {t.median:.1f}" for name, t in self.timings.items())
        lines = [f"{self.what}", f"    {columns}   (ms, best / median of {len(self.timings[OURS].samples)})"]
        lines += [f"    {budget.verdict(self.timings)}" for budget in self.budgets]
        return "\n".join(lines)


def clock(action: Callable[[], object]) -> float:
    """Milliseconds that one call takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def in_turn(ways: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, Timing]:
    """Time each way once a round; the first round warms up and does not count."""
    return samples_in_turn({name: lambda way=way: clock(way) for name, way in ways.items()}, rounds=rounds)


def samples_in_turn(ways: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, Timing]:
    """As ``in_turn``, for ways that measure themselves and return milliseconds."""
    seen: dict[str, list[float]] = {name: [] for name in ways}
    chance = random.Random(0)  # the same orders in every run
    for round_number in range(rounds + 1):
        for name in chance.sample(list(ways), len(ways)):
            sample = ways[name]()
            if round_number:
                seen[name].append(sample)
    return {name: Timing(tuple(samples)) for name, samples in seen.items()}


def _mark(good: bool) -> str:  # noqa: FBT001 - a two-way switch is what it is
    return "ok    " if good else "MISSED"
