"""What cells show and how fast they heed Stop, with what images have: matplotlib, tqdm, ipywidgets, or their like."""

import importlib.util
import io
import pickle
import signal
import time
import zipfile
from pathlib import Path

import pytest

from kt_jupyter.compute.session import ClearOutput, Display, Result, Stopping
from tests.cluster.sessions import Heard, run

PNG = b"\x89PNG"


@pytest.fixture
def session(sessions):
    """A conversation with an agent whose pod has room for matplotlib."""
    return sessions.start(memory="512Mi")


def having(session, module):
    if not session.probe([module])[module]:
        pytest.skip(f"the Python of this cluster's image has no {module}")


def brought(session, *modules):
    """Bring packages of pure Python into a pod whose image lacks them, as ``pip install`` would."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for module in modules:
            folder = Path(importlib.util.find_spec(module).origin).parent
            for path in folder.rglob("*.py"):
                archive.write(path, Path(module, path.relative_to(folder)))
    source = "import sys; open('/tmp/modules.zip', 'wb').write(packed); sys.path.append('/tmp/modules.zip')"
    done, _ = run(session, source, inputs={"packed": pickle.dumps(packed.getvalue())})
    assert done.status == "ok", done


def of(kind, heard):
    return [event for event in heard.events if isinstance(event, kind)]


def pictures(heard):
    return [event for event in of(Display, heard) + of(Result, heard) if "image/png" in event.data]


@pytest.mark.timeout(180)
def test_figures_appear_when_they_are_shown_and_when_the_cell_ends(session):
    having(session, "matplotlib")
    draw = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2, 3])"
    for source in (draw, f"{draw}\nplt.show()", f"{draw}\nplt.gcf()"):
        done, heard = run(session, source)
        assert done.status == "ok", done
        assert pictures(heard), heard.events
    done, heard = run(session, "x = 1")
    assert not pictures(heard)  # each is shown once


BAR = """
import sys, time
for i in range(0, 101, 25):
    sys.stderr.write(f"\\r{i:3d}%|{'#' * (i // 10):<10}|")
    sys.stderr.flush()
sys.stderr.write("\\n")
"""


def test_a_progress_bar_redraws_its_line(session):
    done, heard = run(session, BAR)  # as tqdm writes
    assert done.status == "ok"
    assert heard.text("stderr") == "".join(f"\r{i:3d}%|{'#' * (i // 10):<10}|" for i in range(0, 101, 25)) + "\n"


def test_tqdm_draws_its_bar(session):
    having(session, "tqdm")
    done, heard = run(session, "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass")
    assert done.status == "ok"
    assert "\r100%|" in heard.text("stderr")


def test_output_is_cleared_and_displays_are_updated_in_place(session):
    having(session, "IPython")
    source = """
from IPython.display import clear_output, display
shown = display("first", display_id="bar")
shown.update("second")
clear_output(wait=True)
print("after")
"""
    done, heard = run(session, source)
    assert done.status == "ok"
    displays = of(Display, heard)
    assert [(each.data["text/plain"], each.display_id, each.update) for each in displays] == [
        ("'first'", "bar", False),
        ("'second'", "bar", True),
    ]
    assert [each.wait for each in of(ClearOutput, heard)] == [True]
    assert heard.text() == "after\n"


def test_a_widget_is_shown_as_text(session):
    having(session, "IPython")
    brought(session, "ipywidgets", "comm")
    done, heard = run(session, "import ipywidgets\nipywidgets.IntSlider(value=3)")
    assert done.status == "ok"
    (result,) = of(Result, heard)
    assert result.data["text/plain"].startswith("IntSlider(value=3")
    assert not [kind for kind in result.data if "widget-view" in kind]


FOREVER = {
    "asleep": "import time\nprint('go', flush=True)\nwhile True: time.sleep(30)",
    "busy": "print('go', flush=True)\nwhile True: pass",
    "in a subprocess": "import subprocess\nprint('go', flush=True)\nsubprocess.run(['sleep', '60'])",
}


@pytest.mark.parametrize("source", FOREVER.values(), ids=FOREVER)
def test_stop_interrupts_within_a_second(session, source):
    work, heard, pressed = session.start_cell(source), Heard(), []

    def hear(event):
        heard(event)
        if heard.text() == "go\n" and not pressed:
            pressed.append(time.monotonic())
            signal.raise_signal(signal.SIGINT)

    done = work.follow(hear)
    took = time.monotonic() - pressed[0]
    print(f"interrupted after {took * 1000:.0f} ms")
    assert (done.status, done.variables_kept) == ("interrupted", True)
    assert took < 3  # one second, and the rest for a machine that does other things too


HEEDLESS = """
import signal, time
for each in (signal.SIGINT, signal.SIGTERM): signal.signal(each, signal.SIG_IGN)
print('go', flush=True)
while True: time.sleep(0.05)
"""


def test_a_third_stop_leaves_the_cell_to_itself(session):
    work, heard = session.start_cell(HEEDLESS), Heard()

    def hear(event):
        heard(event)
        stops = len(of(Stopping, heard))
        if heard.text() == "go\n" and stops < 3:
            signal.raise_signal(signal.SIGINT)

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work.follow(hear)
    assert time.monotonic() - begun < 20  # it does not wait for the cell
    assert [each.how for each in of(Stopping, heard)] == ["interrupt", "terminate"]
    assert work.wait(60).status == "killed"  # what the second had asked for
    assert run(session, "1")[0].status == "ok"


FLOOD = """
line = "x" * 999
for _ in range({lines}): print(line)
print("the end")
"""
MEGABYTES = 200


def flooded(session, megabytes):
    """Let a cell print so much; return how much arrived, and its last line."""
    counted, last = 0, ""

    def count(event):
        nonlocal counted, last
        text = getattr(event, "text", "")
        if text:
            counted, last = counted + len(text), text[-8:]

    done = session.run_cell(FLOOD.format(lines=megabytes * 1000), on_event=count)
    assert done.status == "ok"
    return counted, last


def highest(pid):
    """The most memory that a process of the pod has had, in bytes."""
    return (
        f"import os\npid = {pid}\n"
        "print(next(int(line.split()[1]) * 1024 for line in open(f'/proc/{pid}/status') if line.startswith('VmHWM')))"
    )


@pytest.mark.timeout(300)
def test_a_cell_that_prints_without_end_fills_nobodys_memory(sessions):
    session = sessions.start(memory="256Mi")
    begun = time.monotonic()
    before = own_memory()
    counted, last = flooded(session, MEGABYTES)
    print(f"{MEGABYTES} MB in {time.monotonic() - begun:.1f} s, {(own_memory() - before) >> 20} MiB more here")
    assert (counted, last) == (MEGABYTES * 1_000_000 + len("the end\n"), "the end\n")
    assert own_memory() - before < 100 << 20
    for pid in ("os.getpid()", "os.getppid()"):  # the cells' process, and the supervisor
        _, heard = run(session, highest(pid))
        assert int(heard.text()) < 150 << 20
    assert run(session, "1")[0].status == "ok"


def own_memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
