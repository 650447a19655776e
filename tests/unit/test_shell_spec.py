"""What a terminal is in the cluster: its script, its Job, and how it is found again."""

import os
import re
import shutil
import subprocess

import pytest

from kt_jupyter.errors import InvalidInput, InvalidName
from kt_jupyter.specs.durations import seconds, written
from kt_jupyter.specs.human import fitted
from kt_jupyter.specs.images import image_name
from kt_jupyter.specs.pod import RunAs
from kt_jupyter.specs.running_as import run_as
from kt_jupyter.volumes.attaching import Plan
from kt_jupyter.volumes.shells import Wanted, open_shells, same_shell, shell_job
from kt_jupyter.volumes.shellscript import COMMAND, environment

WANTED = Wanted("alpine:latest", "/data", read_only=False, run_as=None, lease=1800)


def job(wanted=WANTED, owner="ada", plan=None):
    return shell_job("my.data", wanted, plan or Plan("because"), namespace="team-a", owner=owner, token="7f3a")


def pod_of(made, phase="Running", name="p", **metadata):
    template = made["spec"]["template"]
    return {
        "metadata": {**template["metadata"], "name": name, "namespace": "team-a", **metadata},
        "spec": template["spec"],
        "status": {"phase": phase},
    }


def test_its_job_says_what_it_was_opened_for():
    made = job(Wanted("ubuntu:22.04", "/data", read_only=True, run_as=RunAs(7, 8, None), lease=60), owner="ada")
    metadata = made["metadata"]
    assert metadata["name"] == "kt-sh-my-data-7f3a"
    assert metadata["labels"] == {
        "app.kubernetes.io/managed-by": "kt-jupyter",
        "kt-jupyter.dev/purpose": "terminal",
        "kt-jupyter.dev/volume": "my.data",
        "kt-jupyter.dev/owner": "ada",
        "sidecar.istio.io/inject": "false",
    }
    ours = {key: value for key, value in metadata["annotations"].items() if key.startswith("kt-jupyter.dev/")}
    assert ours == {
        "kt-jupyter.dev/volume": "my.data",
        "kt-jupyter.dev/image": "ubuntu:22.04",
        "kt-jupyter.dev/mount-path": "/data",
        "kt-jupyter.dev/read-only": "true",
        "kt-jupyter.dev/run-as": "7:8",
        "kt-jupyter.dev/lease-seconds": "60",
    }


def test_only_ones_own_that_go_on_are_found_the_oldest_first():
    pods = [
        pod_of(job(), name="second", creationTimestamp="2026-11-25T12:00:01Z"),
        pod_of(job(), name="first", creationTimestamp="2026-11-25T12:00:00Z"),
        pod_of(job(owner="grace"), name="theirs", creationTimestamp="2026-11-25T12:00:00Z"),
        pod_of(job(), name="ended", phase="Succeeded"),
        pod_of(job(), name="ending", deletionTimestamp="2026-11-25T12:00:00Z"),
    ]
    assert [pod["metadata"]["name"] for pod in open_shells("my.data", pods, "ada")] == ["first", "second"]
    assert open_shells("other", pods, "ada") == []


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (WANTED, True),
        (Wanted("alpine:latest", "/data", read_only=False, run_as=None, lease=60), True),
        (Wanted("ubuntu:22.04", "/data", read_only=False, run_as=None, lease=1800), False),
        (Wanted("alpine:latest", "/mnt", read_only=False, run_as=None, lease=1800), False),
        (Wanted("alpine:latest", "/data", read_only=True, run_as=None, lease=1800), False),
        (Wanted("alpine:latest", "/data", read_only=False, run_as=RunAs(7, 7, None), lease=1800), False),
    ],
    ids=["the same", "another lease", "another image", "another place", "read-only", "another user"],
)
def test_a_terminal_is_the_same_when_it_was_opened_in_the_same_way(other, same):
    assert (same_shell("my.data", other, [pod_of(job())]) is not None) is same


def test_of_two_the_one_that_runs_is_offered():
    starting, running = pod_of(job(), phase="Pending", name="a"), pod_of(job(), name="b")
    assert same_shell("my.data", WANTED, [starting, running])["metadata"]["name"] == "b"


# -- the script, run by this machine's own shell


