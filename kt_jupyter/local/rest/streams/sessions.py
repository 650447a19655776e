"""What happens on an open stream, until the process or the client ends it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kt_jupyter.local.rest.streams import endings
from kt_jupyter.local.rest.streams.channels import RESIZE, STDERR, STDIN, STDOUT, Channels, size

if TYPE_CHECKING:
    from kt_jupyter.local.pods import Process
    from kt_jupyter.local.pods.command import Command
    from kt_jupyter.local.pods.console import Attachment
    from kt_jupyter.local.pods.stdio import Stdio
    from kt_jupyter.local.rest.streams.opening import Request

T = TypeVar("T")

_CHANNELS: Final = {"stdout": STDOUT, "stderr": STDERR}


async def execute(channels: Channels, command: Command, asked: Request) -> int | None:
    """Connect a command and its client; return its exit code, None when the client left before."""

    async def speak(name: str) -> None:
        wanted = asked.stdout if name == "stdout" else asked.stderr
        while chunk := await command.stdio.read(name):
            if wanted:
                await _send(channels, name, chunk)

    async def run() -> int:
        await asyncio.gather(*(speak(name) for name in command.stdio.outputs))
        return await command.wait()

    listening = _listen(channels, command.stdio, command.stdio.close_stdin if asked.stdin else None)
    return await _until_left(run(), listening)


async def attach(channels: Channels, process: Process, asked: Request) -> endings.Status | None:
    """Connect a container's first process and one more client; return how it ended, None when the client left.

    It ends well whatever the process ended with: that is in the container's status.
    """
    reads = asked.stdin and process.spec.stdin
    if not (reads or asked.stdout or asked.stderr):
        return endings.SUCCESS
    attachment = process.console.attach()

    async def show() -> bool:
        while (output := await attachment.get()) is not None:
            name, chunk = output
            if asked.stdout if name == "stdout" else asked.stderr:
                await _send(channels, name, chunk)
        return True

    async def end_input() -> None:
        await _end_input(process, attachment)

    try:
        done = await _until_left(show(), _listen(channels, process.stdio, end_input if reads else None))
    finally:
        process.console.detach(attachment)
        if reads:
            await end_input()
    return endings.SUCCESS if done else None


async def _end_input(process: Process, attachment: Attachment) -> None:
    """A client sends no more: with ``stdinOnce`` nobody does; else it is only this client who has had enough."""
    if process.spec.stdin_once and not process.spec.tty:
        await process.stdio.close_stdin()
    else:
        attachment.end()


async def _listen(channels: Channels, stdio: Stdio, end_input: Callable[[], Awaitable[None]] | None) -> None:
    """Pass on what the client sends, until it has gone; without ``end_input`` there is nobody who reads input."""
    async for channel, data in channels.received():
        if channel == RESIZE:
            wanted = size(data)
            if wanted is not None:
                stdio.resize(*wanted)
        elif end_input is None:
            continue
        elif channel == STDIN:
            await stdio.write(data)
        elif data[0] == STDIN:
            await end_input()


async def _send(channels: Channels, name: str, chunk: bytes) -> None:
    """Send output; to a client that has gone nothing is sent, and whoever listens to it knows."""
    with contextlib.suppress(ConnectionError):
        await channels.send(_CHANNELS[name], chunk)


async def _until_left(running: Coroutine[Any, Any, T], listening: Coroutine[Any, Any, None]) -> T | None:
    """Return what comes of the process; None when its client leaves before."""
    tasks = (asyncio.ensure_future(running), asyncio.ensure_future(listening))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].result() if tasks[0].done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
