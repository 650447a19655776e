"""The embedded cluster under load: how fast it answers, and what it weighs."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from kt_jupyter.kube import CLAIMS
from tests.bench.ground import Ground, claim
from tests.bench.measure import OURS, Budget, Row, in_turn

CLAIM_COUNT = 5000
WATCH_COUNT = 100
MEMORY_LIMIT = 300  # MB


def local_cluster(ground: Ground) -> str:
    """Fill the embedded cluster, watch it a hundred times, and say what it takes."""
    for number in range(CLAIM_COUNT - len(ground.cluster.list(CLAIMS))):
        ground.cluster.create(CLAIMS, claim(f"load-{number}"))
    with contextlib.ExitStack() as stack:
        watches = [stack.enter_context(ground.cluster.watch(CLAIMS)) for _ in range(WATCH_COUNT)]
        for watch in watches:
            watch.next(timeout=60)
        answer = Row(
            f"one claim of {CLAIM_COUNT}, {WATCH_COUNT} watches open",
            in_turn({OURS: lambda: ground.cluster.get(CLAIMS, "load-0")}, rounds=50),
            (Budget(5),),
        )
        memory = _resident_megabytes()
    mark = "ok    " if memory < MEMORY_LIMIT else "MISSED"
    return f"{answer}\nmemory of the local cluster\n    {mark} {memory:.0f} MB (< {MEMORY_LIMIT})"


def _resident_megabytes() -> float:
    server = json.loads((Path(os.environ["KT_JUPYTER_LOCAL_DIR"]) / "server.json").read_text())
    status = Path(f"/proc/{server['pid']}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024
