"""Wait for one object to become what is wanted: by watching it, never by asking again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from kt_jupyter.errors import WaitTimeout
from kt_jupyter.kube.events import Event
from kt_jupyter.kube.watch import Watch

T = TypeVar("T")
Json = dict[str, Any]


def wait_for(
    watch: Watch, what: str, condition: Callable[[Json | None], T | None], *, timeout: float | None, uid: str | None
) -> T:
    """Return the first result of ``condition`` that is not None; see ``Cluster.wait_for``."""
    deadline = None if timeout is None else time.monotonic() + timeout
    with watch:
        states = [_state(event, uid) for event in watch.initial()] or [None]
        while True:
            for state in states:
                result = condition(state)
                if result is not None:
                    return result
            last = states[-1]
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                states = [_state(watch.next(left), uid)]
            except TimeoutError:
                raise WaitTimeout(f"{what} is not what was waited for after {timeout:g} s: {_seen(last)}.") from None


def _state(event: Event, uid: str | None) -> Json | None:
    if event.type == "DELETED" or (uid is not None and event.object["metadata"].get("uid") != uid):
        return None
    return event.object


def _seen(state: Json | None) -> str:
    if state is None:
        return "it does not exist"
    if state["metadata"].get("deletionTimestamp"):
        return "it is being deleted"
    phase = (state.get("status") or {}).get("phase")
    return f"its phase is {phase}" if phase else "it exists"
