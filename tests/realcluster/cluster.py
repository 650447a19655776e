"""The host's side: starting the cluster in its namespaces, finding it again, ending it."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import leftovers
from .configs import CONTEXT
from .errors import StepFailedError
from .inside import DETACH
from .layout import PROJECT, Layout
from .process import explanation
from .progress import say


@dataclass(frozen=True)
class FirstProcess:
    """A process that is surely the one that was started: a pid alone may be someone else's by now."""

    pid: int
    started: str  # in clock ticks since boot, as the kernel counts
    boot: str

    @classmethod
    def of(cls, pid: int) -> FirstProcess | None:
        """The process that has this pid now."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return cls(
            pid, stat.rpartition(")")[2].split()[19], Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        )


def find(layout: Layout) -> FirstProcess | None:
    """The living cluster of this cache, if there is one; its owner may be another command, or dead."""
    try:
        known = FirstProcess(**json.loads(layout.first_process.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return known if FirstProcess.of(known.pid) == known else None


def find_kept(layout: Layout) -> FirstProcess | None:
    """The cluster that was started to stay, for who holds the lock.

    Any other that still lives then has lost its owner to a ``kill -9`` and is about to end: not to be used.
    """
    return find(layout) if layout.kept.exists() else None


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Keep other commands out of this cache; wait for one that is at work.

    The lock is the kernel's and ends with its owner, however that ends.
    """
    layout.base.mkdir(parents=True, exist_ok=True)
    with (layout.base / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            say(f"Process {lock.read().strip() or '?'} works on the test cluster: waiting until it is done")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class Starter:
    """A cluster that is being started; it ends when this is closed without ``detach``, or dies."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        end(layout)
        layout.run.mkdir(parents=True)
        ours, theirs = socket.socketpair()
        self._control = ours
        self._stays = False
        arguments = [str(layout.base), layout.control_group, str(theirs.fileno())]
        first = [sys.executable, "-m", "tests.realcluster.inside", *arguments]
        namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"]
        with (layout.run / "first-process.log").open("w") as log, theirs:
            # A session of its own: Ctrl-C in the terminal is for us, and we end it in order.
            self._unshare = subprocess.Popen(
                [*namespaces, *first],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def follow(self) -> FirstProcess:
        """Pass on what the cluster reports until it is ready.

        Returns:
            Its first process.

        Raises:
            StepFailedError: It ended instead.
        """
        with self._control.makefile("r") as reports:
            for line in reports:
                report = json.loads(line)
                if "step" in report:
                    _show(report["step"], report["took"])
                elif "failed" in report:
                    raise StepFailedError(report["failed"], report["reason"], report["log"])
                elif "ready" in report:
                    return self._remember()
        log = Path("first-process.log")
        why = explanation(self.layout.run / log) or "it said nothing: it was killed"
        raise StepFailedError("the cluster's first process ended", why, str(self.layout.last_run / log))

    def watch(self, pid: int) -> None:
        """Wait until a process of ours has ended, but not longer than the cluster lives.

        Raises:
            StepFailedError: One of the cluster's programs ended, and it with it.
        """
        handle = os.pidfd_open(pid)
        try:
            ended, _, _ = select.select([handle, self._control], [], [])
        finally:
            os.close(handle)
        if self._control in ended:  # ready was its last word but for a failure
            self.follow()

    def detach(self) -> None:
        """Let the cluster live on without us."""
        self._stays = True
        self._control.sendall(DETACH)
        self.layout.kept.touch()

    def _remember(self) -> FirstProcess:
        """Write down which process it is, for other commands to find."""
        children = Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children").read_text().split()
        first = FirstProcess.of(int(children[0]))
        assert first is not None
        self.layout.first_process.write_text(json.dumps(first.__dict__))
        return first

    def stop(self) -> None:
        """End it and remove what it leaves."""
        self._control.close()  # the first process notices, and all others end with it
        if self._stays:  # it was told not to mind, and Ctrl-C came before we were done
            end(self.layout)
        self._unshare.wait()
        leftovers.clear(self.layout)


def end(layout: Layout) -> bool:
    """End the living cluster, if any, and remove what it or a dead one has left.

    Returns:
        Whether one was alive.
    """
    first = find(layout)
    if first is not None:
        handle = os.pidfd_open(first.pid)
        try:
            if FirstProcess.of(first.pid) == first:  # still the same one, now that the handle holds it
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [])  # readable when it, and so every other process, is gone
        finally:
            os.close(handle)
    leftovers.clear(layout)
    return first is not None


def command_inside(first: FirstProcess, argv: list[str]) -> list[str]:
    """The command that runs ``argv`` where the API server can be reached: only the network is the cluster's."""
    return ["nsenter", f"--net=/proc/{first.pid}/ns/net", "--", *argv]


def environment(layout: Layout) -> dict[str, str]:
    """What tests need to know, beside our own environment. ``kubectl`` is on the path."""
    return {
        **os.environ,
        "KUBECONFIG": str(layout.kubeconfig),
        "KT_TEST_CONTEXT": CONTEXT,
        "KT_TEST_CLUSTER": str(layout.run),  # for tests that restart a part of it
        "KUBECACHEDIR": str(layout.run / "kubectl-cache"),  # kubectl's, else in the user's home
        "PATH": f"{layout.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def _show(what: str, took: float | None) -> None:
    say(f"  ◐ {what}" if took is None else f"  ✓ {what}  {took:.1f} s")
