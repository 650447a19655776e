"""What is measured. Each function is one row, or a few of one kind."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS
from kt_jupyter.volumes.listing import VolumeList, rows
from tests.bench.ground import Ground
from tests.bench.measure import OURS, Budget, Row, clock, in_turn, samples_in_turn
from tests.bench.others import KubectlWatch, Package, PackageWatch

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
FRESH = """
import time, IPython, ipykernel.kernelapp
start = time.perf_counter()
{body}
print((time.perf_counter() - start) * 1000)
"""
FRESH_OURS = """
import kt_jupyter as kt
kt.connect(namespace={namespace!r}, kubeconfig={kubeconfig!r})
assert kt.Volume.from_name("claim-0").exists()
"""
FRESH_PACKAGE = """
from kubernetes import client, config
config.load_kube_config({kubeconfig!r})
client.CoreV1Api().read_namespaced_persistent_volume_claim("claim-0", {namespace!r})
"""


def one_claim(ground: Ground, package: Package) -> Row:
    """One claim, on a connection that is open."""
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: ground.cluster.get(CLAIMS, "claim-0"),
        "package": lambda: package.read("claim-0"),
    }
    if ground.kubectl:
        ways["kubectl"] = lambda: ground.run_kubectl("get", "pvc", "claim-0", "-o", "json")
    return Row("read one claim, warm", in_turn(ways, rounds=20), (Budget(5), Budget(0.05, "kubectl")))


def many_claims(ground: Ground, package: Package, count: int) -> Row:
    """All claims of a namespace as rows: one list read, as the package and kubectl read it."""
    ground.make_claims(count)
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: _at_least(count, len(_rows(ground))),
        "package": lambda: _at_least(count, len(package.rows())),
        "bare GET": lambda: _at_least(count, len(package.bare_get("persistentvolumeclaims")["items"])),
    }
    if ground.kubectl:
        ways["kubectl"] = lambda: ground.run_kubectl("get", "pvc")
    budgets = (Budget(0.12, "kubectl"), Budget(0.9, "package"), Budget(1.5, "bare GET"))
    return Row(f"list {count} claims to rows", in_turn(ways, rounds=40), budgets)


def many_volumes(package: Package, count: int) -> Row:
    """What ``kt.volumes()`` shows beyond kubectl: also who uses each volume and why one waits, from three lists."""
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: _at_least(count, len(kt.volumes())),
        "bare GETs": lambda: [package.bare_get(each) for each in ("persistentvolumeclaims", "pods", CLASSES)],
    }
    return Row(f"kt.volumes(), {count} of them", in_turn(ways, rounds=40), (Budget(1.5, "bare GETs"),))


def change_to_event(ground: Ground, package: Package) -> Row:
    """From the moment a change is sent to the moment our process holds the event."""
    marks = (f"m{number}" for number in itertools.count())
    seen: Queue[tuple[str, float]] = Queue()
    with contextlib.ExitStack() as stack:
        events = stack.enter_context(ground.cluster.watch(CLAIMS))

        def follow() -> None:
            for event in events:
                mark = event.object["metadata"].get("annotations", {}).get("bench/mark", "")
                seen.put((mark, time.perf_counter()))

        threading.Thread(target=follow, daemon=True).start()
        theirs = PackageWatch(package)
        ways = {
            OURS: lambda: _until_seen(ground, seen, next(marks)),
            "package": lambda: _until_seen(ground, theirs.seen, next(marks)),
        }
        if ground.kubectl:
            kubectl = stack.enter_context(KubectlWatch(ground.kubectl))
            ways["kubectl"] = lambda: _until_seen(ground, kubectl.seen, next(marks))
        return Row("a change until its event is here", samples_in_turn(ways, rounds=20), (Budget(10),))


def fresh_kernel(ground: Ground) -> Row:
    """The first call of a kernel that has just started, import included."""
    values = {"namespace": ground.namespace, "kubeconfig": str(ground.kubeconfig)}
    ways: dict[str, Callable[[], float]] = {
        OURS: lambda: _in_fresh_process(FRESH_OURS.format(**values)),
        "package": lambda: _in_fresh_process(FRESH_PACKAGE.format(**values)),
    }
    if ground.kubectl:
        ways["kubectl"] = lambda: clock(lambda: ground.run_kubectl("get", "pvc", "claim-0"))
    return Row("first call of a fresh kernel", samples_in_turn(ways, rounds=7), (Budget(250), Budget(0.25, "package")))


def import_cost() -> Row:
    """What ``import kt_jupyter`` adds to a process that has IPython."""
    ways: dict[str, Callable[[], float]] = {OURS: lambda: _in_fresh_process("import kt_jupyter")}
    return Row("import kt_jupyter", samples_in_turn(ways, rounds=7), (Budget(150),))


def _rows(ground: Ground) -> VolumeList:
    found = ground.cluster.list(CLAIMS)
    return VolumeList(rows(found, pods=None, classes=None, events=None), namespace=ground.namespace)


def _until_seen(ground: Ground, seen: Queue[tuple[str, float]], mark: str) -> float:
    start = time.perf_counter()
    ground.cluster.patch(CLAIMS, "claim-0", {"metadata": {"annotations": {"bench/mark": mark}}})
    arrived = next(when for got, when in _drain(seen) if got == mark)
    return (arrived - start) * 1000


def _drain(seen: Queue[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    while True:
        yield seen.get(timeout=30)


def _in_fresh_process(body: str) -> float:
    # Modules are compiled once, as on any machine where someone works: some containers forbid Python to keep them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", FRESH.format(body=body)],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return float(done.stdout.splitlines()[-1])


def _at_least(wanted: int, got: int) -> None:
    if got < wanted:
        raise AssertionError(f"{got} of {wanted} claims were listed")
