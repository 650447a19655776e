"""The supervisor: what it keeps for whom, how it ends works and itself. On one Python: none of it depends on which."""

import builtins
import contextlib
import hashlib
import os
import pickle
import random
import signal
import stat
import struct
import time
from pathlib import Path

import pytest

from kt_jupyter.compute.agent.program import wire
from kt_jupyter.compute.session import cell_request
from tests.agent.driver import Agent, connected
from tests.waiting import eventually

MEGABYTE = 1024 * 1024


def code(source):
    """A call that runs source."""
    return pickle.dumps((builtins.exec, (source, {"__name__": "__main__"}), {}))


def test_a_cell_that_ignores_interrupts_is_terminated_and_the_next_one_starts_afresh(mine):
    source = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('go')\nwhile True: pass"
    work = mine.start("cell", source=source)
    mine.printed(work, "go")
    mine.stop(work)
    mine.stop(work, "terminate")
    done = mine.wait(work)
    assert (done["status"], done["variables_kept"]) == ("killed", False)
    ran = mine.cell("1 + 1")
    assert ran.result == "2"
    assert ran.done["generation"] == done["generation"] + 1


def test_a_call_that_does_not_heed_is_killed(mine):
    work = mine.start(
        "call", code("import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\nprint('go')\nwhile 1: pass")
    )
    mine.printed(work, "go")
    mine.stop(work)
    mine.stop(work, "terminate")
    done = mine.wait(work)
    assert (done["status"], done["signal"]) == ("killed", signal.SIGKILL)


def test_a_time_limit_ends_what_does_not_heed_the_interrupt(mine):
    source = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('go')\nwhile 1: pass"
    ran = mine.call(code(source), timeout=1)  # by then it ignores the interrupt, on a slow machine too
    assert ran.status == "timeout"
    assert "did not heed" in ran.done["sentence"]


def test_output_goes_on_where_a_broken_connection_had_got_to(agent):
    source = "import sys\nfor i in range(40000): print(i, 'x' * 100)"
    wanted = "".join(f"{i} {'x' * 100}\n" for i in range(40000)).encode()
    chance = random.Random(1)
    with agent.client() as client:
        work = client.start("cell", source=source)
        client.until(lambda: client.streams.get(work))
        reader, got = client.streams[work], client.events[work]
    breaks = 0
    while not got or got[-1][0] != "done":
        breaks += 1
        with agent.client() as client:
            client.streams[work], client.events[work] = reader, got
            client.post(ask="attach", id=work.hex(), position=reader.position)
            enough = reader.position + chance.randrange(1, 400_000)
            while reader.position < enough and not (got and got[-1][0] == "done"):
                client.hear()
    text = "".join(content for kind, content in got if kind == "stdout").encode()
    assert hashlib.sha256(text).digest() == hashlib.sha256(wanted).digest()
    assert breaks > 5


def test_a_result_goes_on_where_a_broken_connection_had_got_to(agent):
    payload = pickle.dumps((random.Random(7).randbytes, (5 * MEGABYTE,), {}))
    with agent.client() as client:
        work = client.start("call", payload)
        client.until(lambda: len(client.blobs.get(work, b"")) >= MEGABYTE or None)
        begun = client.blobs[work]
    with agent.client() as client:
        client.blobs[work] = begun
        told = client.ask(ask="attach", id=work.hex(), position=0, blob=len(begun))
        done = client.wait(work)
    # Of a call that is not done yet the beginning of its result may have been sent.
    assert told["done"] is None or told["done"]["blob"] == done["blob"]
    assert len(begun) == done["blob"]["size"]
    assert pickle.loads(begun) == random.Random(7).randbytes(5 * MEGABYTE)


def test_a_payload_goes_on_where_a_broken_connection_had_got_to(agent):
    data = os.urandom(MEGABYTE)
    payload = pickle.dumps((hashlib.sha256(data).hexdigest.__class__ and len, (data,), {}))
    request = {"ask": "start", "kind": "call", "upload": len(payload), "id": os.urandom(16).hex()}
    work = bytes.fromhex(request["id"])
    with agent.client() as client:
        assert client.ask(**request)["have"] == 0
        client.send(wire.encode(wire.BLOB, payload[:1000], work, 0))
        client.ask(ask="ping")
    with agent.client() as client:
        have = client.ask(**request)["have"]
        assert have == 1000
        client.attach(work)
        client.send(wire.encode(wire.BLOB, payload[:1000], work, 0))  # once more: it is ignored
        client.send(wire.encode(wire.BLOB, payload[have:], work, have))
        assert client.wait(work)["status"] == "ok"
        assert pickle.loads(client.blobs[work]) == MEGABYTE


