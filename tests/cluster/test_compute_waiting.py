"""Computes whose start somebody else has begun, and those in a queue: what is said, and what Stop does."""

import contextlib
import re
import threading

import pytest

import kt_jupyter as kt
from kt_jupyter import reporting
from kt_jupyter.compute import State
from kt_jupyter.kube import JOBS
from kt_jupyter.pods import Start
from tests.cluster.computing import STARTS_WITHIN, Voice, printed
from tests.shells import opened

QUEUE = "team-queue"
THEIRS = "Ctrl-C stops the waiting; it goes on starting."
STAYS = "it is left as it is, for somebody else started it."


class Enough(Exception):  # noqa: N818
    """What was waited for has been said."""


def after(words, *, act, told):
    """Keep what is said, and act, once, as soon as it has these words."""
    heard = []

    def hear(line):
        told.append(line)
        if words in line and not heard:
            heard.append(line)
            act()

    return hear


def press():
    """Do what Jupyter's Stop does."""
    raise KeyboardInterrupt


def enough():
    raise Enough


@contextlib.contextmanager
def heard_by(voice):
    before = reporting.use(voice)
    try:
        yield
    finally:
        reporting.use(before)


# -- a start that goes on already -------------------------------------------------------------------------------------


@pytest.fixture
def begun(computes, workloads):
    """A compute that somebody else starts, in another notebook, and that no node takes."""
    theirs, ended = computes.describe(name="train", gpus=99), []

    def start():
        try:
            theirs.start(timeout=STARTS_WITHIN, progress=lambda _: None)
        except kt.KtError as error:
            ended.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    workloads.until(JOBS, "kt-train", lambda job: job)
    yield starting, ended
    computes.describe(name="train").stop(wait=False)
    starting.join()


def test_who_joins_a_start_may_leave_and_it_goes_on(computes, workloads, begun):
    starting, told = begun[0], []
    with pytest.raises(KeyboardInterrupt):
        computes.describe(name="train").start(progress=after("GPUs", act=press, told=told))
    assert told[-2].endswith(THEIRS)
    assert told[-1].endswith(f"stopped; {STAYS}")
    assert starting.is_alive()
    assert not workloads.cluster.get(JOBS, "kt-train", namespace=workloads.namespace)["metadata"].get(
        "deletionTimestamp"
    )


def test_who_joins_a_start_waits_only_as_long_as_it_likes(computes, workloads, begun):
    told = []
    with pytest.raises(kt.WaitTimeout, match='compute "train" did not start within 2 s'):
        computes.describe(name="train").start(timeout=2, progress=told.append)
    assert told[-1].endswith(f"it does not go on; {STAYS}")
    assert workloads.cluster.get(JOBS, "kt-train", namespace=workloads.namespace)


def test_who_joined_a_start_that_is_given_up_is_told(computes, begun):
    starting, ended = begun
    other = computes.describe(name="train")
    stopping = threading.Thread(target=computes.describe(name="train").stop)
    with pytest.raises(kt.PodNotStarted, match='compute "train" did not start: somebody deleted it'):
        other.start(progress=after("GPUs", act=stopping.start, told=[]))
    stopping.join()
    starting.join(STARTS_WITHIN)
    assert "somebody deleted it" in ended[0].fact


@pytest.mark.usefixtures("begun")
def test_a_cell_whose_compute_is_starting_elsewhere_says_what_stop_does(namespace):
    voice = Voice()
    voice.progress = after("GPUs", act=press, told=voice.lines)
    with opened() as shell, heard_by(voice), pytest.raises(KeyboardInterrupt) as stopped:
        shell.run("%%kt_compute train\npass")
    assert voice.lines[-1].endswith(f"stopped; {STAYS}")
    assert "stopped" in "".join(stopped.value._render_traceback_())


# -- a queue ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def queued(computes, workloads):
    """A compute whose Job waits as Kueue has it wait: its webhook suspends each Job that names a queue."""
    compute = computes.describe(name="train", queue=QUEUE)
    workloads.make(JOBS, suspended(compute.manifest()))
    return compute


def suspended(manifest):
    return manifest | {"spec": manifest["spec"] | {"suspend": True}}


def suspend(workloads, *, so):
    """Do what Kueue does when it admits a Job, or takes it back."""
    workloads.cluster.patch(JOBS, "kt-train", {"spec": {"suspend": so}}, namespace=workloads.namespace)


def test_what_waits_for_its_queue_says_so_and_runs_when_it_is_admitted(queued, workloads):
    told = []
    admit = after(f'queue "{QUEUE}" has not admitted it yet', act=lambda: suspend(workloads, so=False), told=told)
    queued.start(timeout=STARTS_WITHIN, progress=admit)
    assert "◐ queued" in next(line for line in told if QUEUE in line)
    assert told[-1].startswith("✓ scheduled on ")
    assert printed(queued, "print(6 * 7)") == "42\n"


def test_a_list_says_that_it_waits_for_its_queue(queued):
    (row,) = kt.computes()
    assert (row.state, row.reason) == (State.STARTING, f'queue "{QUEUE}" has not admitted it yet')
    assert queued.status().words == f'Starting: queue "{QUEUE}" has not admitted it yet'


def test_the_time_in_a_queue_is_not_that_of_the_start(queued):
    told = []

    def hear(line):
        told.append(line)
        if re.search(r"queued ([3-9]|\d\d)", line):  # three times as long as the start may take
            raise Enough

    voice = Voice()
    voice.progress = voice.tick = hear
    with heard_by(voice), pytest.raises(Enough):
        queued.start(timeout=1)


def test_stop_takes_what_waits_out_of_the_queue(computes, workloads):
    manifest = suspended(computes.describe(name="train", queue=QUEUE).manifest())
    told = []
    hear = after("has not admitted it yet", act=press, told=told)
    here = workloads.cluster.with_namespace(workloads.namespace)
    with (
        pytest.raises(KeyboardInterrupt),
        Start(here, manifest, subject="the compute", progress=hear) as starting,
    ):
        starting.until("scheduled")
    assert "Ctrl-C stops and removes it." in told[-2]
    assert told[-1].endswith("stopped; what was made is removed.")
    workloads.gone(JOBS, "kt-train")


def test_what_its_queue_takes_back_is_said_with_that_reason(computes, workloads):
    compute = computes.start(name="train", queue=QUEUE)
    cell = compute.start_cell("x = 1\nprint('go', flush=True)\nimport time\ntime.sleep(60)")
    for event in cell.events():
        if getattr(event, "text", "") == "go\n":
            break
    suspend(workloads, so=True)
    with pytest.raises(kt.SessionEnded, match=f'queue "{QUEUE}" took it back') as ended:
        cell.wait(30)
    assert ended.value.reason == "preempted"
    with pytest.raises(kt.SessionEnded, match="Its variables are gone"):
        compute.start_cell("x")
    with contextlib.suppress(Enough):
        compute.ready_for_cells(fresh=True, progress=after("✓ running", act=enough, told=[]))
