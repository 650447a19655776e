"""`%kt_volume ssh` in a shell that is the terminal, and what it shows beside the tab."""

import json

import pytest
import yaml

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS
from tests.cluster.workloads import IMAGE, claim


@pytest.fixture
def volume(workloads):
    workloads.make(CLAIMS, claim("data"))


pytestmark = pytest.mark.usefixtures("volume")
SSH = f"%kt_volume ssh data --mount /data --image {IMAGE}"


def test_it_opens_a_terminal_and_gives_it_back(shell, capsys):
    terminal = shell.run(f"term = {SSH}\nterm")
    assert (terminal.volume, terminal.reused) == ("data", False)
    assert terminal.command in capsys.readouterr().out  # this process has no terminal: it says what to paste
    shown = shell.shown(terminal)
    assert shown.startswith("Terminal data    ● open\n")
    assert f"pod {terminal.pod} on {terminal.node} · /data, read-write · image {IMAGE}" in shown
    assert "it was open: the same shell" in shell.shown(shell.run(SSH))


def test_explain_is_a_sentence_and_makes_nothing(shell, workloads):
    plan = shell.run(f"{SSH} --explain")
    assert shell.shown(plan).startswith("Starts a terminal on data in a pod of its own")
    assert "kt-insert" in shell.html(plan)
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_what_explain_suggests_opens_the_terminal_that_it_explained(shell):
    options = "--image ubuntu:22.04 --read-only --run-as 7:8 --new --mount /mnt"
    plan = shell.run(f"%kt_volume ssh data {options} --explain")
    assert shell.shown(plan).splitlines()[-1] == f"next: %kt_volume ssh data {options}"


def test_yaml_is_the_job_and_its_options_are_in_it(shell, workloads):
    manifest = yaml.safe_load(shell.run(f"{SSH} --yaml --read-only --run-as 7:8 --idle 2h"))
    pod = manifest["spec"]["template"]["spec"]
    assert (manifest["kind"], manifest["spec"]["activeDeadlineSeconds"]) == ("Job", 7200)
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (7, 8)
    assert pod["containers"][0]["volumeMounts"] == [{"name": "v0", "mountPath": "/data", "readOnly": True}]
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_a_dry_run_shows_the_job_that_the_server_has_checked(shell, workloads):
    shown = shell.shown(shell.run(f"{SSH} --dry-run"))
    assert shown.startswith("Terminal data    ○ would be opened (dry run: the server checked its pod and kept nothing)")
    assert "kind: Job" in shown
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_json_is_the_plan_or_the_terminal(shell):
    assert json.loads(shell.run(f"{SSH} --explain --json"))["plan"].startswith("Starts a terminal on data")
    assert json.loads(shell.run(f"{SSH} --json"))["volume"] == "data"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--image 'No Image'", "is not the name of an image"),
        ("--run-as me", "is not whom a pod can run as"),
        ("--idle soon", "is not a time to stay open"),
        ("--mount data", "is no mount path"),
    ],
)
def test_bad_input_is_one_sentence(shell, options, words):
    with pytest.raises(kt.InvalidInput, match=words):
        shell.run(f"%kt_volume ssh data --mount /data {options}")


def test_without_a_mount_path_it_says_how_to_name_one(shell):
    with pytest.raises(kt.InvalidMountPath, match="--mount /data"):
        shell.run("%kt_volume ssh data")


def test_tab_knows_images_and_options(shell):
    assert "ubuntu:22.04" in shell.complete("%kt_volume ssh data --image ")
    assert "--read-only" in shell.complete("%kt_volume ssh data --re")
    assert "--force" in shell.complete("%kt_volume gc --f")
