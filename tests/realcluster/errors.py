"""The two ways this can end badly, each with its own exit code."""

from __future__ import annotations

CANNOT_RUN = 69  # EX_UNAVAILABLE in sysexits.h: this machine lacks something; nothing is broken
FAILED = 1


class CannotRunError(Exception):
    """This machine cannot run the cluster: one sentence that says what it lacks."""


class StepFailedError(Exception):
    """A step went wrong: what was being done, what the program said about it, where its whole log is."""

    def __init__(self, step: str, reason: str, log: str | None = None) -> None:
        super().__init__(step)
        self.step = step
        self.reason = reason
        self.log = log

    def __str__(self) -> str:
        return f"{self.step}: {self.reason}" + (f"\n    whole log: {self.log}" if self.log else "")
