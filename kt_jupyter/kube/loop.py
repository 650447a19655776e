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
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Generic, Protocol, Self, TypeVar

T = TypeVar("T")

_HEARS_WITHIN = 0.25  # seconds
_CANCEL_GRACE = 2.0  # seconds a cancelled call may take to close its connection before we stop caring


class Closable(Protocol):
    """Something with connections on the loop."""

    async def aclose(self) -> None:
        """Close them."""


class Job(Generic[T]):
    """Work on the loop, seen from another thread.

    Not asyncio's own ``run_coroutine_threadsafe``: cancelling its future marks it as done while the task underneath
    still closes its connection, and nothing tells when that is over.

    Made first and started then, so that whoever starts it holds it already: a Ctrl-C in the middle of starting must
    find something to cancel.

    Nor does a thread that a signal may interrupt wait on the future itself, or ask it anything before it is done: it
    would go through a ``threading.Condition``, which is Python code. A Ctrl-C inside it leaves its lock held, and then
    ``kt-io`` stands still for ever, or comes out as "cannot release un-acquired lock". A bare lock is one step in C.

    Attributes:
        future: Done when the work is over, its clean-up included.
    """

    def __init__(self, work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> None:
        self.future: Future[T] = Future()
        self._work = work
        self._loop = loop
        self._task: asyncio.Task[T] | None = None
        self._is_over = False
        self._over = threading.Lock()  # held until then
        self._over.acquire()

    def start(self) -> Self:
        """Begin the work; returns at once.

        Raises:
            RuntimeError: The loop has ended.
        """
        try:
            self._loop.call_soon_threadsafe(self._begin)
        except RuntimeError:
            self._work.close()
            raise
        return self

    def result(self, timeout: float | None = None) -> T:
        """Wait for the work and return what it gave, or raise what it raised.

        Raises:
            TimeoutError: The time is over; the work goes on.
        """
        if not self._wait(timeout):
            raise TimeoutError
        return self.future.result()

    def done(self) -> bool:
        """Whether the work is over, its clean-up included."""
        return self._is_over

    def cancel(self) -> None:
        """Cancel the work and wait until it has cleaned up, two seconds at most."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it the work
            self._loop.call_soon_threadsafe(self._cancel)
        if not on_loop_thread():
            self._wait(_CANCEL_GRACE)

    def _wait(self, timeout: float | None) -> bool:
        """Wait in slices; returns whether the work is over.

        A signal that comes between the interpreter's look for one and its wait does not end that wait, and Ctrl-C
        would be heard with the next event only, which may never come.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._is_over:
            left = _HEARS_WITHIN if deadline is None else deadline - time.monotonic()
            if self._over.acquire(timeout=min(max(left, 0), _HEARS_WITHIN)):
                self._over.release()  # for whoever else waits
            elif left <= 0:
                break
        return self._is_over

    def _begin(self) -> None:
        if not self._is_over:
            self._task = self._loop.create_task(self._work)
            self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        elif not self._is_over:  # it was not begun
            self._work.close()
            self.future.set_exception(asyncio.CancelledError())
            self._is_now_over()

    def _finish(self, task: asyncio.Task[T]) -> None:
        try:
            if task.cancelled():
                self.future.set_exception(asyncio.CancelledError())
            elif error := task.exception():
                self.future.set_exception(error)
            else:
                self.future.set_result(task.result())
        finally:
            self._is_now_over()

    def _is_now_over(self) -> None:
        self._is_over = True
        self._over.release()


_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_generation = 0
_abandoned: list[object] = []
_discarding: set[Job[None]] = set()  # asyncio holds its tasks weakly
_closables: weakref.WeakSet[Closable] = weakref.WeakSet()


def generation() -> int:
    """Return a number that changes whenever the loop is a new one: connections of an older one are not usable."""
    return _generation


def on_loop_thread() -> bool:
    """Whether the caller runs on ``kt-io``, where a blocking call would wait for itself."""
    return _thread is not None and threading.current_thread() is _thread


def submit(work: Coroutine[Any, Any, T]) -> Job[T]:
    """Start ``work`` on the loop and return at once."""
    return Job(work, _running_loop()).start()


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
    job = Job(work, _running_loop())
    try:
        return job.start().result(timeout)
    except BaseException:
        if not job.done():
            job.cancel()
        raise


def call_soon(function: Callable[[], object]) -> None:
    """Call a function on the loop."""
    _running_loop().call_soon_threadsafe(function)


def close_at_stop(closable: Closable) -> None:
    """Have something closed before the loop ends; it may be garbage collected before that."""
    _closables.add(closable)


def discard(closable: Closable, born: int) -> None:
    """Close something soon, if the loop it was made on (``generation`` then) still runs."""
    if born == _generation and _loop is not None:
        with contextlib.suppress(RuntimeError):  # it ended just now, and closed it
            _discarding.add(Job(closable.aclose(), _loop).start())
    _discarding.difference_update([job for job in _discarding if job.done()])


def abandon(connections: object) -> None:
    """Keep connections made before a fork referenced for ever: to close them would disturb the parent's."""
    _abandoned.append(connections)


def stop() -> None:
    """End the loop: tasks are cancelled, their connections closed. A later call starts a new one."""
    global _loop, _thread, _generation  # noqa: PLW0603 - one loop a process is the point of this module
    with _lock:
        loop, thread = _loop, _thread
        _loop = _thread = None
        _generation += 1
    if loop is not None and thread is not None and not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(2 * _CANCEL_GRACE)


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop, _thread  # noqa: PLW0603
    # Neither a lock nor `_thread.is_alive()` on this way, which every call takes. Since Python 3.14 a Ctrl-C may come
    # between a `with` statement's taking of a lock and its block, and the lock stays taken; inside `is_alive` it makes
    # CPython take a running thread for an ended one.
    loop = _loop
    if loop is not None and not loop.is_closed():
        return loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_serve, args=(_loop,), name="kt-io", daemon=True)
            _thread.start()
        return _loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(_wind_down())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


async def _wind_down() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CANCEL_GRACE)
    closing = [asyncio.ensure_future(closable.aclose()) for closable in list(_closables)]
    if closing:
        await asyncio.wait(closing, timeout=_CANCEL_GRACE)


def _after_fork_in_child() -> None:
    global _lock, _loop, _thread, _generation, _closables  # noqa: PLW0603
    _abandoned.append((_loop, _thread, _closables))
    _lock = threading.Lock()
    _closables = weakref.WeakSet()
    _loop = _thread = None
    _generation += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(stop)
