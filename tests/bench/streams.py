"""Commands in a pod: kt_jupyter beside ``kubectl exec``, in turn, on one pod."""

from __future__ import annotations

import contextlib
import itertools
import os
import pty
import string
import subprocess
import sys
import tempfile
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

from kt_jupyter.kube import PODS
from kt_jupyter.kube.streams import Stream
from tests.bench.ground import Ground
from tests.bench.measure import OURS, Budget, Row, clock, in_turn, samples_in_turn

SIZE = 200  # MiB
POD = "bench"
SOURCE = ["sh", "-c", f"dd if=/dev/zero bs=1M count={SIZE} 2>/dev/null"]
SINK = ["wc", "-c"]
FRESH = """
import asyncio, time
start = time.perf_counter()
from kt_jupyter.kube import connect
from kt_jupyter.kube.streams import open_exec
async def main():
    cluster = connect(namespace={namespace!r}, kubeconfig={kubeconfig!r})
    async with await open_exec(cluster, {pod!r}, ["true"]):
        print((time.perf_counter() - start) * 1000, flush=True)
    await cluster.aclose()
asyncio.run(main())
"""


def rows(ground: Ground) -> Iterator[Row]:
    """All measurements, one after the other."""
    if not ground.kubectl:
        return
    with _pod(ground):
        yield _short_command(ground)
        yield _fresh_connection(ground)
        yield _keystroke(ground)
        yield _down(ground)
        yield _up(ground)
        yield _relayed(ground)


def _short_command(ground: Ground) -> Row:
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: _ours(ground, ["true"]),
        "relayed": lambda: ground.cluster.run(POD, ["true"]),
        "kubectl": lambda: ground.run_kubectl("exec", POD, "--", "true"),
    }
    return Row("a short command in a pod", in_turn(ways, rounds=15), (Budget(0.55, "kubectl"),))


def _down(ground: Ground) -> Row:
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: _ours(ground, SOURCE),
        "kubectl": lambda: ground.run_kubectl("exec", POD, "--", *SOURCE),
    }
    return Row(f"{SIZE} MiB out of a pod", in_turn(ways, rounds=5), _rate(ground, 1.1))


def _up(ground: Ground) -> Row:
    data = bytes(SIZE << 20)
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        ways: dict[str, Callable[[], object]] = {
            OURS: lambda: _ours(ground, SINK, data),
            "kubectl": lambda: _kubectl_with_input(ground, Path(file.name)),
        }
        return Row(f"{SIZE} MiB into a pod", in_turn(ways, rounds=5), _rate(ground, 1.0))


def _rate(ground: Ground, least: float) -> tuple[Budget, ...]:
    """How many times kubectl's rate ours has to be; the embedded server is a Python program, which sets the pace."""
    return () if ground.embedded else (Budget(1 / least, "kubectl"),)


def _relayed(ground: Ground) -> Row:
    """What it costs to know that nothing is missing: two checksums and ``tee``, which in busybox is slow."""
    return Row(f"{SIZE} MiB, whole", in_turn({OURS: lambda: ground.cluster.run(POD, SOURCE)}, rounds=2))


def _keystroke(ground: Ground) -> Row:
    """From a key until its echo by the pod's terminal, on a stream that is open."""
    with (
        ground.cluster.exec(POD, ["cat"], stdin=True, tty=True) as stream,
        kubectl_terminal(ground, POD) as terminal,
    ):
        keys = itertools.cycle(string.ascii_letters.encode())
        ways = {
            OURS: lambda: clock(lambda: _echo(stream, bytes([next(keys)]))),
            "kubectl": lambda: clock(lambda: echo_through(terminal, bytes([next(keys)]))),
        }
        return Row("a keystroke's echo on a stream", samples_in_turn(ways, rounds=100), (Budget(30, beyond="kubectl"),))


def _fresh_connection(ground: Ground) -> Row:
    """A program of its own, as the terminal's is: imports, connection and handshake."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    program = FRESH.format(namespace=ground.namespace, kubeconfig=str(ground.kubeconfig), pod=POD)
    ways: dict[str, Callable[[], float]] = {
        OURS: lambda: float(subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)),
        "kubectl": lambda: clock(lambda: ground.run_kubectl("exec", POD, "--", "true")),
    }
    return Row("a fresh program until its stream stands", samples_in_turn(ways, rounds=5), ())


def _ours(ground: Ground, command: list[str], data: bytes | None = None) -> None:
    with ground.cluster.exec(POD, command, stdin=data is not None) as stream:
        if data is not None:
            stream.write(data)
            stream.close_stdin()
        for _ in stream:
            pass
        assert stream.exit_code() == 0


def _echo(stream: Stream, key: bytes) -> None:
    stream.write(key)
    while key not in next(iter(stream))[1]:
        pass


def echo_through(terminal: int, key: bytes) -> None:
    """Type a key into a terminal, and wait for its echo."""
    os.write(terminal, key)
    while key not in os.read(terminal, 100):
        pass


def _kubectl_with_input(ground: Ground, file: Path) -> None:
    assert ground.kubectl
    with file.open("rb") as source:
        subprocess.run([*ground.kubectl, "exec", "-i", POD, "--", *SINK], check=True, stdin=source, capture_output=True)


@contextlib.contextmanager
def kubectl_terminal(ground: Ground, pod: str) -> Iterator[int]:
    """``kubectl exec -it`` of ``cat``, on a terminal whose other end is given."""
    assert ground.kubectl
    ours, theirs = pty.openpty()
    tty.setraw(theirs)  # else this terminal echoes by itself
    kubectl = subprocess.Popen([*ground.kubectl, "exec", "-it", pod, "--", "cat"], stdin=theirs, stdout=theirs)
    os.close(theirs)
    try:
        echo_through(ours, b"!")  # comes back when the connection stands
        yield ours
    finally:
        kubectl.terminate()
        kubectl.wait()
        os.close(ours)


@contextlib.contextmanager
def _pod(ground: Ground) -> Iterator[None]:
    container = {"name": "c", "image": "alpine:latest", "imagePullPolicy": "IfNotPresent", "command": ["sleep", "3600"]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    ground.cluster.create(PODS, {"metadata": {"name": POD}, "spec": spec})
    ground.cluster.wait_for(
        PODS, POD, lambda pod: pod if pod and pod["status"].get("phase") == "Running" else None, timeout=60
    )
    try:
        yield
    finally:
        ground.cluster.delete(PODS, POD)
