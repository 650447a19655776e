"""One way to one API server, shared by every Cluster made from it; opened at the first request.

Kept apart from ``transport.py`` so that importing kt_jupyter, and making a Cluster, loads no HTTP library.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kt_jupyter.kube import loop
from kt_jupyter.kube.credentials import Credentials
from kt_jupyter.kube.limits import Limits
from kt_jupyter.kube.target import Target

if TYPE_CHECKING:
    from kt_jupyter.kube.transport import Transport


@dataclass(eq=False)
class Link:
    """A target, the connections to it and the credentials for it.

    Args:
        target: What to talk to.
        reload: Reads the configuration again (after a 401).
        revive: Starts the server again when nothing answers, and returns its target: the embedded local cluster ends
            itself when idle. Blocks.
        limits: Time limits.
    """

    target: Target
    reload: Callable[[], Target] | None = None
    revive: Callable[[], Target] | None = None
    limits: Limits = field(default_factory=Limits)
    _opened: tuple[Transport, Credentials] | None = None
    _generation: int = -1

    def opened(self) -> tuple[Transport, Credentials]:
        """Return connections and credentials that belong to the loop as it runs now. Call it on the I/O thread."""
        if self._opened is None or self._generation != loop.generation():
            self._open()
        assert self._opened is not None
        return self._opened

    async def revived(self, since: Target) -> bool:
        """Bring the server back if that can be done; ``since`` is the target that did not answer."""
        if self.revive is None:
            return False
        if self.target is since:  # else another request has done it meanwhile
            self.target = await asyncio.to_thread(self.revive)
            if self._opened is not None:
                await self._opened[0].aclose()
            self._open()
        return True

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        opened, self._opened = self._opened, None
        if opened is not None and self._generation == loop.generation() and not loop.on_loop_thread():
            loop.run(opened[0].aclose())

    async def aclose(self) -> None:
        """Close the connections, from the loop they live on."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened[0].aclose()

    def _open(self) -> None:
        from kt_jupyter.kube.transport import Transport  # noqa: PLC0415 - loads httpcore2

        if self._opened is not None and self._generation != loop.generation():
            loop.abandon(self._opened)
        transport = Transport(self.target, self.limits)
        self._opened = (transport, Credentials(self.target, self.reload))
        self._generation = loop.generation()
        loop.close_at_stop(transport)
        weakref.finalize(self, loop.discard, transport, self._generation).atexit = False
