"""`%%kt_compute` and `%kt_compute` in a real shell, on a cluster: one pod for all cells of this file."""

import json
import re

import pytest
import yaml
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.error import UsageError

import kt_jupyter as kt
from kt_jupyter import reporting
from kt_jupyter.kube import CLAIMS, JOBS, PODS, adopt
from tests.cluster.computing import SMALL, Voice
from tests.cluster.workloads import Workloads, claim
from tests.shells import opened
from tests.waiting import eventually

OPTIONS = f"--cpus {SMALL['cpus']} --memory {SMALL['memory']}"


@pytest.fixture(scope="module")
def place(cluster, shared_namespace):
    """The namespace that all of these cells share."""
    return Workloads(cluster, shared_namespace)


class Notebook:
    """A shell whose cells run on a pod, and what they show."""

    def __init__(self, shell, voice):
        self.shell = shell
        self.voice = voice
        self.shown = shell.ip.display_pub = CapturingDisplayPublisher()  # where displays go

    def cell(self, source, options=""):
        """Run a cell on the pod; its value."""
        return self.run(f"%%kt_compute here {options}\n{source}")

    def run(self, source):
        return self.shell.run(source)

    def displays(self):
        """What was displayed, by its text."""
        return [each["data"].get("text/plain") for each in self.shown.outputs]


@pytest.fixture(scope="module")
def _shell(place):
    with opened() as shell:
        yield shell


@pytest.fixture
def notebook(place, _shell):
    adopt(place.cluster.with_namespace(place.namespace))
    voice = Voice()
    before = reporting.use(voice)
    notebook = Notebook(_shell, voice)
    notebook.run(f"%%kt_compute here {OPTIONS}\npass")
    place.running(next(row.pod_name for row in kt.computes() if row.name == "here"))  # reported later than it answers
    yield notebook
    reporting.use(before)


# -- what a cell does --------------------------------------------------------------------------------------------------


def test_it_prints_and_variables_stay_for_the_next_cell(notebook, capfd):
    notebook.cell("x = 41\nprint('there')")
    notebook.cell("print(x + 1)")
    assert capfd.readouterr().out.endswith("there\n42\n")


def test_both_streams_arrive_apart(notebook, capfd):
    notebook.cell("import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr, flush=True)")
    said = capfd.readouterr()
    assert ("out\n" in said.out, "err" in said.out, "err\n" in said.err) == (True, False, True)


def test_the_last_value_is_this_cells_value(notebook):
    assert notebook.shell.shown(notebook.cell("{'answer': 6 * 7}")) == "{'answer': 42}"
    assert notebook.cell("6 * 7;") is None


def test_rich_values_come_as_they_would_show_here(notebook):
    source = "class Bold:\n    def _repr_html_(self): return '<b>bold</b>'\nBold()"
    assert notebook.shell.html(notebook.cell(source)) == "<b>bold</b>"


def test_a_display_is_updated_in_place(notebook):
    there = notebook.cell("import importlib.util; importlib.util.find_spec('IPython') is not None")
    if notebook.shell.shown(there) != "True":
        pytest.skip("no IPython in this image")
    notebook.cell("from IPython.display import display\nh = display('one', display_id=True)\nh.update('two')")
    first, second = notebook.shown.outputs
    assert [first["data"]["text/plain"], second["data"]["text/plain"]] == ["'one'", "'two'"]
    assert first["transient"] == second["transient"]
    assert second["update"]


def test_below_it_stands_where_it_ran(notebook):
    notebook.cell("pass")
    (line, bare) = notebook.voice.outcomes[-1]
    assert line.startswith("kt-here-")
    assert " on " in line
    assert line.endswith(" s")
    assert bare == "ran on compute here"


