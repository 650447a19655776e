"""Connections as httpcore2 gets them: none is left open when nobody wants it any more."""

import asyncio
import gc
import sys

from kt_jupyter.kube.sockets import Backend


async def cancelled_after(steps, port):
    """Begin to connect, and change one's mind after so many turns of the loop."""
    connecting = asyncio.ensure_future(Backend().connect_tcp("127.0.0.1", port))
    for _ in range(steps):
        await asyncio.sleep(0)
    connecting.cancel()
    try:
        stream = await connecting
    except asyncio.CancelledError:
        return
    await stream.aclose()


def test_a_connection_that_is_given_up_at_any_moment_is_closed(monkeypatch):
    async def run():
        async with await asyncio.start_server(lambda _, writer: writer.transport.abort(), "127.0.0.1", 0) as server:
            for steps in range(12):
                await cancelled_after(steps, server.sockets[0].getsockname()[1])
            # What was given up goes on for a moment.
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    forgotten = []
    monkeypatch.setattr(sys, "unraisablehook", forgotten.append)
    asyncio.run(run())
    gc.collect()
    assert [str(each.exc_value) for each in forgotten] == []
