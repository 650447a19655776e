"""Starting, finding and ending the one server of a state directory, from other processes.

Whether a server lives is decided by a lock that the kernel releases with the process, however it ended: never by a
pid in a file, which may be somebody else's by now. Starters queue up at a second lock, so two notebooks that open
at once share one server.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kt_jupyter.errors import LocalClusterError
from kt_jupyter.local.paths import Paths

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 30
_LOG_LIMIT: Final = 5_000_000


def ensure(paths: Paths, *, port: int = 0, idle_minutes: float | None = None) -> None:
    """Return when a server answers, starting one, detached from this process, where none lives.

    Raises:
        LocalClusterError: it cannot start; says why in its own words.
    """
    paths.make()
    if running(paths):
        return
    with _held(paths.root / "start.lock"):
        deadline = time.monotonic() + _START_SECONDS
        while not running(paths):
            if _start(paths, port, idle_minutes, deadline) == "ready":
                return
            # Another server holds the lock but doesn't serve: it is ending, or was started by hand this moment.
            if time.monotonic() > deadline:
                raise LocalClusterError(
                    f"The local cluster in {paths.root} is neither running nor free after {_START_SECONDS:.0f} s.",
                    remedy=f"Its log: {paths.log}",
                )
            time.sleep(0.05)


def running(paths: Paths) -> dict[str, Any] | None:
    """Return what the living server says of itself (pid, port, url, version), None where none serves."""
    if not _is_locked(paths.lock):
        return None
    try:
        about = json.loads(paths.server.read_bytes())
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) else None


def stop(paths: Paths) -> bool:
    """End the server and return when it has ended; return whether there was one.

    Raises:
        LocalClusterError: it did not end in time.
    """
    about = running(paths)
    if about is None:
        return False
    os.kill(about["pid"], signal.SIGTERM)
    try:
        with _held(paths.lock, shared=True, seconds=_STOP_SECONDS):
            return True
    except TimeoutError:
        raise LocalClusterError(
            f"The local cluster (pid {about['pid']}) has not ended within {_STOP_SECONDS} s.",
            remedy=f"kill -9 {about['pid']} ends it; nothing acknowledged is lost.",
        ) from None


def reset(paths: Paths) -> None:
    """End the server and delete everything: objects, volumes with their data, logs, credentials."""
    stop(paths)
    if not paths.root.exists():
        return
    with own(paths):
        for entry in paths.root.iterdir():
            if entry in (paths.lock, paths.root / "start.lock"):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


@contextlib.contextmanager
def own(paths: Paths) -> Iterator[None]:
    """Hold the lock of the living server for as long as the block runs.

    Raises:
        BlockingIOError: another process holds it.
    """
    paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def trim_log(paths: Paths) -> None:
    """Keep one old log beside a new one once it has grown."""
    with contextlib.suppress(FileNotFoundError):
        if paths.log.stat().st_size > _LOG_LIMIT:
            paths.log.replace(paths.log.with_suffix(".log.old"))


def _start(paths: Paths, port: int, idle_minutes: float | None, deadline: float) -> str:
    """Start a server; return "ready", or "busy" when another holds the lock."""
    trim_log(paths)
    read_end, write_end = os.pipe()
    command = [sys.executable, "-m", "kt_jupyter.local", "run", "--state-dir", str(paths.root)]
    command += ["--port", str(port), "--tell", str(write_end)]
    if idle_minutes is not None:
        command += ["--idle-minutes", str(idle_minutes)]
    with paths.log.open("ab") as output, os.fdopen(read_end, "rb") as news:
        # A session of its own, and / to stand in: it outlives the notebook, its terminal and its directory.
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            pass_fds=(write_end,),
        )
        os.close(write_end)
        readable, _, _ = select.select([news], [], [], max(deadline - time.monotonic(), 0))
        message = news.readline().decode().strip() if readable else ""
    if message in ("ready", "busy"):
        process.returncode = 0  # it lives on by itself; nobody here waits for it
        return message
    if not readable:
        process.kill()
        process.wait()
        message = f"it did not answer within {_START_SECONDS:.0f} s"
    process.returncode = 0 if process.returncode is None else process.returncode
    raise _not_started(paths, message)


def _not_started(paths: Paths, message: str) -> LocalClusterError:
    if message.startswith("{"):
        told = json.loads(message)
        return LocalClusterError(told["fact"], remedy=told["remedy"])
    last = _last_line(paths.log)
    return LocalClusterError(
        f"The local cluster cannot start: {message or last or 'it ended without a word'}.",
        remedy=f"Its log: {paths.log}",
    )


def _last_line(path: Path) -> str:
    with contextlib.suppress(OSError):
        lines = path.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
    return ""


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _held(path: Path, *, shared: bool = False, seconds: int = int(_START_SECONDS) * 2) -> Iterator[None]:
    """Hold a lock, waiting for it; raises TimeoutError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _alarm(seconds):
            fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _alarm(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in a blocking system call after some seconds; this program has no other thread."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
