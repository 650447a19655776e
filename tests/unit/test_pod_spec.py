"""The pod and the Job that everything of ours runs in, written out."""

import pytest

from kt_jupyter.specs.job import job, owner_reference, pod_of
from kt_jupyter.specs.names import job_name
from kt_jupyter.specs.pod import (
    Mount,
    Placement,
    Resources,
    RunAs,
    Scratch,
    annotate,
    field_of_pod,
    label,
    literal,
    pod_template,
)
from tests.unit.restricted import CONTAINER_SECURITY, NO_SIDECARS, POD_SECURITY


def test_the_pod_of_a_terminal():
    template = pod_template(
        "alpine:latest",
        ["sh", "-c", "exec sh -i"],
        env={"PLACE": "/data", "NODE": field_of_pod("spec.nodeName")},
        mounts=[Mount("my.data", "/data")],
        labels=label("terminal", volume="my.data"),
        annotations=annotate(volume="my.data", mount_path="/data"),
        tty=True,
    )
    assert template == {
        "metadata": {
            "labels": {
                "app.kubernetes.io/managed-by": "kt-jupyter",
                "kt-jupyter.dev/purpose": "terminal",
                "kt-jupyter.dev/volume": "my.data",
                "sidecar.istio.io/inject": "false",
            },
            "annotations": {
                "kt-jupyter.dev/volume": "my.data",
                "kt-jupyter.dev/mount-path": "/data",
                **NO_SIDECARS,
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 2,
            "securityContext": POD_SECURITY,
            "containers": [
                {
                    "name": "main",
                    "image": "alpine:latest",
                    "command": ["sh", "-c", "exec sh -i"],
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "32Mi"},
                        "limits": {"cpu": "500m", "memory": "256Mi"},
                    },
                    "securityContext": CONTAINER_SECURITY,
                    "env": [
                        {"name": "PLACE", "value": "/data"},
                        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                    ],
                    "volumeMounts": [{"name": "v0", "mountPath": "/data"}],
                    "tty": True,
                    "stdin": True,
                }
            ],
            "volumes": [{"name": "v0", "persistentVolumeClaim": {"claimName": "my.data"}}],
        },
    }


def test_the_job_around_it():
    template = pod_template("alpine:latest", ["sh"], labels=label("terminal"), annotations=annotate(volume="d"))
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "jupyter-ada", "uid": "u1", "blockOwnerDeletion": False}
    made = job("kt-sh-d-7f3a", template, lease=1800, namespace="team-a", owner=owner)
    spoken = {**template["metadata"]["annotations"], "kt-jupyter.dev/lease-seconds": "1800"}
    assert made == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "kt-sh-d-7f3a",
            "namespace": "team-a",
            "labels": template["metadata"]["labels"],
            "annotations": spoken,
            "ownerReferences": [owner],
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": 1800,
            "ttlSecondsAfterFinished": 30,
            "template": {
                "metadata": {"labels": template["metadata"]["labels"], "annotations": spoken},
                "spec": template["spec"],
            },
        },
    }


def test_several_workers_are_an_indexed_job():
    spec = job("train-7f3a", pod_template("python:3.12-slim", ["python3"]), lease=60, workers=4)["spec"]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (4, 4, "Indexed")


def test_the_pod_to_ask_the_server_about_is_the_one_that_the_job_makes():
    made = job("kt-sh-d-7f3a", pod_template("alpine:latest", ["sh"], labels=label("terminal")), lease=60)
    pod = pod_of(made)
    assert pod["spec"] == made["spec"]["template"]["spec"]
    assert pod["metadata"]["generateName"] == "kt-sh-d-7f3a-"
    assert pod["metadata"]["labels"] == made["spec"]["template"]["metadata"]["labels"]


def test_a_claim_mounted_twice_is_one_volume():
    spec = pod_template(
        "alpine:latest",
        ["sh"],
        mounts=[
            Mount("data", "/data"),
            Mount("models", "/models", read_only=True),
            Mount("data", "/log", sub_path="log"),
        ],
        scratch=[Scratch("/dev/shm", memory=True, size="1Gi")],
    )["spec"]
    assert spec["volumes"] == [
        {"name": "v0", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "v1", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}},
        {"name": "v2", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
    ]
    assert spec["containers"][0]["volumeMounts"] == [
        {"name": "v0", "mountPath": "/data"},
        {"name": "v1", "mountPath": "/models", "readOnly": True},
        {"name": "v0", "mountPath": "/log", "subPath": "log"},
        {"name": "v2", "mountPath": "/dev/shm"},
    ]


def test_a_node_is_asked_for_by_affinity_so_that_its_claims_are_bound():
    taint = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
    placement = Placement(node="kt-node-2", node_selector={"disk": "ssd"}, tolerations=[taint])
    spec = pod_template("alpine:latest", ["sh"], placement=placement)["spec"]
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["kt-node-2"]}]}
    assert spec["affinity"] == {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    }
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"disk": "ssd"}, [taint])
    assert "nodeName" not in spec


@pytest.mark.parametrize(
    ("run_as", "security"),
    [
        (RunAs(7, 8, None), {"runAsNonRoot": True, "runAsUser": 7, "runAsGroup": 8}),
        (RunAs(0, 0, None), {"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0}),
        (RunAs(None, None, None), {"runAsNonRoot": True}),
    ],
    ids=["another user", "root, where it is asked for", "whom the cluster chooses"],
)
def test_whom_it_runs_as(run_as, security):
    spec = pod_template("alpine:latest", ["sh"], run_as=run_as)["spec"]
    assert spec["securityContext"] == {**security, "seccompProfile": {"type": "RuntimeDefault"}}


def test_what_it_needs_is_always_said():
    needs = Resources({"cpu": "2"}, {"cpu": "2", "nvidia.com/gpu": "1"})
    assert pod_template("x", ["sh"], resources=needs)["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "2"},
        "limits": {"cpu": "2", "nvidia.com/gpu": "1"},
    }


def test_a_long_name_fits_into_a_label_and_stands_in_full_in_an_annotation():
    name = "data." * 40 + "v1"
    short = label("terminal", volume=name)["kt-jupyter.dev/volume"]
    assert len(short) == 63
    assert short != label("terminal", volume=name + "1")["kt-jupyter.dev/volume"]
    assert annotate(volume=name) == {"kt-jupyter.dev/volume": name}


@pytest.mark.parametrize("subject", ["my-data", "my.data.v1", "x" * 253, "a" * 37 + "." * 3 + "b", "-", "Größe"])
def test_a_jobs_name_leaves_room_for_those_of_its_pods(subject):
    name = job_name("kt-sh", subject, "7f3a")
    assert len(f"{name}-9999-x7k2p") <= 63
    assert name.startswith("kt-sh-")
    assert name.endswith("-7f3a")
    assert "--" not in name


def test_text_that_kubernetes_would_read_is_written_so_that_it_stays():
    assert literal("cd $PLACE") == "cd $PLACE"
    assert literal("uid=$(id -u) of $$") == "uid=$$(id -u) of $$$$"


def test_an_owner_does_not_hold_up_its_own_deletion():
    assert owner_reference({"metadata": {"name": "jupyter-ada", "uid": "u1"}})["blockOwnerDeletion"] is False
