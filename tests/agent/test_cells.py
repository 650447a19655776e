"""Cells in an agent, with IPython and without, on every Python that this machine has."""

import base64
import pickle
import re

ANSI = re.compile(r"\x1b\[[\d;]*m")


def traceback(ran):
    return ANSI.sub("", "\n".join(ran.errors[-1]["traceback"]))


def test_what_is_printed_comes_in_order_on_two_streams(client):
    ran = client.cell("import sys\nfor i in range(3):\n    print('out', i)\n    print('err', i, file=sys.stderr)")
    assert ran.stdout == "out 0\nout 1\nout 2\n"
    assert ran.stderr == "err 0\nerr 1\nerr 2\n"
    kinds = [kind for kind, _ in ran.events if kind.startswith("std")]
    assert kinds == ["stdout", "stderr"] * 3


def test_what_subprocesses_print_stays_in_order_with_what_python_prints(client):
    source = """
import os
for i in range(5):
    print("a", i)
    os.system(f"echo b {i}; echo c {i} >&2")
    print("d", i)
"""
    ran = client.cell(source)
    assert ran.stdout == "".join(f"a {i}\nb {i}\nd {i}\n" for i in range(5))
    assert ran.stderr == "".join(f"c {i}\n" for i in range(5))


def test_a_text_without_a_newline_is_shown_at_once(client):
    work = client.start("cell", source="import time\nprint('50 %', end='')\nwhile True: time.sleep(0.01)")
    client.printed(work, "50 %")
    client.stop(work)
    assert client.wait(work)["status"] == "interrupted"


def test_characters_are_never_cut_in_two(client):
    ran = client.cell("import os\nfor byte in 'déjà vu 🎉'.encode(): os.write(1, bytes([byte]))\nprint('ü' * 100000)")
    assert ran.stdout == "déjà vu 🎉" + "ü" * 100000 + "\n"
    assert "\ufffd" not in ran.stdout


def test_bytes_that_are_no_text_do_not_break_anything(client):
    ran = client.cell("import sys\nsys.stdout.buffer.write(b'caf\\xc3\\xa9\\n')\nprint('\\ud800')\n1")
    assert ran.stdout == "café\n\\ud800\n"
    assert ran.result == "1"


def test_the_last_expression_is_displayed_unless_a_semicolon_ends_it(client):
    assert client.cell("x = 20\nx + 1").result == "21"
    assert client.cell("x;").result is None
    assert client.cell("x  # a comment;").result == "20"
    assert client.cell("None").result is None
    assert client.cell("x = 1").result is None


def test_variables_stay_for_the_next_cell(client):
    first = client.cell("import math\ndef area(r): return math.pi * r ** 2")
    ran = client.cell("round(area(2), 3)")
    assert ran.result == "12.566"
    assert ran.done["generation"] == first.done["generation"]


def test_an_objects_own_views_are_shown(client):
    source = """
class Shown:
    def __repr__(self): return "plain"
    def _repr_html_(self): return "<b>rich</b>"
    def _repr_png_(self): return b"\\x89PNG"
Shown()
"""
    data = client.cell(source).results[-1]["data"]
    assert data["text/plain"] == "plain"
    assert data["text/html"] == "<b>rich</b>"
    assert base64.b64decode(data["image/png"]) == b"\x89PNG"


def test_a_bundle_wins_over_single_views_and_a_live_widget_is_shown_as_text(client):
    source = """
class Slider:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "IntSlider(value=3)", "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
Slider()
"""
    assert client.cell(source).results[-1]["data"] == {"text/plain": "IntSlider(value=3)"}


def test_display_shows_and_updates(client):
    source = """
handle = display("first", display_id="bar")
handle.update("second")
"""
    ran = client.cell(source)
    assert [shown["data"]["text/plain"] for shown in ran.displays] == ["'first'", "'second'"]
    assert [shown["display_id"] for shown in ran.displays] == ["bar", "bar"]
    assert [shown["update"] for shown in ran.displays] == [False, True]