def test_an_exception_keeps_its_name_its_text_and_its_traceback(notebook):
    with pytest.raises(kt.CellFailed, match="no such thing") as failed:
        notebook.cell("def f():\n    raise LookupError('no such thing')\nf()")
    assert type(failed.value).__name__ == "LookupError"
    shown = "\n".join(failed.value._render_traceback_())
    assert "in f()" in re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert notebook.cell("'it goes on'") is not None


def test_a_cell_that_cannot_be_read_is_never_sent(notebook):
    with pytest.raises(kt.InvalidInput, match="was not sent") as refusal:
        notebook.cell("print('never', 'sent')\nfor x in")
    assert "line 2" in refusal.value.remedy
    assert "SyntaxError" in refusal.value.remedy
    notebook.cell("print('sent', 'after it')")
    eventually(lambda: "sent after it" in notebook.run("%kt_compute logs here"))
    assert "never sent" not in notebook.run("%kt_compute logs here")


def test_names_in_braces_are_filled_in_above_the_cell(notebook, capfd):
    notebook.run("name, seconds = 'here', 30")
    notebook.run("%%kt_compute {name} --timeout $seconds\nword = 'word'; print('{word}')")
    assert capfd.readouterr().out.endswith("{word}\n")


# -- variables ---------------------------------------------------------------------------------------------------------


def test_variables_go_there_and_come_back_with_their_sizes(notebook):
    notebook.run("data = list(range(100_000))\nfactor = 2")
    notebook.cell("total = sum(data) * factor", "--in data,factor --out total")
    assert notebook.run("total") == sum(range(100_000)) * 2
    sent, back = notebook.voice.notices[-2:]
    assert sent.startswith("sent data (")
    assert back.startswith("brought back total (")


def test_a_function_of_the_notebook_goes_by_value(notebook, capfd):
    notebook.run("def double(x):\n    return 2 * x")
    notebook.cell("print(double(21))", "--in double")
    assert capfd.readouterr().out.endswith("42\n")


def test_what_cannot_be_pickled_is_named_with_the_attribute_that_is_to_blame(notebook):
    notebook.run("import threading\nclass Model: pass\nmodel = Model()\nmodel.lock = threading.Lock()")
    with pytest.raises(kt.NotPicklable, match=r"model\.lock"):
        notebook.cell("print(model)", "--in model")


def test_a_variable_that_cannot_be_read_there_is_named_and_the_cell_is_not_run(notebook, capfd):
    notebook.run("class Odd:\n    def __reduce__(self): return int, ('x',)\nodd = Odd()")
    with pytest.raises(kt.NotPicklable, match=r"--in: odd can't be unpickled there \(ValueError.*was not run"):
        notebook.cell("print('ran', 'anyway')", "--in odd")
    assert "ran anyway" not in capfd.readouterr().out


def test_a_variable_that_is_not_there_is_named_with_what_is_like_it(notebook):
    notebook.run("dataframe = 1")
    with pytest.raises(kt.InvalidInput, match="no variable datafram in this notebook") as refusal:
        notebook.cell("pass", "--in datafram")
    assert "Close to it: dataframe" in refusal.value.remedy


def test_what_cannot_come_back_is_named(notebook):
    with pytest.raises(kt.InvalidInput, match="--out: nothing_of_the_kind"):
        notebook.cell("pass", "--out nothing_of_the_kind")
    with pytest.raises(kt.NotPicklable, match="gate"):
        notebook.cell("import threading; gate = threading.Lock()", "--out gate")


def test_more_than_goes_with_a_cell_is_refused_with_the_name_of_the_largest(notebook, monkeypatch):
    from kt_jupyter.notebook.compute import variables

    monkeypatch.setattr(variables, "LIMIT", 1000)
    notebook.run("small = 1\nlarge = bytes(2000)")
    with pytest.raises(kt.TooLarge, match=r"--in: large has 1\.97 Ki, all of them"):
        notebook.cell("pass", "--in small,large")
    with pytest.raises(kt.TooLarge, match="large"):
        notebook.cell("large = bytes(2000)", "--out large")


