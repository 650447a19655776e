"""What a compute may ask for, and the Job that is made of it, written out."""

import pytest

from kt_jupyter import errors
from kt_jupyter.specs import resources
from kt_jupyter.specs.compute import job_of, manifest, name_of, options_of, selector
from kt_jupyter.specs.mounting import MountText, mount_text
from kt_jupyter.specs.options import NEVER, Options, defaults, differences
from kt_jupyter.specs.pod import Mount, RunAs
from kt_jupyter.specs.quantity import parse
from kt_jupyter.specs.variables import variables
from tests.unit.restricted import CONTAINER_SECURITY, NO_SIDECARS, POD_SECURITY

PLAIN = defaults("python:3.12-slim")


def made(**asked):
    options = Options(**asked).over(PLAIN)
    return manifest("train", options, command=["python3", "-c", "x"], args=["b64"], namespace="team-a")


def pod(job):
    return job["spec"]["template"]["spec"]


def container(job):
    return pod(job)["containers"][0]


def test_the_job_of_a_compute():
    asked = {"memory": parse("8Gi"), "env_vars": {"HF_HOME": "/cache/hf"}, "mounts": (Mount("data", "/data"),)}
    labels = {
        "app.kubernetes.io/managed-by": "kt-jupyter",
        "kt-jupyter.dev/purpose": "compute",
        "kt-jupyter.dev/compute": "train",
        "sidecar.istio.io/inject": "false",
    }
    annotations = {
        "kt-jupyter.dev/compute": "train",
        "kt-jupyter.dev/idle-seconds": "1800",
        **NO_SIDECARS,
    }
    assert made(**asked) == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "kt-train", "namespace": "team-a", "labels": labels, "annotations": annotations},
        "spec": {
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 5,
                    "securityContext": POD_SECURITY,
                    "containers": [
                        {
                            "name": "main",
                            "image": "python:3.12-slim",
                            "command": ["python3", "-c", "x"],
                            "args": ["b64"],
                            "env": [
                                {"name": "HOME", "value": "/home/kt"},
                                {"name": "HF_HOME", "value": "/cache/hf"},
                            ],
                            "resources": {
                                "requests": {"cpu": "1", "memory": "8Gi"},
                                "limits": {"cpu": "1", "memory": "8Gi"},
                            },
                            "securityContext": CONTAINER_SECURITY,
                            "volumeMounts": [
                                {"name": "v0", "mountPath": "/data"},
                                {"name": "v1", "mountPath": "/home/kt"},
                                {"name": "v2", "mountPath": "/dev/shm"},
                            ],
                        }
                    ],
                    "volumes": [
                        {"name": "v0", "persistentVolumeClaim": {"claimName": "data"}},
                        {"name": "v1", "emptyDir": {}},
                        {"name": "v2", "emptyDir": {"medium": "Memory"}},
                    ],
                },
            },
        },
    }


def test_gpus_are_limits_and_their_taint_is_tolerated():
    job = made(gpus=2)
    assert container(job)["resources"] == {
        "requests": {"cpu": "1", "memory": "2Gi"},
        "limits": {"cpu": "1", "memory": "2Gi", "nvidia.com/gpu": "2"},
    }
    assert pod(job)["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_queue_is_a_label_of_the_job_alone():
    job = made(queue="team-queue")
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-queue"
    assert "kueue.x-k8s.io/queue-name" not in job["spec"]["template"]["metadata"]["labels"]
    assert "suspend" not in job["spec"]  # its webhook says so


def test_what_a_volume_takes_the_place_of_is_left_out():
    job = made(mounts=(Mount("home", "/home/kt"),))
    assert [each["mountPath"] for each in container(job)["volumeMounts"]] == ["/home/kt", "/dev/shm"]


def test_a_variable_arrives_as_it_was_written():
    assert container(made(env_vars={"COST": "$(PRICE) $$"}))["env"][1] == {"name": "COST", "value": "$$(PRICE) $$$$"}


def test_a_volume_held_on_a_node_pins_the_pod_there_with_what_the_node_asks_for():
    taint = {"key": "team", "operator": "Exists"}
    job = manifest("train", PLAIN, command=["python3"], args=[], node="kt-node", tolerations=[taint, taint])
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["kt-node"]}]}
    assert pod(job)["affinity"] == {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    }
    assert pod(job)["tolerations"] == [taint]


