"""The relay, which an exec runs in the pod: the agent sends by its output, which it lends."""

import contextlib
import os
import pickle
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kt_jupyter.compute.agent import packing
from kt_jupyter.compute.agent.program import wire
from tests.agent.driver import SECONDS


class Relay:
    """A relay between pipes, in the place of a client's socket."""

    def __init__(self, directory, python=sys.executable):
        command = packing.relay(directory=str(directory), python=str(python))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.seconds = SECONDS

    def settimeout(self, seconds):
        self.seconds = seconds

    def sendall(self, data):
        self.process.stdin.write(data)

    def recv(self, most):
        readable, _, _ = select.select([self.process.stdout], [], [], self.seconds)
        if not readable:
            raise TimeoutError
        return os.read(self.process.stdout.fileno(), most)

    def to_the_end(self):
        while self.recv(1 << 20):
            pass

    def close(self):
        self.process.kill()
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            end.close()


@pytest.fixture
def client(everywhere, python):
    with everywhere.client() as client, contextlib.closing(Relay(everywhere.directory, python)) as relay:
        client.raw.close()
        client.raw = relay
        yield client


def start_large(client):
    """Have more sent than is read."""
    client.start("cell", source=f"value = bytes({1 << 25})", outputs=["value"])
    client.until(lambda: client.notices or None)


def test_a_large_result_comes_whole_through_the_relays_output(client):
    ran = client.cell(f"value = bytes(range(256)) * {1 << 16}", outputs=["value"])
    assert pickle.loads(ran.blob) == bytes(range(256)) * (1 << 16)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_relay_carries_nothing_of_what_the_agent_sends(client):
    client.cell(f"value = bytes({1 << 25})", outputs=["value"])
    told = Path(f"/proc/{client.raw.process.pid}/io").read_text()
    assert int(dict(line.split(": ") for line in told.splitlines())["wchar"]) < 1 << 16


def test_the_output_ends_when_the_relay_is_killed_though_the_agent_had_it(client):
    client.cell("1")
    client.raw.process.kill()
    client.raw.to_the_end()


def test_the_output_ends_when_the_input_does_though_nobody_has_read_it(client):
    start_large(client)
    client.raw.process.stdin.close()
    assert client.raw.process.wait(SECONDS) == 0
    client.raw.to_the_end()


def test_the_agent_goes_on_when_who_read_the_output_is_gone(everywhere, client):
    start_large(client)
    client.raw.process.stdout.close()
    with everywhere.client() as other:
        assert other.cell("print(len(value))").status == "ok"


def test_a_process_of_cells_that_was_made_meanwhile_does_not_keep_the_output_open(client):
    client.cell("import os; os.kill(os.getpid(), 9)")
    client.cell("1")  # in a new process
    client.raw.process.kill()
    client.raw.to_the_end()


def test_what_an_older_agent_sends_by_the_socket_is_copied(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "agent.sock"))
        server.listen()
        with contextlib.closing(Relay(tmp_path)) as relay:
            relay.sendall(b"hello")
            older, _ = server.accept()
            with older:
                assert older.recv(100) == b"hello"
                older.sendall(wire.encode(wire.JSON, b"{}"))
                assert relay.recv(100) == wire.encode(wire.JSON, b"{}")
            relay.to_the_end()