# -- how it is stopped, and how it ends --------------------------------------------------------------------------------


def test_stop_interrupts_it_and_the_variables_are_kept(notebook):
    notebook.cell("kept = 'still here'")
    with notebook.voice.stop_on("waiting"), pytest.raises(kt.CellFailed) as failed:
        notebook.cell("import time\nprint('waiting', flush=True)\nwhile True: time.sleep(0.01)")
    assert failed.value.status == "interrupted"
    assert "Its variables are kept" in failed.value.remedy
    assert notebook.shell.shown(notebook.cell("kept")) == "'still here'"


def test_stop_twice_ends_a_cell_that_does_not_heed_it(notebook):
    heedless = "while True:\n    try: time.sleep(1)\n    except KeyboardInterrupt: pass"
    stubborn = f"import time\nprint('waiting', flush=True)\n{heedless}"
    with notebook.voice.stop_on("waiting", times=2), pytest.raises(kt.CellFailed) as failed:
        notebook.cell(stubborn)
    assert failed.value.status == "killed"
    assert "variables of its cells are gone" in failed.value.remedy
    assert notebook.shell.shown(notebook.cell("'it goes on'")) == "'it goes on'"


def test_a_time_limit_ends_it(notebook):
    with pytest.raises(kt.CellFailed, match="time limit") as failed:
        notebook.cell("import time; time.sleep(60)", "--timeout 1s")
    assert failed.value.status == "timeout"


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("import os; os._exit(3)", "exited", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "SIGSEGV"),
        ("import os\nif os.fork() == 0: os._exit(0)\nos.wait(); raise SystemExit(4)", "error", ""),
    ],
)
def test_a_cell_that_ends_its_own_process_says_so_and_the_compute_goes_on(notebook, source, status, words):
    with pytest.raises(kt.CellFailed) as failed:
        notebook.cell(source)
    assert failed.value.status == status
    assert words in failed.value.fact
    assert notebook.shell.shown(notebook.cell("1 + 1")) == "2"


def test_a_cell_that_forks_says_everything_once(notebook, capfd):
    child = "if os.fork() == 0:\n    print('child'); sys.stdout.flush(); os._exit(0)"
    notebook.cell(f"import os, sys\n{child}\nos.wait(); print('parent')")
    assert capfd.readouterr().out.endswith("child\nparent\n")


def test_of_a_flood_the_beginning_and_the_end_are_shown(notebook, capfd):
    notebook.cell("for _ in range(320): print('x' * 65536)\nprint('the end')")
    said = capfd.readouterr().out
    assert said.endswith("the end\n")
    assert len(said) < 8 << 20
    (notice,) = [line for line in notebook.voice.notices if "are not shown here" in line]
    assert "the pod's log may have only a part of them" in notice
    assert len(notebook.run("%kt_compute logs here")) < 20 << 20  # of the 20 MB that were printed
    assert notebook.shell.shown(notebook.cell("1 + 1")) == "2"


def test_its_number_is_the_same_here_and_in_its_traceback(notebook):
    ran = notebook.shell.ip.run_cell("%%kt_compute here\n1/0", store_history=True)
    text = "\n".join(ran.error_in_exec.traceback)
    assert re.findall(r"In\W+(\d+)", re.sub(r"\x1b\[[0-9;]*m", "", text)) == [str(ran.execution_count)]


def test_no_frame_of_the_agent_is_in_a_traceback(notebook):
    with pytest.raises(kt.CellFailed) as failed:
        notebook.cell("input()")
    assert "kt_agent" not in "\n".join(failed.value.traceback)


def test_stop_while_it_starts_is_a_line_and_no_traceback(notebook, monkeypatch):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(kt.Compute, "ready_for_cells", pressed)
    with pytest.raises(KeyboardInterrupt) as stopped:
        notebook.cell("1")
    assert "stopped" in "".join(stopped.value._render_traceback_())


