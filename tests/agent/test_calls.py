"""Calls of pickled functions in an agent, on every Python that this machine has.

The functions are the standard library's own, by reference: code itself does not travel between Python versions.
"""

import base64
import builtins
import contextlib
import hashlib
import operator
import os
import pickle
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import eventually


def payload(function, *args, **kwargs):
    return pickle.dumps((function, args, kwargs), protocol=5)


def code(source):
    """A call that runs source."""
    return payload(builtins.exec, source, {"__name__": "__main__"})


def test_a_call_returns_its_value(client):
    ran = client.call(payload(operator.add, 1, 2))
    assert (ran.status, pickle.loads(ran.blob)) == ("ok", 3)
    assert ran.done["generation"] == 0


def test_keyword_arguments_arrive(client):
    assert pickle.loads(client.call(payload(sorted, [1, 3, 2], reverse=True)).blob) == [3, 2, 1]


def test_what_a_call_prints_streams(client):
    ran = client.call(payload(print, "from", "far away"))
    assert ran.stdout == "from far away\n"


def test_a_coroutine_is_awaited(client):
    client.cell("import builtins\nasync def later(): return 5\nbuiltins.later = later")
    assert pickle.loads(client.call(payload(eval, "later()"), share=True).blob) == 5


def test_an_exception_comes_back_with_its_traceback_and_itself(client):
    ran = client.call(payload(operator.truediv, 1, 0))
    assert (ran.status, ran.done["phase"]) == ("error", "call")
    assert ran.done["error"]["ename"] == "ZeroDivisionError"
    assert isinstance(pickle.loads(base64.b64decode(ran.done["exception"])), ZeroDivisionError)
    assert ran.errors[0] == ran.done["error"]


def test_an_exception_that_cannot_travel_is_told_in_words(client):
    ran = client.call(code("class Odd(Exception):\n    def __init__(self, a, b): super().__init__(a)\nraise Odd(1, 2)"))
    assert ran.done["error"]["ename"] == "Odd"
    assert "exception" not in ran.done


def test_a_payload_that_cannot_be_unpickled_says_so(client):
    ran = client.call(b"\x80\x04cnosuchmodule\nthing\n.")
    assert (ran.status, ran.done["phase"]) == ("error", "load")
    assert ran.done["error"]["ename"] == "ModuleNotFoundError"


def test_a_result_that_cannot_be_pickled_is_named(client):
    ran = client.call(payload(builtins.eval, "{'a': [__import__('threading').Lock()]}"))
    assert (ran.status, ran.done["phase"]) == ("error", "result")
    assert "result['a'][0]: TypeError" in ran.done["error"]["evalue"]


def test_calls_do_not_see_each_other_nor_the_cells(client):
    client.cell("import builtins\nbuiltins.spoiled = True")
    client.call(code("import builtins\nbuiltins.spoiled = True"))
    ran = client.call(payload(eval, "hasattr(__import__('builtins'), 'spoiled')"))
    assert pickle.loads(ran.blob) is False


def test_a_shared_call_sees_what_the_cells_made(client):
    client.cell("import builtins\nbuiltins.shared = 41")
    assert pickle.loads(client.call(payload(eval, "shared"), share=True).blob) == 41


def test_calls_run_at_the_same_time(client, tmp_path):
    arrive = f"import os, time\nos.mkdir(f'{tmp_path}/{{os.getpid()}}')"
    for_all = f"while len(os.listdir('{tmp_path}')) < 4: time.sleep(0.01)"
    works = [client.start("call", code(f"{arrive}\n{for_all}")) for _ in range(4)]
    assert [client.wait(work)["status"] for work in works] == ["ok"] * 4


def test_the_environment_is_set_before_the_payload_is_read(client):
    ran = client.call(payload(os.getenv, "RANK"), env={"RANK": "3"})
    assert pickle.loads(ran.blob) == "3"


def test_megabytes_go_and_come_whole(client):
    data = os.urandom(1024) * 5000
    ran = client.call(payload(bytes.__add__, data, b"!"))
    assert hashlib.sha256(pickle.loads(ran.blob)).digest() == hashlib.sha256(data + b"!").digest()


def test_an_interrupted_call_ends(client):
    work = client.start("call", code("print('go')\nimport time\ntime.sleep(60)"))
    client.printed(work, "go")
    client.stop(work)
    assert client.wait(work)["status"] == "interrupted"