def test_an_objects_own_way_to_display_itself_is_used(client):
    ran = client.cell("class Own:\n    def _ipython_display_(self): print('my way')\nOwn()")
    assert ran.stdout == "my way\n"
    assert ran.results == []


def test_a_view_that_raises_does_not_hide_the_others(client):
    source = """
class Half:
    def __repr__(self): return "half"
    def _repr_html_(self): raise KeyError("broken")
Half()
"""
    ran = client.cell(source)
    assert ran.status == "ok"
    assert ran.result == "half"
    assert "broken" in ran.stderr + str(ran.errors)


def test_await_works_at_top_level(client):
    ran = client.cell("import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 5\nawait f()")
    assert ran.result == "5"


def test_an_exception_shows_the_cells_own_lines(client):
    ran = client.cell("def divide(a):\n    # the line before\n    return a / 0\n\ndivide(1)", count=7)
    assert ran.status == "error"
    assert ran.done["error"]["ename"] == "ZeroDivisionError"
    assert ran.done["error"]["evalue"] == "division by zero"
    text = traceback(ran)
    assert re.search(r"ZeroDivisionError\s+Traceback \(most recent call last\)", text)
    assert re.search(r"-+> ?3\s+return a / 0", text)
    assert re.search(r"-+> ?5\s+divide\(1\)", text)
    assert text.endswith("ZeroDivisionError: division by zero")
    assert "kt_agent" not in text


def test_causes_are_shown_oldest_first(client):
    source = "try:\n    {}['k']\nexcept KeyError as error:\n    raise ValueError('no') from error"
    text = traceback(client.cell(source))
    assert text.index("KeyError") < text.index("direct cause") < text.rindex("ValueError: no")


def test_a_syntax_error_points_at_the_place(client):
    ran = client.cell("x = 1\ny = 2 +* 3")
    assert ran.done["error"]["ename"] == "SyntaxError"
    assert re.search(r"line 2\s+y = 2 \+\* 3\s+\^", traceback(ran))


def test_an_exception_whose_text_raises_is_an_exception_all_the_same(client):
    ran = client.cell("class Bad(Exception):\n    def __str__(self): raise KeyError\nraise Bad")
    assert ran.status == "error"
    assert ran.done["error"]["ename"] in ("Bad", "KeyError")  # IPython 8.12 trips over it itself


def test_input_is_refused_with_a_sentence(client):
    ran = client.cell("input('Name? ')")
    assert ran.status == "error"
    assert "nobody to ask" in ran.done["error"]["evalue"]
    assert "--in" in ran.done["error"]["evalue"]
    assert client.cell("import sys\nsys.stdin.read()").result == "''"


def test_sys_exit_ends_the_cell_and_not_the_session(client):
    client.cell("kept = 1")
    ran = client.cell("import sys\nsys.exit(3)")
    assert (ran.status, ran.done["error"]["ename"]) == ("error", "SystemExit")
    assert client.cell("kept").result == "1"


def test_an_interrupt_stops_the_cell_and_keeps_the_variables(client):
    work = client.start("cell", source="kept = 2\nprint('go')\nimport time\nwhile True: time.sleep(1)")
    client.printed(work, "go")
    client.stop(work)
    done = client.wait(work)
    assert (done["status"], done["variables_kept"]) == ("interrupted", True)
    assert client.cell("kept").result == "2"


def test_an_interrupt_reaches_awaited_code(client):
    source = "import asyncio\nprint('go')\nawait asyncio.sleep(60)"
    work = client.start("cell", source=source)
    client.printed(work, "go")
    client.stop(work)
    assert client.wait(work)["status"] == "interrupted"
    assert client.cell("import asyncio\nawait asyncio.sleep(0, 7)").result == "7"


def test_an_interrupt_reaches_what_the_cell_started(client):
    work = client.start("cell", source="import subprocess\nprint('go')\nsubprocess.run(['sleep', '60'])")
    client.printed(work, "go")
    client.stop(work)
    assert client.wait(work, 10)["status"] == "interrupted"