def test_workers_are_an_indexed_job_spread_over_the_nodes():
    job = made(workers=4)
    assert [job["spec"][each] for each in ("completionMode", "completions", "parallelism")] == ["Indexed", 4, 4]
    (spread,) = pod(job)["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert spread["labelSelector"]["matchLabels"].items() <= job["metadata"]["labels"].items()


def test_workers_that_share_a_volume_of_one_node_are_kept_together():
    options = Options(workers=4).over(PLAIN)
    job = manifest("train", options, command=[], args=[], node="kt-node", together=True)
    (each_other,) = pod(job)["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert each_other["topologyKey"] == "kubernetes.io/hostname"
    assert "nodeAffinity" in pod(job)["affinity"]
    assert "topologySpreadConstraints" not in pod(job)


@pytest.mark.parametrize("count", [0, -1, 1.5, "two", True])
def test_a_wrong_number_of_workers_is_refused(count):
    with pytest.raises(errors.InvalidInput, match="is not a number of workers"):
        resources.workers(count)


def test_what_few_need_is_there():
    job = made(
        working_dir="/app",
        service_account="trainer",
        image_pull_secret="registry",
        priority_class="low",
        node_selector={"disk": "ssd"},
        run_as=RunAs(1001, 100, None),
        idle=NEVER,
    )
    spec = pod(job)
    assert container(job)["workingDir"] == "/app"
    assert (spec["serviceAccountName"], spec["priorityClassName"]) == ("trainer", "low")
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]) == (1001, 100)
    assert job["metadata"]["annotations"]["kt-jupyter.dev/idle-seconds"] == "0"


@pytest.mark.parametrize("name", ["a", "train", "x" * 63])
def test_a_jobs_name_leaves_room_for_its_pods_and_their_ranks(name):
    assert len(f"{job_of(name)}-9999-abcde") <= 63


def test_long_names_that_begin_alike_have_different_jobs():
    assert job_of("x" * 62 + "a") != job_of("x" * 62 + "b")


def test_the_name_is_found_again_in_the_job_whatever_its_length():
    assert name_of(manifest("x" * 63, PLAIN, command=[], args=[])) == "x" * 63


def test_a_compute_is_found_by_its_labels():
    assert selector("train") == (
        "app.kubernetes.io/managed-by=kt-jupyter,kt-jupyter.dev/purpose=compute,kt-jupyter.dev/compute=train"
    )


EVERYTHING = Options(
    cpus=parse("500m"),
    memory=parse("1Gi"),
    gpus=1,
    image="python:3.12",
    env_vars={"A": "1", "PRICE": "$(X)"},
    mounts=(Mount("data", "/data"), Mount("sets", "/sets", read_only=True)),
    idle=600,
    node_selector={"disk": "ssd"},
    tolerations=({"key": "team", "operator": "Exists"},),
    queue="q",
    workers=4,
    run_as=RunAs(1001, 100, None),
    working_dir="/app",
    service_account="trainer",
    image_pull_secret="registry",
    priority_class="low",
)


def test_what_was_asked_is_read_back_from_the_job():
    job = manifest("train", EVERYTHING, command=["python3"], args=[])
    assert differences(EVERYTHING, options_of(job)) == {}


def test_what_was_not_asked_never_differs():
    assert differences(Options(), options_of(manifest("train", EVERYTHING, command=[], args=[]))) == {}


