"""One connection: bytes between a terminal and a pod's main process, until either ends.

It runs as one task on the loop that all of kt_jupyter's connections share. Nothing is decoded, and each side waits for
the other when it is slow. Output is held back for the moment that the pod's log takes to be read, so that what was
missed is shown before what comes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from kt_jupyter.errors import StreamLost
from kt_jupyter.kube import Cluster, loop
from kt_jupyter.kube.streams import AsyncStream, ClusterFailure, ConnectionLost, End, open_attach
from kt_jupyter.terminal.history import History
from kt_jupyter.terminal.screen import Screen
from kt_jupyter.terminal.target import Target

_APART = 0.05  # seconds between two sizes: who hears of both at once finds the size that he knew, and draws nothing
_LOOK_EVERY = 0.25  # seconds between two looks at the size of a terminal whose signals go to another program
# Seconds that the log may take: networks are slow, and that of a container which has just started cannot be read until
# the cluster knows of the start. Then what arrives is shown without what was missed.
_LOG_WITHIN = 5.0
_SIGN_WITHIN = (
    0.3  # for a first sign of life: that there is no container yet is said after a handshake that looked good
)


class Pump:
    """A connection to a target.

    Args:
        cluster: Where the target is.
        target: What to attach to.
        screen: Where it is shown.
        history: What has been shown; grows.
        attached: Called on the I/O thread when the connection stands: whoever made this reads the log now.
        before: A line of ours before what was missed.
        after: One between what was missed and what comes.
        keep_typed: What was typed already is for this shell.

    Attributes:
        lived: Whether there was a process on the other side: a handshake that looked good does not say it.
        hung_up: Whether it ended because our own terminal is gone.
    """

    def __init__(
        self,
        cluster: Cluster,
        target: Target,
        screen: Screen,
        history: History,
        attached: Callable[[], None],
        *,
        before: str = "",
        after: str = "",
        keep_typed: bool = True,
    ) -> None:
        self._cluster = cluster
        self._target = target
        self._screen = screen
        self._history = history
        self._attached = attached
        self._before, self._after = before, after
        self._keep_typed = keep_typed
        self._stream: AsyncStream | None = None
        self._size: tuple[int, int] | None = None
        self._held: bytearray | None = bytearray()
        self._log: bytes = b""
        self._log_is_here, self._sign = asyncio.Event(), asyncio.Event()
        self._showing = asyncio.Lock()
        self.lived = self.hung_up = False

    async def run(self) -> End:
        """Attach, and copy until it ends.

        Raises:
            ApiError: The server refuses.
            ClusterUnreachable: No answer came.
        """
        target = self._target
        async with await open_attach(
            self._cluster, target.pod, namespace=target.namespace, container=target.container, stdin=True, tty=True
        ) as stream:
            self._stream = stream
            with self._screen.raw(keep_typed=self._keep_typed):
                self._attached()
                await self._redraw()
                catching_up = asyncio.create_task(self._catch_up())
                tasks = [catching_up, asyncio.create_task(self._type(stream))]
                if self._screen.borrowed:
                    tasks.append(asyncio.create_task(self._follow_size()))
                try:
                    await self._show(stream)
                    if not isinstance(stream.end, ClusterFailure):
                        await catching_up
                finally:
                    for task in tasks:
                        task.cancel()
                        with contextlib.suppress(asyncio.CancelledError):
                            await task
            return stream.end or ConnectionLost("it was closed here")

    def give_log(self, log: bytes) -> None:
        """Hand over what the pod's log has; from any thread."""
        self._log = log
        loop.call_soon(self._log_is_here.set)

    def resized(self) -> None:
        """Tell the pod the terminal's new size; from any thread, a signal handler too."""
        loop.call_soon(lambda: asyncio.ensure_future(self._resize()))

    async def _resize(self) -> None:
        size = self._screen.size()
        if self._stream is not None and size is not None and size != self._size:
            self._size = size
            await self._stream.resize(*size)

    async def _follow_size(self) -> None:
        """Notice a new size without a signal: in ``jupyter console`` it is the console that gets it."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            await self._resize()

    async def _redraw(self) -> None:
        """Have the shell, or vi, draw itself anew: only a size that changes makes it do so. kubectl does the same."""
        size = self._screen.size()
        if size is not None and self._stream is not None:
            await self._stream.resize(size[0] + 1, size[1])
            await asyncio.sleep(_APART)
            await self._resize()

    async def _type(self, stream: AsyncStream) -> None:
        await self._lives()  # else what is typed while the container starts would go to an attempt that fails
        while typed := await self._screen.read():
            await self._resize()  # what is typed after the window changed is read by a program that knows
            try:
                await stream.write(typed)
            except StreamLost:
                return  # whoever reads says how
        self.hung_up = True
        stream.abort()

    async def _show(self, stream: AsyncStream) -> None:
        async for _, data in stream:
            self._sign.set()
            async with self._showing:
                if self._held is None:
                    await self._put(data)
                else:
                    self._held += data

    async def _catch_up(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._log_is_here.wait(), _LOG_WITHIN)
        await self._lives()
        self.lived = True
        async with self._showing:
            arrived, self._held = bytes(self._held or b""), None
            if self._before:
                self._screen.say(self._before)
            await self._screen.write(self._history.missed(self._log, arrived))
            if self._after:
                self._screen.say(self._after)
            await self._put(arrived)

    async def _lives(self) -> None:
        """Wait for a first sign of life, or until it is taken for granted; an attempt that fails ends before."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._sign.wait(), _SIGN_WITHIN)

    async def _put(self, data: bytes) -> None:
        self._history.saw(data)
        await self._screen.write(data)
