"""Several workers: each call and cell runs on all of them, they find each other, and fail and stop together."""

import contextlib
import os
import pathlib
import socket
import threading
import time

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, PODS, adopt
from tests.cluster.computing import STARTS_WITHIN
from tests.cluster.workloads import claim
from tests.shells import opened
from tests.waiting import eventually

WORKERS = 3


@pytest.fixture(scope="module")
def compute(cluster, shared_namespace):
    """Three workers that most tests here share, in a namespace of their own."""
    adopt(cluster.with_namespace(shared_namespace))
    with kt.Compute(cpus=0.2, memory="256Mi", name="ranks").distribute(framework="pytorch", workers=WORKERS) as made:
        yield made


@pytest.fixture
def on_ranks(compute, cluster):
    """Send a function to the three."""
    adopt(cluster.with_namespace(compute.namespace))
    return lambda function, **options: kt.fn(function).to(compute, **options)


def summed():
    """Have rank 0 add up what all ranks send it, and tell them."""
    rank, master = int(os.environ["RANK"]), (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    if rank:
        for _ in range(200):
            try:
                with socket.create_connection(master) as towards:
                    towards.sendall(bytes([rank]))
                    return towards.recv(1)[0]
            except ConnectionRefusedError:
                time.sleep(0.05)
    with socket.create_server(master) as server:
        others = [server.accept()[0] for _ in range(int(os.environ["WORLD_SIZE"]) - 1)]
        total = sum(other.recv(1)[0] for other in others)
        for other in others:
            other.sendall(bytes([total]))
            other.close()
    return total


def waiting():
    print("begun")
    try:
        while True:
            time.sleep(0.05)
    finally:
        print("cleaned up")


def test_the_ranks_find_each_other_and_their_results_are_a_list(on_ranks):
    assert on_ranks(summed)() == [3, 3, 3]


def test_each_rank_knows_which_it_is_in_torchruns_words(on_ranks):
    def known():
        return [os.environ[name] for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "NODE_RANK")]

    assert on_ranks(known)() == [[str(rank), "3", "0", "1", str(rank)] for rank in range(WORKERS)]


def test_what_they_print_has_its_rank_before_each_line(on_ranks, capsys):
    on_ranks(lambda: print("first\nlast", end=""))()
    assert sorted(capsys.readouterr().out.splitlines()) == [
        f"[{rank}] {line}" for rank in range(WORKERS) for line in ("first", "last")
    ]


def test_the_first_that_fails_is_raised_and_the_others_are_stopped(on_ranks, capsys):
    def fails():
        if os.environ["RANK"] == "1":
            raise LookupError("no such shard")
        waiting()

    with pytest.raises(LookupError, match="no such shard") as caught:
        on_ranks(fails)()
    assert "rank 1" in str(caught.value.__cause__)
    assert "cleaned up" in capsys.readouterr().out
    assert on_ranks(len)("it still runs") == [13, 13, 13]


def test_a_process_that_died_is_to_blame_before_those_that_missed_it(on_ranks):
    def dies():
        if os.environ["RANK"] == "2":
            os._exit(4)
        raise ConnectionResetError("connection closed by peer")

    with pytest.raises(kt.CallEnded, match=r"rank 2.*exit code 4"):
        on_ranks(dies)()


def test_those_that_heed_no_interrupt_are_ended(on_ranks):
    def stubborn():
        if os.environ["RANK"] == "0":
            raise ValueError("enough")
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                time.sleep(60)

    with pytest.raises(ValueError, match="enough"):
        on_ranks(stubborn)()


def test_stop_interrupts_all_ranks(on_ranks, voice, capsys):
    with voice.stop_on("begun"), pytest.raises(KeyboardInterrupt):
        on_ranks(waiting)()
    assert capsys.readouterr().out.count("cleaned up") == WORKERS
    assert len([line for line in voice.lines if "nterrupting" in line]) == 1


def test_a_submitted_call_is_a_future_with_the_log_of_each_rank(on_ranks):
    def talks():
        print("rank", os.environ["RANK"])
        return int(os.environ["RANK"])

    call = on_ranks(talks).submit()
    assert call.result(30) == [0, 1, 2]
    assert call.calls[1].logs() == "rank 1\n"
    assert call.logs() == "[0] rank 0\n[1] rank 1\n[2] rank 2\n"
    assert (call.done(), call.exception(), call.state) == (True, None, "returned")


def test_who_asks_to_be_told_of_the_end_when_all_have_ended_is_told(compute, on_ranks):
    work, told = compute.start_cell("1"), threading.Event()
    work.wait(30)
    work.add_done_callback(lambda _: told.set())
    assert told.wait(10)


def test_a_cancelled_call_is_interrupted_on_all_ranks(on_ranks):
    call = on_ranks(waiting).submit()
    eventually(lambda: call.logs().count("begun") == WORKERS)
    assert call.cancel()
    eventually(lambda: call.logs().count("cleaned up") == WORKERS)
    assert call.state == "cancelled"


def test_items_for_one_worker_each_are_refused(on_ranks):
    with pytest.raises(kt.InvalidInput, match="runs each call on all of its workers"):
        on_ranks(len).map(["a", "b"])


