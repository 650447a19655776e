"""What a person sees while it works: one line a step, and a sign of life from long ones."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print one line now: output is followed live, also through a pipe."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say when a step begins and, with its time, when it is done."""
    say(f"  ◐ {what}")
    began = time.monotonic()
    yield
    say(f"  ✓ {what}  {time.monotonic() - began:.1f} s")


class Heartbeat:
    """Passes on one line of a long step's output from time to time: the newest, with the time it has taken so far."""

    def __init__(self, every: float = 20.0) -> None:
        self.every = every
        self.began = self.last = time.monotonic()
        self.lines = 0

    def __call__(self, line: str) -> None:
        self.lines += 1
        now = time.monotonic()
        if now - self.last >= self.every and line.strip():
            self.last = now
            say(f"      {now - self.began:4.0f} s  {self.lines} lines so far, now: {line.strip()[:100]}")