def test_a_work_that_is_started_twice_runs_once(mine):
    request = {"ask": "start", "kind": "cell", "source": "print('once')", "upload": 0, "id": os.urandom(16).hex()}
    for _ in range(3):
        mine.ask(**request)
    work = bytes.fromhex(request["id"])
    mine.wait(work)
    assert mine.text(work) == "once\n"
    assert len(mine.ask(ask="works")["works"]) == 1


def test_a_cell_that_came_with_the_pod_runs_once_and_whether_anybody_connects_or_not(start):
    first = cell_request("print('alone')", count=7)
    agent = start(first=first)
    agent.logged("alone")
    with agent.client() as client:
        client.ask(**first)
        client.attach(work := bytes.fromhex(first["id"]))
        client.wait(work)
        assert client.text(work) == "alone\n"
        assert [work["count"] for work in client.ask(ask="works")["works"]] == [7]


def test_work_goes_on_while_nobody_is_connected(agent):
    with agent.client() as client:
        work = client.start("cell", source="import time\nfor i in range(20): print(i); time.sleep(0.01)")
        client.printed(work, "1\n")
    with agent.client() as client:
        client.attach(work)
        assert client.wait(work)["status"] == "ok"
        assert client.text(work) == "".join(f"{i}\n" for i in range(20))


def test_two_can_follow_one_work(agent):
    with agent.client() as one, agent.client() as two:
        work = one.start("cell", source="import time\nfor i in range(10): print(i); time.sleep(0.01)")
        one.printed(work, "0\n")
        two.attach(work)
        assert one.wait(work)["status"] == two.wait(work)["status"] == "ok"
        assert one.text(work) == two.text(work)


def test_of_output_that_nobody_reads_the_newest_is_kept(start):
    agent = start(spool=2 * MEGABYTE)
    with agent.client() as client:
        work = client.start("cell", source="for i in range(100000): print(f'{i:099d}')")
        client.ask(ask="detach", id=work.hex())
        eventually(lambda: client.ask(ask="info", id=work.hex())["info"]["state"] == "done")
        told = client.attach(work)
        assert client.wait(work)["status"] == "ok"
        lines = client.text(work).splitlines()
    assert told["begin"] > 7 * MEGABYTE
    assert lines == [f"{i:099d}" for i in range(100000 - len(lines), 100000)]
    assert 5_000 < len(lines) < 25_000


def test_a_slow_reader_gets_all_of_what_is_more_than_the_spool_keeps(start):
    agent = start(spool=2 * MEGABYTE)
    with agent.client() as client:
        work = client.start("cell", source="for i in range(100000): print(f'{i:099d}')")
        for _ in range(20):
            client.hear()
            time.sleep(0.02)  # slow is what is tested
        assert client.wait(work)["status"] == "ok"
        assert client.text(work) == "".join(f"{i:099d}\n" for i in range(100000))


def test_a_reader_who_does_not_read_holds_up_nobody_else(mine):
    flood = mine.start("call", code("while True: print('x' * 1000)"))
    mine.post = lambda post=mine.post, **request: None if request["ask"] == "ack" else post(**request)
    mine.until(lambda: mine.streams[flood].position > 3 * MEGABYTE if flood in mine.streams else None)
    assert mine.cell("1 + 1").result == "2"
    mine.stop(flood, "kill")


def test_garbage_on_the_socket_harms_only_whoever_sends_it(agent):
    for garbage in (b"GET / HTTP/1.1\r\n\r\n" * 10, os.urandom(1000), struct.pack(">BI", 1, 1 << 31) + bytes(64)):
        with connected(agent) as raw:
            raw.sendall(garbage)
            raw.settimeout(10)
            with contextlib.suppress(ConnectionResetError):
                assert raw.recv(1) == b""
    with agent.client() as client:
        assert client.cell("1").result == "1"


@pytest.mark.parametrize(
    "request_",
    [{"ask": "nothing"}, {"ask": "attach", "id": "00" * 16}, {"ask": "attach"}, {"ask": "start", "id": "zz"}, {}],
    ids=lambda request: request.get("ask", "empty"),
)
def test_a_request_that_cannot_be_met_is_refused_and_the_connection_stays(mine, request_):
    assert "refused" in mine.ask(**request_)
    assert mine.cell("1").result == "1"


def test_its_files_are_for_nobody_else(agent):
    with agent.client():
        assert stat.S_IMODE(agent.directory.stat().st_mode) == 0o700
        assert stat.S_IMODE((agent.directory / "agent.sock").stat().st_mode) == 0o600


def test_it_opens_no_port(agent, mine):
    mine.call(code("pass"))
    mine.cell("pass")
    ours = set().union(*map(opened, family(agent.process.pid)))
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
        assert not ours & {f"socket:[{row[9]}]" for row in rows}


def family(pid):
    """A process and all that it has started."""
    with contextlib.suppress(OSError):  # it has just ended
        started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {pid}.union(*(family(int(each)) for each in started))
    return set()