@pytest.mark.parametrize(
    ("asked", "difference"),
    [
        ({"cpus": parse("2")}, ("500m", "2")),
        ({"memory": parse("2Gi")}, ("1 Gi", "2 Gi")),
        ({"gpus": 8}, ("1", "8")),
        ({"image": "python:3.13"}, ("python:3.12", "python:3.13")),
        ({"env_vars": {"A": "2"}}, ("A=1", "A=2")),
        ({"mounts": (Mount("data", "/mnt"),)}, ("data at /data, sets at /sets (read-only)", "data at /mnt")),
        ({"env_vars": {"B": "2", "A": "1"}}, ("none", "B=2")),
        ({"idle": 3600}, ("10 min", "1 h")),
        ({"queue": "other"}, ("q", "other")),
    ],
)
def test_what_differs_is_told_side_by_side(asked, difference):
    running = options_of(manifest("train", EVERYTHING, command=[], args=[]))
    assert list(differences(Options(**asked), running).values()) == [difference]


def test_the_same_size_in_another_spelling_is_the_same():
    running = options_of(manifest("train", EVERYTHING, command=[], args=[]))
    assert differences(Options(memory=parse("1024Mi"), cpus=resources.cpus(0.5)), running) == {}


@pytest.mark.parametrize(("written", "kept"), [("2", "2"), (2, "2"), (0.5, "500m"), ("500m", "500m"), (1.0, "1")])
def test_cpus_are_written_as_kubernetes_writes_them(written, kept):
    assert str(resources.cpus(written)) == kept


@pytest.mark.parametrize(
    "wrong", ["", "two", "2 cores", "2c", 0, -1, "-1", "0.0001", True, None, [2], "1Gi", float("nan")]
)
def test_wrong_cpus_are_refused(wrong):
    with pytest.raises(errors.InvalidQuantity):
        resources.cpus(wrong)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("1GB", "1G or 1Gi"),
        ("32", 'memory="32Gi"'),
        ("8 Gi", "8Gi"),
        ("100m", 'memory="100Gi"'),
        ("1Mi", 'memory="1Gi"'),
        (8, "8Gi"),
        ("-1Gi", "1Gi"),
        (None, "10Gi"),
    ],
)
def test_wrong_memory_is_refused_with_what_was_probably_meant(wrong, hint):
    with pytest.raises(errors.InvalidQuantity) as caught:
        resources.memory(wrong)
    assert hint in str(caught.value)


@pytest.mark.parametrize("count", [0, 1, 8, "8", 2.0])
def test_gpus_are_counted(count):
    assert resources.gpus(count) == int(count)


@pytest.mark.parametrize("wrong", [-1, "-1", 0.5, "half", None, True, "A100"])
def test_wrong_gpus_are_refused(wrong):
    with pytest.raises(errors.InvalidInput, match="is not a number of GPUs"):
        resources.gpus(wrong)


@pytest.mark.parametrize("name", ["1ST", "A B", "A=B", "", "ä", 1])
def test_a_wrong_name_of_a_variable_is_refused(name):
    with pytest.raises(errors.InvalidInput, match="not the name of an environment variable"):
        variables({name: "x"})


@pytest.mark.parametrize("value", [None, True, ["a"], "a\0b"])
def test_a_value_that_an_environment_cannot_hold_is_refused(value):
    with pytest.raises(errors.InvalidInput, match="environment variable A"):
        variables({"A": value})


def test_variables_in_a_list_are_refused():
    with pytest.raises(errors.InvalidInput, match="a dict of names and values"):
        variables(["A=1"])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("data", MountText("data")),
        ("data:/mnt", MountText("data", "/mnt")),
        ("data:/mnt/:ro", MountText("data", "/mnt", read_only=True)),
        ("data:ro", MountText("data", None, read_only=True)),
        ("data:/mnt:rw", MountText("data", "/mnt")),
    ],
)
def test_a_volume_is_named_in_one_word(text, read):
    assert mount_text(text) == read


@pytest.mark.parametrize("wrong", ["", "Data_1", "data:mnt", "data:/a:/b", "data:/proc", "data:/mnt:r", 7, None])
def test_a_wrong_word_for_a_volume_is_refused(wrong):
    with pytest.raises(errors.InvalidInput):
        mount_text(wrong)
