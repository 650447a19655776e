"""Wait on the I/O thread until something is so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class News:
    """Who waits looks again whenever there is news."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        """Let all who wait look."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, so: Callable[[], object]) -> None:
        """Wait until ``so()``."""
        while not so():
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await waiter
            finally:
                self._waiting.discard(waiter)
