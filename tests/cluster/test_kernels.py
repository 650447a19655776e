"""Real kernels with cells on a pod: one is killed, another goes on."""

import contextlib
import os
import signal
import uuid

import pytest

import kt_jupyter as kt
from tests.cluster.test_magics_compute import OPTIONS
from tests.kernels import kernel, printed

# In the middle it waits for a sign, so that it runs still when the new kernel comes, however long that takes.
LINES = """%%kt_compute train {options}
import os, time
for i in range(200):
    print("line", i)
    while i == 100 and not os.path.exists({sign!r}): time.sleep(0.02)
"""


@pytest.fixture
def start(kubeconfig, namespace, tmp_path):
    """Start kernels that work in the test's namespace."""
    file, context = kubeconfig

    @contextlib.contextmanager
    def start(name):
        with kernel(tmp_path / name, KUBECONFIG=str(file)) as made:
            made.run(f"%kt_cluster use {context} -n {namespace}")
            yield made

    return start


def heard(messages, text):
    """Hear until a text has been printed."""
    found = []
    for message in messages:
        found.append(message)
        if text in printed(found):
            break
    return found


def test_a_kernel_is_killed_in_a_cell_and_a_new_one_shows_every_line_once(start, computes):
    sign = f"/tmp/{uuid.uuid4().hex}"
    compute = computes.describe(name="train", cpus=None, memory=None)
    with start("first") as killed:
        heard(killed.running(LINES.format(options=OPTIONS, sign=sign)), "line 20\n")
        killed.manager.signal_kernel(signal.SIGKILL)
    with start("second") as new:
        running = new.running("%kt_compute attach train")
        before = heard(running, "line 100\n")
        kt.fn(os.mkdir).to(compute)(sign)
        assert printed([*before, *running]) == "".join(f"line {i}\n" for i in range(200))