def test_a_time_limit_interrupts(client):
    ran = client.cell("import time\nwhile True: time.sleep(0.1)", timeout=0.2)
    assert ran.status == "timeout"
    assert ran.done["variables_kept"]
    assert "0.2 s" in ran.done["sentence"]


def test_a_cell_that_ends_its_process_says_its_exit_code(client):
    ran = client.cell("import os\nprint('last words', flush=True)\nos._exit(3)")
    assert (ran.status, ran.done["exit_code"], ran.done["variables_kept"]) == ("exited", 3, False)
    assert "exit code 3" in ran.done["sentence"]
    assert ran.stdout == "last words\n"


def test_a_cell_that_crashes_names_the_signal(client):
    ran = client.cell("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert (ran.status, ran.done["signal"]) == ("crashed", 11)
    assert "SIGSEGV" in ran.done["sentence"]
    assert client.cell("2").result == "2"


def test_a_cell_that_forks_goes_on_once(client):
    source = "import os\npid = os.fork()\nprint('child' if pid == 0 else 'parent')\nif pid: _ = os.waitpid(pid, 0)"
    ran = client.cell(source)
    assert ran.status == "ok"
    assert sorted(ran.stdout.splitlines()) == ["child", "parent"]
    assert client.cell("pid > 0").result == "True"


def test_processes_of_multiprocessing_print_here_too(client):
    source = """
import multiprocessing as mp
def work(i): print("worker", i)
context = mp.get_context("fork")
all_of_them = [context.Process(target=work, args=(i,)) for i in range(3)]
for each in all_of_them: each.start()
for each in all_of_them: each.join()
"""
    ran = client.cell(source)
    assert sorted(ran.stdout.splitlines()) == ["worker 0", "worker 1", "worker 2"]


def test_a_cell_that_closes_its_output_harms_only_itself(client):
    assert client.cell("import sys\nsys.stdout.close()").status == "ok"
    assert client.cell("print('back')").stdout == "back\n"
    assert client.cell("import os\nos.close(1)\nos.close(2)").status == "ok"
    assert client.cell("import os\nos.system('echo back')\nprint('again')").stdout == "back\nagain\n"


def test_a_cell_that_closes_everything_ends_its_process(client):
    ran = client.cell("import os\nos.closerange(3, 256)\nprint('nobody hears this')")
    assert ran.status in ("exited", "crashed")
    assert client.cell("1").result == "1"


def test_what_threads_print_later_goes_to_the_log_and_the_next_cell_tells_how_much(client, everywhere, tmp_path):
    source = """
import threading, os
go, gone = threading.Event(), os.pipe()
def late():
    go.wait()
    print("much later")
    os.write(gone[1], b"x")
thread = threading.Thread(target=late)
thread.start()
"""
    assert client.cell(source).status == "ok"
    assert client.cell("go.set()\n_ = os.read(gone[0], 1)\nthread.join()").stdout == "much later\n"
    over = tmp_path / "over"
    source = f"""
import os, threading, time
def between():
    while not os.path.exists({str(over)!r}):
        time.sleep(0.01)
    print("over:", {str(over)!r})
threading.Thread(target=between).start()
"""
    assert client.cell(source).stdout == ""
    over.touch()
    everywhere.logged(f"over: {over}")
    assert client.cell("1").events[0][1]["late"] == len(f"over: {over}\n")


def test_variables_come_in_and_go_out(client):
    given = {"a": pickle.dumps([1, 2], protocol=5), "b": pickle.dumps({"k": "v"}, protocol=5)}
    inputs = [[name, len(data)] for name, data in given.items()]
    work = client.start("cell", b"".join(given.values()), source="c = (a, b)", inputs=inputs, outputs=["c", "a"])
    done = client.wait(work)
    values = {name: bytes(client.blobs[work][start : start + size]) for name, start, size in done["values"]}
    assert pickle.loads(values["c"]) == ([1, 2], {"k": "v"})
    assert pickle.loads(values["a"]) == [1, 2]


def test_variables_that_cannot_be_brought_are_named_with_what_is_to_blame(client):
    source = """
import threading
class Model: pass
model = Model()
model.parts = {"lock": threading.Lock()}
big, ok = b"x" * 5000, 1
"""
    ran = client.cell(source, outputs=["model", "nosuch", "big", "ok"], limit=4000)
    problems = {problem["name"]: problem for problem in ran.done["problems"]}
    assert ran.status == "ok"
    assert problems["model"]["why"].startswith("model.parts['lock']: TypeError")
    assert problems["nosuch"]["kind"] == "missing"
    assert (problems["big"]["kind"], problems["big"]["size"] > 4000) == ("size", True)
    assert [name for name, _, _ in ran.done["values"]] == ["ok"]


def test_an_input_that_cannot_be_unpickled_is_named_and_the_cell_does_not_run(client):
    payload = b"\x80\x04cnosuchmodule\nthing\n."
    ran = client.cell_with(payload, "print('ran')", inputs=[["df", len(payload)]])
    assert (ran.status, ran.done["phase"]) == ("error", "inputs")
    assert ran.done["problems"][0]["name"] == "df"
    assert "nosuchmodule" in ran.done["problems"][0]["why"]
    assert ran.stdout == ""


def test_lines_of_shell_work(client):
    ran = client.cell("!echo from the shell\nx = 3")
    assert ran.stdout == "from the shell\n"
    assert client.cell("x").result == "3"


def test_cells_run_one_after_the_other(client):
    works = [client.start("cell", source=f"order = globals().get('order', []) + [{i}]") for i in range(5)]
    for work in works:
        client.wait(work)
    assert client.cell("order[-5:]").result == "[0, 1, 2, 3, 4]"


def test_a_cell_that_waits_its_turn_can_be_withdrawn(client):
    first = client.start("cell", source="print('go')\nimport time\nwhile True: time.sleep(0.1)")
    second = client.start("cell", source="print('never')")
    client.printed(first, "go")
    client.stop(second)
    assert client.wait(second)["status"] == "interrupted"
    client.stop(first)
    client.wait(first)
    assert client.text(second) == ""


def test_cells_that_waited_for_a_process_that_died_are_not_run(client):
    first = client.start("cell", source="import os, time\nprint('go')\ntime.sleep(0.2)\nos._exit(1)")
    second = client.start("cell", source="print('with variables of before')")
    assert client.wait(first)["status"] == "exited"
    done = client.wait(second)
    assert done["status"] == "not started"
    assert "not run" in done["sentence"]


def test_what_ipython_was_imported_without_can_be_imported_later(client):
    source = """
try:
    import IPython
except ImportError:
    found = "none"
else:
    import IPython.terminal.embed as terminal
    found = (IPython.embed.__name__, hasattr(terminal, "InteractiveShellEmbed"))
try:
    import jedi
except ImportError:
    pass
found
"""
    ran = client.cell(source)
    assert ran.status == "ok"
    assert ran.result in ("'none'", "('_embed', True)", "('embed', True)")


_IMPORTED = """
import sys
seen = [name for name in ("jedi", "prompt_toolkit", "urllib.request") if name in sys.modules]
seen if "IPython" in sys.modules else []
"""


def test_what_the_first_cell_does_not_need_is_not_imported_before_it(start):
    with start().client() as client:
        assert client.cell(_IMPORTED).result == "[]"


def test_what_ipython_has_later_works_when_it_is_asked_for(start):
    source = """
try:
    import IPython.core.async_helpers, IPython.core.magics.code as code
except ImportError:
    found = True
else:
    import asyncio, logging, urllib, urllib.request
    open_ = getattr(code, "urlopen", urllib.request.urlopen)
    request = getattr(code, "Request", urllib.request.Request)("data:,there")
    found = open_(request).read() == b"there" and type(request) is urllib.request.Request
    await asyncio.sleep(0)
found
"""
    with start().client() as client:
        ran = client.cell(source)
        assert (ran.status, ran.result) == ("ok", "True")
        assert "ZeroDivisionError" in "".join(client.cell("1 / 0").done["error"]["traceback"])
