"""Cells and functions on a pod: kt_jupyter beside ipyparallel, ``kubectl exec`` and the log of a Job's pod."""

from __future__ import annotations

import array
import contextlib
import itertools
import pickle
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any, Self

import kt_jupyter as kt
from kt_jupyter.compute.functions.capture import pack
from kt_jupyter.compute.session import Session, Text
from kt_jupyter.kube import JOBS, PODS
from tests.agent.driver import Agent
from tests.bench.ground import Ground
from tests.bench.ipp import Engines, engines
from tests.bench.measure import OURS, Budget, Row, Timing, in_turn, samples_in_turn
from tests.bench.others import Package

IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
RESULT = 100_000_000
ARRAY = 10_000_000


def rows(ground: Ground, package: Package) -> Iterator[Row]:
    """All measurements, one after the other."""
    yield _at_the_socket()
    # As computes are by default: on half a CPU the kernel halts the pod for half of the time.
    with kt.Compute(name="bench") as compute, engines() as peers:
        yield _call(compute)
        yield _trivial_cell(ground, compute, peers)
        yield _new_connection(ground, compute)
        yield _printed(compute)
        yield _large_result(ground, compute)
        yield from _arrays(compute, peers)
    yield _first_output(ground, package)


def _at_the_socket() -> Row:
    """The agent alone: a call in a fresh process, one in the cells' process, and a cell."""
    payload = pack(abs, (1,)).payload
    with (
        tempfile.TemporaryDirectory() as directory,
        Agent(sys.executable, Path(directory) / "kt") as agent,
        agent.client() as client,
    ):
        ways: dict[str, Callable[[], object]] = {
            OURS: lambda: client.call(payload),
            "shared": lambda: client.call(payload, share=True),
            "cell": lambda: client.cell("x = 1"),
        }
        return Row("a call on an open session, at the socket", in_turn(ways, rounds=100), (Budget(2),))


def _call(compute: kt.Compute) -> Row:
    fresh = kt.fn(abs).to(compute)
    shared = kt.fn(abs).to(compute, shared=True)
    ways: dict[str, Callable[[], object]] = {OURS: lambda: fresh(-1), "shared": lambda: shared(-1)}
    return Row("a call on an open session, kt.fn(abs).to(compute)(-1)", in_turn(ways, rounds=50), (Budget(10),))


def _trivial_cell(ground: Ground, compute: kt.Compute, peers: Engines) -> Row:
    session = compute.session()
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: session.run_cell("x = 1", on_event=lambda _: None),
        "ipyparallel": lambda: peers.px("x = 1"),
    }
    budgets = [Budget(10), Budget(1, "ipyparallel")]
    if ground.kubectl:
        pod = compute.pod
        ways["kubectl"] = lambda: ground.run_kubectl("exec", str(pod), "--", "python3", "-c", "x = 1")
        budgets.append(Budget(1 / 15, "kubectl"))
    return Row("a trivial cell (x = 1); ipyparallel: %%px on 4 engines", in_turn(ways, rounds=30), tuple(budgets))


def _new_connection(ground: Ground, compute: kt.Compute) -> Row:
    def connect() -> None:
        with Session(ground.cluster, str(compute.pod)) as session:
            session.connect(30)

    return Row("a new connection to a running session", in_turn({OURS: connect}, rounds=10), (Budget(250),))


def _printed(compute: kt.Compute) -> Row:
    """From ``print`` in the pod to here. Holds where both have one clock, as on one machine."""
    arrived: list[float] = []

    def heard(event: object) -> None:
        if isinstance(event, Text) and event.text.strip():
            arrived.append((time.time() - float(event.text.split()[-1])) * 1000)

    source = "import time\nfor _ in range(60):\n    time.sleep(0.02)\n    print(time.time())"
    compute.session().run_cell(source, on_event=heard)
    samples = iter(arrived)
    return Row(
        "print on the pod until it is here", samples_in_turn({OURS: lambda: next(samples)}, rounds=40), (Budget(10),)
    )


def _large_result(ground: Ground, compute: kt.Compute) -> Row:
    make = kt.fn(bytes).to(compute, logs=False)
    command = ["head", "-c", str(RESULT), "/dev/zero"]

    def raw() -> None:
        with ground.cluster.exec(str(compute.pod), command) as stream:
            assert sum(len(data) for _, data in stream) == RESULT

    ways: dict[str, Callable[[], object]] = {OURS: lambda: len(make(RESULT)), "raw exec": raw}
    return Row(f"{RESULT // 10**6} MB of result", in_turn(ways, rounds=4), (Budget(1 / 0.7, "raw exec"),))


