"""One daemon thread, ``kt-io``, runs one asyncio loop for every request, watch and stream of the process.

Why a thread at all: a kernel runs cells one at a time and the public API is synchronous, yet watches must go on
between cells. Why only one: TLS sockets are not safe to share between threads in CPython (cpython#151508), and an
asyncio loop reads and writes them from one. Nothing else in kt_jupyter makes threads.

What callers may rely on:

* ``run`` blocks and gives the result; Ctrl-C cancels the work on the loop, waits until it has let go of its
  connection, and raises ``KeyboardInterrupt`` as usual.
* After ``os.fork`` the child starts with no thread and a new ``generation()``: whoever keeps connections drops them
  when the number has changed. The parent's loop is kept referenced there, never closed: closing it would take the
  parent's sockets out of the epoll set that both processes share.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_CANCEL_GRACE = 2.0  # seconds a cancelled call may take to close its connection before we stop caring

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_generation = 0
_abandoned: list[object] = []


def generation() -> int:
    """Return a number that changes whenever the loop is a new one: connections of an older one are not usable."""
    return _generation


def on_loop_thread() -> bool:
    """Whether the caller runs on ``kt-io``, where a blocking call would wait for itself."""
    return _thread is not None and threading.current_thread() is _thread


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Start ``work`` on the loop and return at once."""
    return asyncio.run_coroutine_threadsafe(work, _running_loop())


def run(work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
    """Run ``work`` on the loop and wait for it.

    Args:
        work: A coroutine; it is cancelled when the wait ends early.
        timeout: Seconds to wait; None waits for ever.

    Raises:
        TimeoutError: The time is over; the work has been cancelled.
        RuntimeError: Called on the loop's own thread.
    """
    if on_loop_thread():
        work.close()
        raise RuntimeError("a blocking cluster call was made on the kt-io thread, which would wait for itself")
    unwound = threading.Event()

    async def guarded() -> T:
        try:
            return await work
        finally:
            unwound.set()

    future = submit(guarded())
    try:
        return future.result(timeout)
    except BaseException:
        if not future.done():
            # Cancelling marks the future as done at once while the task still closes its connection: wait for that.
            future.cancel()
            unwound.wait(_CANCEL_GRACE)
        raise


def stop() -> None:
    """End the loop: tasks are cancelled, their connections closed. A later call starts a new one."""
    global _loop, _thread, _generation  # noqa: PLW0603 - one loop a process is the point of this module
    with _lock:
        loop, thread = _loop, _thread
        _loop = _thread = None
        _generation += 1
    if loop is not None and thread is not None and thread.is_alive():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CANCEL_GRACE)


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop, _thread  # noqa: PLW0603
    with _lock:
        if _loop is None or _thread is None or not _thread.is_alive():
            ready = threading.Event()
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_serve, args=(_loop, ready), name="kt-io", daemon=True)
            _thread.start()
            ready.wait()
        return _loop


def _serve(loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    loop.call_soon(ready.set)
    try:
        loop.run_forever()
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=_CANCEL_GRACE))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


def _after_fork_in_child() -> None:
    global _lock, _loop, _thread, _generation  # noqa: PLW0603
    _abandoned.append((_loop, _thread))
    _lock = threading.Lock()
    _loop = _thread = None
    _generation += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(stop)
