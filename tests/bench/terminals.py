"""Terminals on a volume as a tab has them, beside ``kubectl run -it --rm`` and ``kubectl exec -it``."""

from __future__ import annotations

import contextlib
import itertools
import os
import pty
import re
import string
import subprocess
import threading
import time
import tty
from collections.abc import Callable, Iterator
from queue import Queue
from types import TracebackType
from typing import Self

from kt_jupyter.kube import PODS
from tests.bench.ground import Ground
from tests.bench.measure import OURS, Budget, Row, Timing, clock, samples_in_turn
from tests.bench.streams import echo_through, kubectl_terminal
from tests.bench.tabs import Lab, Tab, lab

SSH = "term = kt.Volume.from_name('claim-0').ssh()"
PROMPT = "/data $ "
IMAGE = ("--image=alpine:latest", "--image-pull-policy=IfNotPresent", "--restart=Never")


def rows(ground: Ground) -> Iterator[Row]:
    """All measurements, one after the other."""
    if not ground.kubectl:
        return
    with lab(ground) as here:
        yield _keystroke(ground, here)
        yield from _prompt(ground, here)


def _keystroke(ground: Ground, here: Lab) -> Row:
    """From a key until its echo by the pod's terminal: server, program and stream in between, as in a tab."""
    tab = here.open(SSH)
    tab.shows(PROMPT)
    tab.type("cat; exit\r")
    with kubectl_terminal(ground, _newest(ground)) as terminal:
        keys = itertools.cycle(string.ascii_letters)
        ways = {
            OURS: lambda: clock(lambda: _echo(tab, next(keys))),
            "kubectl exec -it": lambda: clock(lambda: echo_through(terminal, next(keys).encode())),
        }
        timings = samples_in_turn(ways, rounds=100)
    tab.close()
    here.run("term.close()")
    return Row("a keystroke's echo in a tab", timings, (Budget(30, beyond="kubectl exec -it"),))


def _prompt(ground: Ground, here: Lab) -> Iterator[Row]:
    """From running the cell until the prompt is there, its image being on the node and the volume bound."""
    numbers = itertools.count()
    in_all: dict[str, list[float]] = {OURS: [], "kubectl run": []}

    def timed(name: str, way: Callable[[], None], after: Callable[[], None]) -> float:
        with _Running(ground) as running:
            asked = time.perf_counter()
            way()
            shown = time.perf_counter()
            reported = running.when()
        after()
        in_all[name].append((shown - asked) * 1000)
        return (shown - reported) * 1000

    def ours() -> float:
        tabs: list[Tab] = []

        def way() -> None:
            tabs.append(here.open(SSH))
            tabs[0].shows(PROMPT)

        def after() -> None:
            tabs[0].close()
            here.run("term.close()")

        return timed(OURS, way, after)

    def kubectl() -> float:
        shell = _KubectlRun(ground, f"run-{next(numbers)}")
        return timed("kubectl run", shell.start, shell.end)

    after = samples_in_turn({OURS: ours, "kubectl run": kubectl}, rounds=8)
    whole = {name: Timing(tuple(samples[1:])) for name, samples in in_all.items()}
    yield Row("from the cell to the prompt in the tab; kubectl: run -it --rm", whole)
    yield Row("the prompt, after the API server reports the pod Running", after, (Budget(500),))


class _Running:
    """When the next pod of the namespace is reported as running, by a watch."""

    def __init__(self, ground: Ground) -> None:
        self._watch = ground.cluster.watch(PODS)
        self._found: Queue[float] = Queue()

    def __enter__(self) -> Self:
        self._watch.__enter__()
        known = {event.object["metadata"]["uid"] for event in self._watch.initial()}
        threading.Thread(target=self._follow, args=(known,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._watch.__exit__(kind, error, where)

    def when(self) -> float:
        return self._found.get(timeout=60)

    def _follow(self, known: set[str]) -> None:
        for event in self._watch:
            pod = event.object
            if pod["metadata"]["uid"] not in known and pod["status"].get("phase") == "Running":
                self._found.put(time.perf_counter())
                return


class _KubectlRun:
    """``kubectl run -it --rm`` on a terminal, as somebody has it who does what it says."""

    def __init__(self, ground: Ground, name: str) -> None:
        assert ground.kubectl
        self._argv = [*ground.kubectl, "run", name, "-it", "--rm", *IMAGE, "--", "sh"]

    def start(self) -> None:
        """Run it, until its prompt is there."""
        self._terminal, theirs = pty.openpty()
        tty.setraw(theirs)
        self._process = subprocess.Popen(self._argv, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        text, hinted = b"", False
        while not re.search(rb"[$#] (\x1b\[6n)?$", text):
            text += os.read(self._terminal, 4096)
            if b"try pressing enter" in text and not hinted:
                hinted = True
                os.write(self._terminal, b"\r")

    def end(self) -> None:
        """Leave the shell."""
        os.write(self._terminal, b"\rexit\r")
        with contextlib.suppress(OSError):
            while os.read(self._terminal, 4096):
                pass
        self._process.wait()
        os.close(self._terminal)


def _newest(ground: Ground) -> str:
    found = max(ground.cluster.list(PODS), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return str(found["metadata"]["name"])


def _echo(tab: Tab, key: str) -> None:
    tab.type(key)
    tab.shows(key)