def _arrays(compute: kt.Compute, peers: Engines) -> Iterator[Row]:
    """A 10 MB array there and back. Ours from the standard library: any image can read it, whatever numpy it has."""
    import numpy as np

    ours, theirs = array.array("d", bytes(ARRAY)), np.zeros(ARRAY // 8)
    payload = pickle.dumps(ours, 5)
    session = compute.session()
    session.run_cell(f"import array; value = array.array('d', bytes({ARRAY}))", on_event=lambda _: None)

    def push() -> None:
        session.run_cell("", inputs={"value": payload}, on_event=lambda _: None)

    def pull() -> None:
        done = session.run_cell("", outputs=["value"], on_event=lambda _: None)
        assert len(pickle.loads(done.values["value"])) == len(ours)

    yield Row("a 10 MB array to the pod", in_turn({OURS: push, "ipyparallel": lambda: peers.push(theirs)}, rounds=10))
    yield Row("a 10 MB array from the pod", in_turn({OURS: pull, "ipyparallel": peers.pull}, rounds=10))


def _first_output(ground: Ground, package: Package) -> Row:
    """From the Job's creation to the first byte that a user's code prints, its image being on the node."""
    numbers = itertools.count()
    seen: dict[str, list[float]] = {"in all": [], "reported Running": []}

    def ours() -> float:
        compute = kt.Compute(name=f"first-{next(numbers)}")
        with _Clock(ground) as clock:
            asked = time.perf_counter()
            first = _first_byte(compute)
            made, running = clock.times()
        compute.stop(wait=False)
        seen["in all"].append((first - asked) * 1000)
        seen["reported Running"].append((running - made) * 1000)
        return (first - made) * 1000

    ways: dict[str, Callable[[], float]] = {
        OURS: ours,
        "pods/log": lambda: _through_the_log(ground, package, f"log-{next(numbers)}"),
    }
    timings = samples_in_turn(ways, rounds=6)
    timings |= {name: Timing(tuple(samples[1:])) for name, samples in seen.items()}
    budgets = (Budget(900), Budget(1, "reported Running"), Budget(0.7, "pods/log"))
    return Row("a Job's creation until the first output of a user's code", timings, budgets)


class _Clock:
    """When the next Job of the namespace was made and when its pod was reported as running, by watches."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._found: Queue[tuple[str, float]] = Queue()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        for resource in (JOBS, PODS):
            events = self._stack.enter_context(self._ground.cluster.watch(resource))
            known = {event.object["metadata"]["uid"] for event in events.initial()}
            threading.Thread(target=self._follow, args=(resource, events, known), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def times(self) -> tuple[float, float]:
        found: dict[str, float] = {}
        while len(found) < 2:
            what, when = self._found.get(timeout=60)
            found.setdefault(what, when)
        return found["made"], found["running"]

    def _follow(self, resource: Any, events: Any, known: set[str]) -> None:
        for event in events:
            if event.object["metadata"]["uid"] in known:
                continue
            if resource is JOBS:
                self._found.put(("made", time.perf_counter()))
            elif event.object["status"].get("phase") == "Running":
                self._found.put(("running", time.perf_counter()))


def _first_byte(compute: kt.Compute) -> float:
    heard: list[float] = []

    def hear(event: object) -> None:
        if isinstance(event, Text):
            heard.append(time.perf_counter())

    compute.start_cell("print(1)").follow(hear)
    return heard[0]


def _through_the_log(ground: Ground, package: Package, name: str) -> float:
    """The same line as the command of a Job, read from the pod's log, which is to be had when the pod runs."""
    container = {
        "name": "c",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-uc", "print(1)"],
    }
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    start = time.perf_counter()
    ground.cluster.create(JOBS, {"metadata": {"name": name}, "spec": {"template": template}})
    with ground.cluster.watch(PODS, label_selector=f"job-name={name}") as events:
        pod = next(
            event.object["metadata"]["name"]
            for event in itertools.chain(events.initial(), events)
            if event.object["status"].get("phase") in {"Running", "Succeeded"}
        )
    log = package.api.read_namespaced_pod_log(pod, package.namespace, follow=True, _preload_content=False)
    next(log.stream())
    took = time.perf_counter() - start
    log.close()
    ground.cluster.delete(JOBS, name)
    return took * 1000
