"""What happens where there is no room for one more process: it is said in a sentence, and over when there is room."""

import contextlib
import os
import pickle
import resource
import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.agent.driver import Agent
from tests.agent.test_calls import fork_server, made_by, payload
from tests.waiting import eventually

NO_ROOM = "It was not run: the pod has as many processes as it may have. Try again when some have ended."


class Limit:
    """Of an agent's processes: by their user, or by a cgroup where the user is root, whom no other limit holds for."""

    def __init__(self, agent):
        self._agent = agent
        self._group = _cgroup() if os.geteuid() == 0 else None
        self._most = resource.getrlimit(resource.RLIMIT_NPROC)[1]

    def full(self):
        if self._group is None:
            self._set(1)
        else:
            for pid in self._pids():
                with contextlib.suppress(ProcessLookupError):
                    (self._group / "cgroup.procs").write_text(str(pid))
            (self._group / "pids.max").write_text("1")

    def room(self):
        if self._group is None:
            self._set(self._most)
        else:
            (self._group / "pids.max").write_text("max")

    def close(self):
        if self._group is not None:
            eventually(lambda: not (self._group / "cgroup.procs").read_text())
            self._group.rmdir()

    def _set(self, most):
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_NPROC, (most, self._most))

    def _pids(self):
        main = self._agent.process.pid
        return {main, *made_by(main), *(pid for each in made_by(main) for pid in made_by(each))}


def _cgroup():
    for root in (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")):
        made = root / f"kt-{uuid.uuid4().hex[:8]}"
        with contextlib.suppress(OSError):
            made.mkdir()
            if (made / "pids.max").exists():
                return made
            made.rmdir()
    return pytest.skip("as root only a cgroup limits processes, and none can be made here")


@pytest.fixture
def limit(agent):
    made = Limit(agent)
    yield made
    made.room()
    agent.__exit__()
    made.close()


def refused(client, work):
    done = client.wait(work)
    assert (done["status"], done["sentence"]) == ("not started", NO_ROOM)


def runs(client):
    assert pickle.loads(client.call(payload(abs, -3)).blob) == 3


def test_the_first_call_of_all_is_told_and_the_next_one_runs(limit, mine):
    mine.cell("pass")
    limit.full()
    refused(mine, mine.start("call", payload(abs, -3)))
    limit.room()
    runs(mine)


def test_of_many_calls_those_are_told_for_which_there_is_no_process(limit, mine, agent):
    runs(mine)
    server = fork_server(agent)
    eventually(lambda: len(made_by(server)) == 2)
    limit.full()
    works = [mine.start("call", payload(time.sleep, 0.3)) for _ in range(5)]
    told = [mine.wait(work)["status"] for work in works]
    assert sorted(told) == ["not started"] * 3 + ["ok"] * 2
    refused(mine, works[-1])
    limit.room()
    runs(mine)


def test_a_cell_whose_process_cannot_be_started_is_told_and_the_next_one_runs(limit, mine):
    mine.cell("import os\nos._exit(3)")
    limit.full()
    refused(mine, mine.start("cell", source="1 + 1"))
    limit.room()
    assert mine.cell("1 + 1").result == "2"


def test_what_a_call_cannot_start_itself_is_its_own_exception(limit, mine, agent):
    runs(mine)
    server = fork_server(agent)
    eventually(lambda: len(made_by(server)) == 2)
    limit.full()
    ran = mine.call(payload(os.fork))
    assert (ran.status, ran.done["error"]["ename"]) == ("error", "BlockingIOError")
    limit.room()
    runs(mine)


def test_an_agent_without_room_for_any_other_process_starts_all_the_same(tmp_path):
    group = _cgroup() if os.geteuid() == 0 else None
    python = tmp_path / "python"
    limit = "ulimit -S -u 1" if group is None else f"echo 1 > {group}/pids.max; echo $$ > {group}/cgroup.procs"
    python.write_text(f'#!/bin/sh\n{limit}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with Agent(python, tmp_path / "a", idle=None) as agent, agent.client() as client:
        refused(client, client.start("cell", source="1 + 1"))
        client.post(ask="end")
        assert agent.process.wait(10) == 0
    if group is not None:
        group.rmdir()