# -- left to itself ----------------------------------------------------------------------------------------------------


def test_detached_it_runs_by_itself_and_is_attached_to_from_another_kernel(notebook, place, capfd):
    steps = "import time\nfor i in range(3): print('step', i, flush=True); time.sleep(0.2)\nlast = i"
    sent = notebook.cell(steps, "--detach --out last")
    assert "runs by itself" in notebook.shell.shown(sent)
    with opened() as other:
        other.run("%kt_compute attach here")
        assert capfd.readouterr().out.endswith("step 0\nstep 1\nstep 2\n")
        assert other.run("last") == 2


def test_what_is_attached_to_is_chosen_by_its_number(notebook, capfd):
    notebook.shell.ip.execution_count = 7
    number = notebook.shell.ip.displayhook.prompt_count
    notebook.cell("print('first')")
    notebook.shell.ip.execution_count = 8
    notebook.cell("print('second')")
    capfd.readouterr()
    notebook.run(f"%kt_compute attach here {number}")
    assert capfd.readouterr().out.endswith("first\n")
    with pytest.raises(kt.InvalidInput, match="remembers no cell 99999"):
        notebook.run("%kt_compute attach here 99999")


# -- the verbs ---------------------------------------------------------------------------------------------------------


def test_without_a_verb_computes_are_listed(notebook, place):
    listed = notebook.run("%kt_compute")
    assert [row.name for row in listed] == ["here"]
    lines = notebook.shell.shown(listed).splitlines()
    assert lines[0].startswith(f"1 compute in {place.namespace} (")
    assert lines[1].split() == ["NAME", "STATUS", "CPUS", "MEMORY", "GPUS", "VOLUMES", "NODE", "BY", "AGE"]
    (row,) = json.loads(notebook.run("%kt_compute --json"))
    assert (row["name"], row["status"], row["memory"]) == ("here", "Running", "256Mi")


def test_one_is_shown_as_it_is_now(notebook, place):
    text = notebook.shell.shown(notebook.run("%kt_compute show here"))
    assert text.startswith("Compute here    ● Running")
    assert "0.5 CPUs · 256 Mi · python:" in text
    assert yaml.safe_load(notebook.run("%kt_compute show here --yaml"))["kind"] == "Job"
    with pytest.raises(kt.ComputeNotFound, match='there is no compute "hre"') as refusal:
        notebook.run("%kt_compute show hre")
    assert "Close to it: here" in refusal.value.remedy


def test_a_dry_run_shows_the_job_and_makes_nothing(notebook, place):
    text = notebook.shell.shown(notebook.run(f"%%kt_compute other {OPTIONS} --dry-run\npass"))
    assert "would be started" in text
    manifest = yaml.safe_load(notebook.run(f"%%kt_compute other {OPTIONS} --env A=1 --yaml\npass"))
    assert manifest["metadata"]["name"] == "kt-other"
    assert [job["metadata"]["name"] for job in place.cluster.list(JOBS, namespace=place.namespace)] == ["kt-here"]


def test_a_dry_run_of_one_that_runs_says_that_it_does(notebook):
    text = notebook.shell.shown(notebook.cell("pass", "--dry-run"))
    assert "runs already, and the cell would run there" in text
    assert "name: kt-here" in text


