"""The embedded cluster's state and life: what a kill leaves, what an older version wrote, when it ends by itself."""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from kt_jupyter.errors import ApiError, LocalClusterError
from kt_jupyter.kube import NAMESPACES, connect


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state directory of the test's own; what runs on it is stopped."""
    monkeypatch.setenv("KT_JUPYTER_LOCAL_DIR", str(tmp_path / "state"))
    yield tmp_path / "state"
    local("stop")


def local(*words):
    command = [sys.executable, "-m", "kt_jupyter.local", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def about():
    return json.loads(local("status", "--json").stdout)


def test_a_kill_loses_nothing_that_was_acknowledged(state):
    cluster = connect(local=True)
    for number in range(20):
        cluster.create(NAMESPACES, {"metadata": {"name": f"kept-{number}"}})
    os.kill(about()["pid"], signal.SIGKILL)
    names = {item["metadata"]["name"] for item in connect(local=True).list(NAMESPACES)}
    assert {f"kept-{number}" for number in range(20)} <= names


def test_two_who_start_it_at_once_share_one(state):
    command = [sys.executable, "-m", "kt_jupyter.local", "ensure"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(2)]
    answers = [each.communicate(timeout=60)[0] for each in both]
    assert answers[0] == answers[1]
    assert about()["running"]


def test_a_state_of_another_format_is_refused_and_left_as_it_is(state):
    connect(local=True)
    local("stop")
    journal = state / "state" / "journal"
    first, _, rest = journal.read_bytes().partition(b"\n")
    header = json.dumps({**json.loads(first[9:]), "format": 0}).encode()
    journal.write_bytes(b"%08x %s\n" % (zlib.crc32(header), header) + rest)
    written = journal.read_bytes()
    with pytest.raises(LocalClusterError, match=r"has format 0 .* this version reads format 1\. Nothing"):
        connect(local=True)
    assert journal.read_bytes() == written


def test_it_ends_by_itself_when_nobody_needs_it(state):
    assert local("ensure", "--idle-minutes", "0.01").returncode == 0
    deadline = time.monotonic() + 30
    while about()["running"]:
        assert time.monotonic() < deadline
    assert local("status").returncode == 3


def test_nobody_is_let_in_without_its_token(state):
    kubeconfig = Path(local("ensure").stdout.strip())
    text = kubeconfig.read_text()
    token = text.partition("token: ")[2].split()[0]
    stranger = state / "stranger"
    stranger.write_text(text.replace(token, "another"))
    with pytest.raises(ApiError, match="kt-local"):
        connect(kubeconfig=stranger).list(NAMESPACES)
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
