"""One function over many items: a few calls at a time, results in the order of the items."""

from __future__ import annotations

import concurrent.futures
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from kt_jupyter.compute.functions.call import Call

_AHEAD: Final = (
    8  # times as many calls may be over and not yet asked for as may run: a slow first one holds up no others
)


class Map(Iterator[Any]):
    """The results of a function over items, to iterate over once; nothing is called before that.

    Example:
        >>> for score in evaluate_fn.map(["a.parquet", "b.parquet"], at_once=2):
        ...     print(score)
        0.91
        0.87
    """

    def __init__(
        self,
        start: Callable[..., Call],
        items: Iterator[tuple[Any, ...]],
        *,
        function: str,
        at_once: int,
        quiet: bool,
        return_exceptions: bool,
    ) -> None:
        self._start = start
        self._items = items
        self._function = function
        self._at_once = at_once
        self._quiet = quiet
        self._return_exceptions = return_exceptions
        self._results = self._run()

    def __next__(self) -> Any:
        return next(self._results)

    def __repr__(self) -> str:
        return f"<Map of {self._function}, {self._at_once} at once: iterate over it, or list(…)>"

    def close(self) -> None:
        """Cancel the calls that run, and start no more."""
        self._results.close()

    def _run(self) -> Generator[Any, None, None]:
        started: deque[Call] = deque()
        try:
            while True:
                # Asked once: of calls that end meanwhile the wait below returns at once, and they are made up for.
                running = [call for call in started if call.running()]
                self._top_up(started, running)
                if not started:
                    return
                if started[0] in running:
                    concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                    continue
                yield self._result(started.popleft())
        finally:
            for call in started:
                call.cancel()

    def _top_up(self, started: deque[Call], running: list[Call]) -> None:
        while len(running) < self._at_once and len(started) < _AHEAD * self._at_once:
            arguments = next(self._items, None)
            if arguments is None:
                return
            started.append(self._start(*arguments))
            running.append(started[-1])

    def _result(self, call: Call) -> Any:
        if not self._return_exceptions:
            return call.follow(quiet=self._quiet)
        if not self._quiet:
            call.logs(follow=True)
        error = call.exception()
        return call.result() if error is None else error