def test_a_call_is_interrupted_even_before_it_has_begun(client):
    work = client.start("call", payload(time.sleep, 60))
    client.stop(work)
    assert client.wait(work)["status"] == "interrupted"


def test_a_call_is_interrupted_even_when_the_signal_came_just_before_it_began_to_wait(client):
    # In the state that otherwise lasts a microsecond: Python has the signal, and the system call goes on.
    work = client.start(
        "call",
        code(
            "import signal, threading, time\n"
            "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"  # so that the other thread takes it
            "print('waiting')\n"
            "time.sleep(60)\n"
        ),
    )
    client.printed(work, "waiting")
    client.stop(work)
    assert client.wait(work)["status"] == "interrupted"


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_a_call_is_ended_on_request(client, how):
    work = client.start("call", code("print('go')\nimport time\ntime.sleep(60)"))
    client.printed(work, "go")
    client.stop(work, how)
    assert client.wait(work)["status"] == "killed"


def test_a_call_that_ends_its_process_says_its_exit_code(client):
    ran = client.call(payload(os._exit, 3))
    assert (ran.status, ran.done["exit_code"]) == ("exited", 3)


def test_sys_exit_is_an_exception_like_others(client):
    ran = client.call(payload(sys.exit, 4))
    assert (ran.status, ran.done["error"]["ename"]) == ("error", "SystemExit")


def test_a_killed_call_is_not_taken_for_one_that_was_asked_to_end(client):
    ran = client.call(code("import os\nos.kill(os.getpid(), 9)"))
    assert ran.status == "crashed"
    assert "SIGKILL" in ran.done["sentence"]


def test_threads_are_joined_and_exit_functions_called(client):
    source = """
import atexit, threading, time
def later():
    time.sleep(0.05)
    print("thread")
atexit.register(print, "exit")
threading.Thread(target=later).start()
"""
    assert client.call(code(source)).stdout == "thread\nexit\n"


def test_what_a_call_leaves_running_is_ended_with_it(client):
    ran = client.call(code("import subprocess\nprint(subprocess.Popen(['sleep', '60']).pid)"))
    pid = int(ran.stdout)
    eventually(lambda: not alive(pid))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_each_call_has_a_process_of_its_own(client):
    def begun_with():
        return pickle.loads(client.call(pickle.dumps((os.getpid, (), {}))).blob)

    assert len({begun_with() for _ in range(5)}) == 5


def test_a_process_that_waits_for_the_next_call_and_is_killed_is_replaced(mine, agent):
    ran = process_of_a_call(mine)
    server = fork_server(agent)
    eventually(lambda: len(made_by(server)) > 1)
    ahead = made_by(server)
    for each in ahead:
        os.kill(each, signal.SIGKILL)
    eventually(lambda: not ahead & made_by(server))
    assert process_of_a_call(mine) not in {*ahead, ran}


def test_when_the_fork_server_is_killed_its_calls_are_ended_and_the_next_one_runs(mine, agent):
    work = mine.start("call", ENDLESS)
    mine.printed(work, "here")
    server = fork_server(agent)
    running = made_by(server)
    os.kill(server, signal.SIGKILL)
    assert mine.wait(work)["status"] == "crashed"
    eventually(lambda: not any(alive(each) for each in running))
    assert process_of_a_call(mine) not in running
    assert fork_server(agent) != server


def test_an_agent_that_ends_leaves_none_of_its_processes(mine, agent):
    work = mine.start("call", ENDLESS)
    mine.printed(work, "here")
    server = fork_server(agent)
    made = made_by(agent.process.pid) | made_by(server)
    mine.post(ask="end")
    agent.process.wait(10)
    eventually(lambda: not any(alive(each) for each in made))


def test_many_calls_at_once_all_run(mine):
    works = [mine.start("call", payload(abs, -number)) for number in range(60)]
    for number, work in enumerate(works):
        assert mine.wait(work)["status"] == "ok"
        assert pickle.loads(mine.blobs[work]) == number


ENDLESS = code("print('here')\nimport time\ntime.sleep(600)")


def process_of_a_call(client):
    return pickle.loads(client.call(payload(os.getpid)).blob)


def made_by(pid):
    with contextlib.suppress(OSError):
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return set()


def fork_server(agent):
    (found,) = eventually(lambda: [each for each in made_by(agent.process.pid) if made_by(each)])
    return found
