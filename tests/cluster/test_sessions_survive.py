"""What a session outlives, done for real: cut connections, killed kernels, a server that is gone for a while; and what
it does not, said with the reason."""

import asyncio
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid

import pytest
import yaml

from kt_jupyter.compute.session import Reconnected, Reconnecting
from kt_jupyter.errors import SessionEnded
from kt_jupyter.kube import JOBS, PODS, connect, loop
from tests.cluster.sessions import Heard

FIFTY_MEGABYTES = "for i in range(50_000): print(f'{i:0999d}')"


def cut(session):
    """Break the connection as a network does: without a word."""

    def abort():
        link = session._talk._link if session._talk is not None else None
        if link is not None:
            link.abort()

    loop.call_soon(abort)


@pytest.mark.timeout(180)
def test_the_connection_is_cut_every_200_ms_and_the_same_bytes_arrive(sessions):
    session, heard, over = sessions.start(), Heard(), threading.Event()

    def keep_cutting():
        seen = 0
        while not over.wait(0.2):
            if len(heard.events) > seen:  # else a machine that takes longer to connect would never get on
                seen = len(heard.events)
                cut(session)

    cutting = threading.Thread(target=keep_cutting)
    work = session.start_cell(FIFTY_MEGABYTES)
    cutting.start()
    try:
        done = work.follow(heard)
    finally:
        over.set()
        cutting.join()
    wanted = hashlib.sha256("".join(f"{i:0999d}\n" for i in range(50_000)).encode())
    assert done.status == "ok"
    assert hashlib.sha256(heard.text().encode()).digest() == wanted.digest()
    assert heard.kinds().count("Reconnecting") >= 1
    assert "Skipped" not in heard.kinds()


KERNEL = """
import sys
from kt_jupyter.compute.session import Session, Text
from kt_jupyter.kube import connect
kubeconfig, context, namespace, pod, source = sys.argv[1:]
session = Session(connect(context, kubeconfig=kubeconfig), pod, namespace=namespace, container="main")
session.connect(60)
work = session.start_cell(source)
print(work.id, flush=True)
def show(event):
    if isinstance(event, Text):
        print(event.text, end="", flush=True)
work.follow(show)
"""

# In the middle it waits for a sign, so that it runs still when the new kernel comes, however long that takes.
LINES = """
import os, time
for i in range(200):
    print("line", i)
    while i == 100 and not os.path.exists({sign!r}): time.sleep(0.02)
"""


def test_a_kernel_is_killed_in_the_middle_of_a_cell_and_a_new_one_attaches(sessions, kubeconfig, tmp_path):
    pod = sessions.pod()
    sessions.to(pod)
    program = tmp_path / "kernel.py"
    program.write_text(textwrap.dedent(KERNEL))
    file, context = kubeconfig
    sign = f"/tmp/{uuid.uuid4().hex}"
    argv = [sys.executable, str(program), str(file), context, sessions.namespace, pod, LINES.format(sign=sign)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as kernel:
        work = kernel.stdout.readline().strip()
        for line in kernel.stdout:
            if line == "line 20\n":
                break
        kernel.send_signal(signal.SIGKILL)
        kernel.wait()
    heard = Heard()
    session = sessions.to(pod)
    attached = session.attach(work)
    assert not attached.done()
    session.call(pickle.dumps((os.mkdir, (sign,), {})))
    assert attached.follow(heard).status == "ok"
    assert heard.text() == "".join(f"line {i}\n" for i in range(200))


class Tunnel:
    """A proxy on the way to the API server, which can be out of order."""

    def __init__(self):
        self._works = True
        self._open = set()
        self._server = loop.run(self._start())
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _start(self):
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if not self._works:
            writer.close()
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        to_reader, to_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        pair = {writer, to_writer}
        self._open |= pair
        try:
            await asyncio.gather(self._copy(reader, to_writer), self._copy(to_reader, writer))
        finally:
            self._open -= pair
            for each in pair:
                each.close()

    async def _copy(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def works(self, *, now):
        """Break everything that goes through it, and let nothing new through, or let it again."""

        def switch():
            self._works = now
            for writer in set() if now else set(self._open):
                writer.transport.abort()

        loop.call_soon(switch)

    def close(self):
        self.works(now=False)
        loop.call_soon(self._server.close)


def test_a_server_that_is_gone_for_a_while_costs_nothing_but_time(sessions, kubeconfig, tmp_path):
    file, context = kubeconfig
    config = yaml.safe_load(file.read_text())
    tunnel = Tunnel()
    for entry in config["clusters"]:
        entry["cluster"]["proxy-url"] = tunnel.url
    config["current-context"] = context
    changed = tmp_path / "config"
    changed.write_text(json.dumps(config))
    pod = sessions.pod()
    sessions.to(pod)
    cluster = connect(context, kubeconfig=changed)
    try:
        session, heard = sessions.to(pod, cluster), Heard()
        work = session.start_cell("import time\nfor i in range(100): print(i); time.sleep(0.03)")

        def hear(event):
            heard(event)
            if "\n5\n" in heard.text() and not any(isinstance(each, Reconnecting) for each in heard.events):
                tunnel.works(now=False)
            if isinstance(event, Reconnecting):
                threading.Timer(1, tunnel.works, kwargs={"now": True}).start()

        assert work.follow(hear).status == "ok"
        assert heard.text() == "".join(f"{i}\n" for i in range(100))
        assert any(isinstance(each, Reconnected) for each in heard.events)
        session.close()
    finally:
        cluster.close()
        tunnel.close()


@pytest.mark.parametrize("what", ["pod", "job"])
def test_a_pod_that_is_deleted_under_a_cell_is_said_within_seconds(cluster, sessions, what):
    session = sessions.start()
    work = session.start_cell("print('go', flush=True)\nimport time\ntime.sleep(60)")
    for event in work.events():
        if getattr(event, "text", "") == "go\n":
            break
    begun = time.monotonic()
    resource, name = (PODS, session.pod) if what == "pod" else (JOBS, "s")
    cluster.delete(resource, name, namespace=sessions.namespace)
    with pytest.raises(SessionEnded, match=session.pod) as told:
        work.wait(30)
    assert told.value.reason == "deleted"
    assert time.monotonic() - begun < 3 + 2  # three of ours; the rest for a machine that does other things too


def test_no_zombie_is_left_of_orphans(cluster, sessions):
    session = sessions.start()
    orphan = "import subprocess\nsubprocess.run(['sh', '-c', '(sleep 0.1 &) ; true'])"
    done = session.run_cell(orphan, on_event=Heard())
    assert done.status == "ok"
    look = "sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null; true"
    if cluster.is_local:
        pytest.skip("on the embedded cluster a pod without namespaces of its own sees this machine's processes")
    found = cluster.run(session.pod, ["sh", "-c", look], namespace=sessions.namespace, container="main")
    assert found.stdout == b""