def test_whoever_only_names_it_finds_all_of_it(compute, on_ranks):
    found = kt.Compute(name=compute.name)
    assert kt.fn(lambda: os.environ["RANK"]).to(found)() == ["0", "1", "2"]
    assert (found.workers, found.status().to_dict()["workers"]) == (WORKERS, WORKERS)
    found.close()


def test_another_number_of_workers_is_another_compute(compute, on_ranks):
    with pytest.raises(kt.ComputeDiffers, match="workers: 3, asked was 2"):
        kt.Compute(name=compute.name, workers=2).start()


def test_the_log_of_each_rank_is_to_be_had(compute, on_ranks):
    on_ranks(lambda: print("logged by", os.environ["RANK"]))()
    eventually(lambda: "logged by 2" in compute.logs(rank=2))
    with pytest.raises(kt.InvalidInput, match="has no rank 3: it has 3 workers"):
        compute.logs(rank=3)


# -- cells ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def shell(on_ranks):
    with opened() as made:
        yield made


def of_ranks(capfd):
    """Return what was printed there; the shell prints values and cards here."""
    return sorted(line for line in capfd.readouterr().out.splitlines() if line.startswith("["))


def test_a_cell_runs_on_all_and_its_value_is_rank_0s(shell, capfd):
    value = shell.run("%%kt_compute ranks\nimport os\nrank = int(os.environ['RANK'])\nprint('here')\nrank + 40")
    assert of_ranks(capfd) == ["[0] here", "[1] 41", "[1] here", "[2] 42", "[2] here"]
    assert shell.shown(value) == "40"
    shell.run("%%kt_compute ranks --out rank\nassert rank == int(os.environ['RANK'])")
    assert shell.run("rank") == 0


def test_a_cell_that_fails_on_one_rank_says_on_which(shell):
    with pytest.raises(kt.CellFailed, match="division by zero") as failed:
        shell.run("%%kt_compute ranks\nimport os, time\nif os.environ['RANK'] == '2': 1 / 0\ntime.sleep(60)")
    assert failed.value.traceback[-1].strip() == "raised on rank 2"


def test_a_cell_that_is_left_is_attached_to_on_all_ranks(shell, capfd):
    left = shell.run("%%kt_compute ranks --detach\nimport os\nprint('left on', os.environ['RANK'])")
    assert "runs by itself" in shell.shown(left)
    with opened() as other:
        other.run("%kt_compute attach ranks")
    assert of_ranks(capfd) == [f"[{rank}] left on {rank}" for rank in range(WORKERS)]


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ("--framework pytorch", "is for several workers"),
        ("--workers 2 --framework jax", "is not known here"),
        ("--workers 0", "is not a number of workers"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(shell, options, fact):
    with pytest.raises(kt.InvalidInput, match=fact):
        shell.run(f"%%kt_compute other {options}\npass")
    assert kt.Compute(name="other").status().job is None


# -- what the cluster has to do with it -------------------------------------------------------------------------------


def test_a_deleted_pod_is_said_with_its_name_within_three_seconds(computes, cluster, namespace):
    compute = computes.start(name="ranks", cpus=0.2, workers=2)
    call = kt.fn(waiting).to(compute).submit()
    eventually(lambda: call.logs().count("begun") == 2)
    pod = compute.status().pods[1]["metadata"]["name"]
    cluster.delete(PODS, pod, namespace=namespace)
    deleted = time.monotonic()
    with pytest.raises(kt.SessionEnded, match=pod) as caught:
        call.calls[1].result(30)
    assert time.monotonic() - deleted < 3
    assert caught.value.reason == "deleted"
    assert isinstance(call.exception(30), kt.SessionEnded)


def test_a_volume_of_one_node_brings_all_workers_there(computes, default_class):
    volume = kt.Volume("checkpoints", "10Mi", "/checkpoints", default_class, "ReadWriteOnce")
    compute = computes.start(workers=2, cpus=0.2, volumes=[volume])
    assert len({pod["spec"]["nodeName"] for pod in compute.status().pods}) == 1
    assert any("run on one node" in line for line in computes.said)
    assert kt.fn(os.path.ismount).to(compute)("/checkpoints") == [True, True]


def test_a_volume_of_one_pod_is_refused(computes, workloads):
    workloads.make(CLAIMS, claim("single", mode="ReadWriteOncePod"))
    with pytest.raises(kt.VolumeInUse, match=r"one pod at a time.*2 workers"):
        computes.describe(cpus=0.2, workers=2, volumes=["single:/data"]).start(timeout=STARTS_WITHIN)


def test_several_workers_share_a_volume_as_the_reference_does(computes, shared_class):
    vol = kt.Volume(
        name="distributed-data",
        size="10Mi",
        mount_path="/data",
        storage_class=shared_class,
        access_mode="ReadWriteMany",
    )
    compute = kt.Compute(cpus=0.2, memory="128Mi", volumes=[vol]).distribute(framework="pytorch", workers=4)
    computes.add(compute)

    def write():
        pathlib.Path("/data", os.environ["RANK"]).touch(exist_ok=False)
        summed()
        return sorted(path.name for path in pathlib.Path("/data").iterdir())

    assert kt.fn(write).to(compute)() == [["0", "1", "2", "3"]] * 4