def run_script(place, access="read-write", typed="", **more):
    variables = environment("my-data", str(place), read_only=access == "read-only", lease=1800)
    env = {key: value.replace("$$", "$") for key, value in variables.items() if isinstance(value, str)}
    env |= {"PATH": os.environ["PATH"], "HOME": str(place), "KT_POD": "the-pod", "KT_NODE": "the-node", **more}
    command = [word.replace("$$", "$") for word in COMMAND]  # as Kubernetes does
    done = subprocess.run(command, env=env, input=typed, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout


def test_it_says_what_this_is_and_goes_there(tmp_path):
    lines = run_script(tmp_path, typed="pwd\n").splitlines()
    assert lines == [
        f"\x1b[1mmy-data\x1b[0m at {fitted(str(tmp_path), 24)}, read-write; exit or 30 min detached ends it",
        "pod the-pod on the-node",
        str(tmp_path),
    ]


POD, NODE = "kt-sh-checkpoints-7f3a-x7k2p", "ip-10-0-12-34.eu-west-1.compute.internal"


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]])
@pytest.mark.parametrize(
    ("names", "lines"),
    [
        (
            ("checkpoints", "/checkpoints", POD, NODE),
            [
                "checkpoints at /checkpoints, read-write; exit or 30 min detached ends it",
                f"pod {POD} on {NODE}",
            ],
        ),
        (
            ("imagenet-2012-validation", "/mnt/data", "p" * 58, "gke-main-default-pool-1a2b3c4d-x7k2"),
            [
                "imagenet-2…-validation at /mnt/data, read-write; exit or 30 min detached ends it",
                f"pod {'p' * 25}…{'p' * 26} on gke-main-…b3c4d-x7k2",
            ],
        ),
        (
            ("d", "/a/very/long/path/to/somewhere/else", "p", "n" * 90),
            [
                "d at /a/very/long/p…/somewhere/else, read-write; exit or 30 min detached ends it",
                f"pod p on {'n' * 35}…{'n' * 35}",
            ],
        ),
    ],
    ids=["usual names", "long names", "a long path and a long node"],
)
def test_its_first_two_lines_fit_into_80_columns(tmp_path, shell, names, lines):
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]} here")
    volume, path, pod, node = names
    variables = environment(volume, path, read_only=False, lease=1800)
    env = {key: value for key, value in variables.items() if isinstance(value, str)}
    env |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KT_POD": pod, "KT_NODE": node}
    script = COMMAND[2].replace("$$", "$").partition("if [ -n ")[0]
    done = subprocess.run([*shell, "-c", script], env=env, capture_output=True, text=True, timeout=20, check=True)
    shown = re.sub(r"\x1b\[\d*m", "", done.stdout).splitlines()
    assert shown == lines
    assert max(map(len, shown)) <= 80


def test_with_usual_names_they_fit_into_a_tab_beside_a_notebook(tmp_path):
    place = {"KT_PLACE": "/data", "KT_POD": "kt-sh-my-data-7f3a-x7k2p", "KT_NODE": "kind-worker"}
    shown = re.sub(r"\x1b\[\d*m", "", run_script(tmp_path, **place)).splitlines()
    assert len(shown) == 2
    assert max(map(len, shown)) <= 63  # what JupyterLab has for it at 1280 pixels


def test_names_that_a_shell_would_read_are_only_text(tmp_path):
    place = tmp_path / "a $(touch pwned) 'b' `c`"
    place.mkdir()
    assert f"at {fitted(str(place), 24)}, read-write" in run_script(place, HOME=str(tmp_path), typed="ls\n")
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("pwned")] == []


def test_the_prompt_is_the_directory(tmp_path):
    assert "[$PWD \\$ ]" in run_script(tmp_path, typed='echo "[$PS1]"\n')


def test_a_place_that_is_not_there_is_said_and_the_shell_begins_all_the_same(tmp_path):
    shown = run_script(tmp_path / "nowhere", HOME=str(tmp_path), typed="echo here\n")
    assert "nowhere cannot be entered as user" in shown
    assert shown.endswith("here\n")


def test_on_a_machine_that_cannot_mount_it_goes_to_where_the_volume_is(tmp_path):
    assert run_script("/data", KT_MOUNT_V0=str(tmp_path), HOME=str(tmp_path), typed="pwd\n").endswith(f"{tmp_path}\n")


# -- what people write


@pytest.mark.parametrize(
    "name", ["alpine", "ubuntu:22.04", "ghcr.io/a/b:1", "localhost:5000/x", "a@sha256:" + "0" * 64]
)
def test_names_of_images(name):
    assert image_name(name) == name


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("No Image", "Did you mean noimage?"),
        ("Ubuntu:22.04", "Did you mean ubuntu:22.04?"),
        ("https://ghcr.io/a/b:1", "Did you mean ghcr.io/a/b:1?"),
        ("a:b:c", "For example: alpine:latest"),
        ("", "For example: alpine:latest"),
        ("--privileged", "For example: alpine:latest"),
        (None, "For example: alpine:latest"),
    ],
)
def test_what_is_not_the_name_of_an_image(name, remedy):
    with pytest.raises(InvalidName) as refusal:
        image_name(name)
    assert refusal.value.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("span", "count"),
    [("30m", 1800), ("1h30m", 5400), ("8 h", 28800), ("90s", 90), ("90", 90), (90, 90), ("2d", 172800), ("1.5h", 5400)],
)
def test_spans_of_time(span, count):
    assert seconds(span) == count


@pytest.mark.parametrize("span", ["", "soon", "-1h", "0", 0, -5, True, None, "1h soon", "5 parsecs", float("inf")])
def test_what_is_no_span_of_time(span):
    with pytest.raises(InvalidInput, match="is not a time"):
        seconds(span)


@pytest.mark.parametrize(
    ("count", "text"), [(1800, "30 min"), (3600, "1 h"), (5400, "90 min"), (86400, "1 d"), (4, "4 s")]
)
def test_spans_are_written_for_people(count, text):
    assert written(count) == text


@pytest.mark.parametrize(("value", "who"), [(0, (0, 0)), ("1001", (1001, 1001)), ("1001:100", (1001, 100))])
def test_whom_a_pod_runs_as(value, who):
    found = run_as(value)
    assert (found.user, found.group, found.fs_group) == (*who, None)


@pytest.mark.parametrize("value", ["me", "-1", -1, "1:2:3", "", True, 2**31, "1:", 1.5])
def test_whom_a_pod_cannot_run_as(value):
    with pytest.raises(InvalidInput, match="is not whom a pod can run as"):
        run_as(value)