def opened(pid):
    with contextlib.suppress(OSError):
        return {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    return set()


def test_nothing_is_left_on_disk_of_what_is_forgotten(mine, agent):
    work = mine.start("call", pickle.dumps((os.urandom, (MEGABYTE,), {})))
    mine.wait(work)
    assert list(agent.directory.glob(f"{work.hex()}*"))
    assert mine.ask(ask="forget", id=work.hex()) == {"n": mine.number}
    assert not list(agent.directory.glob(f"{work.hex()}*"))
    assert "refused" in mine.ask(ask="info", id=work.hex())


def test_it_leaves_no_file_when_it_ends(start, tmp_path):
    agent = start(env={"TMPDIR": str(tmp_path)})
    with agent.client() as client:
        client.call(pickle.dumps((os.urandom, (MEGABYTE,), {})))
        for source in ("%time x = 1", "import os; os._exit(1)", "%bookmark here"):  # two processes; the last one writes
            client.cell(source)
    agent.process.terminate()
    agent.process.wait(10)
    assert [each.name for each in tmp_path.iterdir()] == [agent.log.name]


def test_a_work_that_runs_is_not_forgotten(mine):
    work = mine.start("call", code("print('go')\nimport time\ntime.sleep(60)"))
    mine.printed(work, "go")
    assert mine.ask(ask="forget", id=work.hex())["kind"] == "running"
    mine.stop(work, "kill")


def test_it_finds_out_what_can_be_imported(mine):
    found = mine.ask(ask="probe", modules=["json", "nosuchmodule", "email.mime", "nosuch.sub", ""])["modules"]
    assert found == {"json": True, "nosuchmodule": False, "email.mime": True, "nosuch.sub": False, "": False}


def test_it_ends_when_nothing_runs_for_long_whoever_is_connected(start):
    agent = start(idle=1.5)
    with agent.client() as client:
        assert client.cell("import time\ntime.sleep(0.5)\n1").result == "1"
        notice = client.until(
            lambda: client.notices[-1] if client.notices[-1:] and "why" in client.notices[-1] else None
        )
        assert notice["why"].startswith("idle")
        assert agent.process.wait(10) == 0


def test_a_running_cell_is_not_idle(start):
    agent = start(idle=1)
    with agent.client() as client:
        work = client.start("cell", source="import time\ntime.sleep(2)\nprint('still here')")
        assert client.wait(work)["status"] == "ok"
        assert client.text(work) == "still here\n"


def test_it_ends_on_request(mine, agent):
    mine.ask(ask="end")
    assert agent.process.wait(10) == 0
    assert "stopped" in agent.log.read_text()


def test_a_pod_that_is_told_to_end_ends_its_works_and_says_how(mine, agent):
    source = """
import signal, sys, time
def leave(*_):
    print("checkpoint written", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("go")
time.sleep(60)
"""
    work = mine.start("call", code(source))
    mine.printed(work, "go")
    agent.process.send_signal(signal.SIGTERM)
    done = mine.wait(work)
    assert done["status"] in ("killed", "error")
    assert "checkpoint written" in mine.text(work)
    assert agent.process.wait(10) == 128 + signal.SIGTERM


def test_a_pod_that_is_told_to_end_does_not_wait_for_works_that_do_not(mine, agent):
    work = mine.start("call", code("import signal\nsignal.signal(15, signal.SIG_IGN)\nprint('go')\nwhile True: pass"))
    mine.printed(work, "go")
    begun = time.monotonic()
    agent.process.send_signal(signal.SIGTERM)
    assert mine.wait(work)["status"] == "killed"
    agent.process.wait(10)
    assert time.monotonic() - begun < 8


def test_a_directory_that_cannot_be_written_is_said_in_the_log(tmp_path):
    (tmp_path / "file").write_text("no directory")
    with Agent(os.sys.executable, tmp_path / "file") as agent:
        assert agent.process.wait(20) == 1
    assert "needs a directory that it can write to" in agent.log.read_text()
    assert "Mount an emptyDir on /tmp" in agent.log.read_text()


def test_what_works_print_goes_to_the_pods_log(mine, agent):
    mine.cell("print('for kubectl logs')")
    mine.call(code("import sys\nprint('errors too', file=sys.stderr)"))
    agent.logged("for kubectl logs")
    agent.logged("errors too")


def test_the_pods_log_leaves_out_what_is_too_much_and_says_so(mine, agent):
    mine.cell("for i in range(200000): print('y' * 200)")
    mine.cell("import time\ntime.sleep(0.2)\nprint('afterwards')")
    agent.logged("afterwards")
    assert agent.log.stat().st_size < 30 * MEGABYTE  # of 40: four and one a second, on a machine that takes its time
    assert "bytes are not in this log" in agent.log.read_text()