def test_options_that_differ_from_what_runs_are_said(notebook):
    with pytest.raises(kt.ComputeDiffers, match="memory: 256 Mi, asked was 1 Gi"):
        notebook.cell("pass", "--memory 1Gi")
    assert notebook.shell.shown(notebook.cell("1", "--memory 256Mi")) == "1"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("--memory 1GB", kt.InvalidQuantity),
        ("--cpus two", kt.InvalidQuantity),
        ("--gpus -1", kt.InvalidInput),
        ("--image Python:3.12", kt.InvalidName),
        ("--volume a:/x --volume a:/y", kt.InvalidInput),
        ("--volume a:/x --volume b:/x", kt.InvalidMountPath),
        ("--volume a:relative", kt.InvalidMountPath),
        ("--env NOVALUE", kt.InvalidInput),
        ("--env 1=2", kt.InvalidInput),
        ("--timeout soon", kt.InvalidInput),
        ("--idle never-ever", kt.InvalidInput),
        ("--in a-b", kt.InvalidInput),
        ("--mem 1Gi", UsageError),
        ("--yaml --dry-run", UsageError),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(notebook, place, options, error, capsys):
    with pytest.raises(error):
        notebook.run(f"%%kt_compute bad {options}\npass")
    assert "Traceback" not in capsys.readouterr().out
    assert [job["metadata"]["name"] for job in place.cluster.list(JOBS, namespace=place.namespace)] == ["kt-here"]


def test_help_is_there_for_the_magic_its_verbs_and_the_cell(notebook, capsys):
    notebook.run("%kt_compute --help")
    notebook.run("%%kt_compute --help\nnever run")
    said = capsys.readouterr().out
    assert "%%kt_compute [NAME] [options]" in said
    assert "--volume NAME[:/PATH[:ro]]" in said


def test_tab_knows_computes_volumes_and_options(notebook, place):
    place.make(CLAIMS, claim("tab-data"))
    assert "here" in notebook.shell.complete("%kt_compute show h")
    assert "tab-data" in notebook.shell.complete("%%kt_compute here --volume tab")
    assert "--memory" in notebook.shell.complete("%%kt_compute here --mem")


# -- its end -----------------------------------------------------------------------------------------------------------


def test_after_an_idle_end_the_next_cell_says_so_and_starts_afresh_when_asked(notebook, place):
    short = f"%%kt_compute short {OPTIONS} --idle 4s"
    notebook.run(f"{short}\nx = 1")
    pod = next(row.pod_name for row in kt.computes() if row.name == "short")
    place.ended(pod)
    with pytest.raises(kt.SessionEnded, match="variables are gone") as ended:
        notebook.run("%%kt_compute short\nx")
    assert ended.value.reason == "idle"
    assert "--fresh" in ended.value.remedy
    with opened() as other, pytest.raises(kt.SessionEnded, match="variables are gone"):
        other.run("%%kt_compute short\nx")
    value = notebook.run(f"{short} --fresh\n'x' in globals()")
    assert notebook.shell.shown(value) == "False"
    notebook.run("%kt_compute stop short")


def test_a_pod_that_is_deleted_under_a_cell_is_said_at_once(notebook, place):
    notebook.run(f"%%kt_compute doomed {OPTIONS}\npass")
    pod = next(row.pod_name for row in kt.computes() if row.name == "doomed")
    deleting = notebook.voice.on("waiting", lambda: place.cluster.delete(PODS, pod, namespace=place.namespace))
    with deleting, pytest.raises(kt.SessionEnded) as ended:
        notebook.run("%%kt_compute doomed\nimport time\nprint('waiting', flush=True)\ntime.sleep(60)")
    assert ended.value.reason == "deleted"
    assert ended.value.remedy == "To start it anew: %%kt_compute doomed --fresh"
    notebook.run("%kt_compute stop doomed")


def test_stopped_it_is_gone_and_its_volumes_stay(notebook, place):
    place.make(CLAIMS, claim("stays"))
    notebook.run(f"%%kt_compute brief {OPTIONS} --volume stays:/data\nopen('/data/x', 'w').write('x');")
    assert "would be stopped" in notebook.shell.shown(notebook.run("%kt_compute stop brief --dry-run"))
    text = notebook.shell.shown(notebook.run("%kt_compute stop brief"))
    assert text == f"Compute brief    ✓ stopped\nnamespace {place.namespace} · volume stays kept"
    assert place.cluster.get(CLAIMS, "stays", namespace=place.namespace)
    assert "nothing to do" in notebook.shell.shown(notebook.run("%kt_compute stop brief"))
