"""`kt.Compute`: started once, found again, stopped; what it mounts; why it does not start, and that nothing is left."""

import contextlib
import threading

import pytest

import kt_jupyter as kt
from kt_jupyter.compute import State
from kt_jupyter.kube import CLAIMS, EVENTS, JOBS, NAMESPACES, NODES, PODS
from tests.cluster.computing import PYTHON, STARTS_WITHIN, printed
from tests.cluster.workloads import claim, mounting, pod
from tests.waiting import eventually

RESTRICTED = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}


class Heard(Exception):  # noqa: N818
    """What was waited for has been said."""


@pytest.fixture
def empty(workloads):
    """Asks whether nothing of a compute is in the namespace, or will be in a moment."""

    def check():
        for kind in (JOBS, PODS, CLAIMS):
            for each in workloads.cluster.list(kind, namespace=workloads.namespace):
                workloads.gone(kind, each["metadata"]["name"])

    return check


def refused(computes, error, words, **options):
    """The start raises an error that says so."""
    with pytest.raises(error) as refusal:
        computes.start(**options)
    assert words in str(refusal.value)
    assert "\n" not in refusal.value.fact
    return refusal.value


# -- its life ---------------------------------------------------------------------------------------------------------


def test_it_is_started_once_found_again_and_stopped(computes, workloads, empty):
    compute = computes.start(name="train")
    assert compute.start() is compute
    again = computes.start(name="train")
    assert (again.pod, again.node) == (compute.pod, compute.node)
    assert len(workloads.cluster.list(JOBS, namespace=workloads.namespace)) == 1
    workloads.running(compute.pod)  # the agent answers before the cluster reports that it runs
    (row,) = kt.computes()
    assert (row.name, row.state, row.pod_name) == ("train", State.RUNNING, compute.pod)
    assert compute.status().state is State.RUNNING
    assert repr(again.stop()) == "Compute train: stopped"
    assert compute.status().state is State.ABSENT
    assert repr(compute.stop()) == f"Compute train: there is none in {workloads.namespace}, nothing to do"
    empty()


def test_the_wait_is_one_line_of_stages(computes):
    computes.start()
    assert computes.said[-1].startswith("✓ scheduled on ")
    assert "✓ running" in computes.said[-1]


def test_making_the_object_asks_nobody(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert repr(kt.Compute(cpus=1, memory="2Gi", name="train")) == "Compute train  1 CPU  2 Gi"


def test_the_same_description_in_the_same_notebook_is_the_same_compute(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/My Training.ipynb")
    first, again, other = kt.Compute(cpus=1), kt.Compute(cpus=1), kt.Compute(cpus=2)
    assert first.name == again.name != other.name
    assert first.name.startswith("my-training-")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/other.ipynb")
    assert kt.Compute(cpus=1).name != first.name


def test_two_kernels_that_start_it_at_once_get_one(computes, workloads):
    described = [computes.describe(name="train") for _ in range(2)]
    threads = [threading.Thread(target=each.start, kwargs={"timeout": STARTS_WITHIN}) for each in described]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STARTS_WITHIN)
    assert described[0].pod == described[1].pod
    assert len(workloads.cluster.list(JOBS, namespace=workloads.namespace)) == 1


def test_what_runs_and_is_another_one_is_refused_until_it_is_started_anew(computes):
    compute = computes.start(name="train")
    printed(compute, "x = 1")
    error = refused(computes, kt.ComputeDiffers, "memory: 256 Mi, asked was 300 Mi", name="train", memory="300Mi")
    assert error.differences == {"memory": ("256 Mi", "300 Mi")}
    anew = computes.describe(name="train", memory="300Mi")
    anew.start(fresh=True, timeout=STARTS_WITHIN, progress=computes.said.append)
    assert printed(anew, "print('x' in globals())") == "False\n"


def test_only_named_it_is_found_as_it_is(computes):
    compute = computes.start(name="train")
    printed(compute, "x = 41")
    assert printed(computes.describe(name="train", cpus=None, memory=None), "print(x + 1)") == "42\n"


def test_its_log_is_what_was_printed(computes):
    compute = computes.start(name="train")
    printed(compute, "for i in range(3): print('line', i)")
    eventually(lambda: "line 2" in compute.logs())
    assert "line 1" not in compute.logs(tail=1)


def test_within_a_block_it_runs_and_after_it_not(computes, workloads, empty):
    with computes.describe(name="block") as compute:
        assert printed(compute, "print(1)") == "1\n"
    empty()


# -- what it is -------------------------------------------------------------------------------------------------------


def test_variables_arrive_and_there_is_room_to_write(computes):
    compute = computes.start(env_vars={"PIP_CACHE_DIR": "/cache/pip", "PRICE": "$(HOME)", "WORKERS": 4})
    source = """
    import os, pathlib
    print(os.environ["PIP_CACHE_DIR"], os.environ["PRICE"], os.environ["WORKERS"])
    pathlib.Path("here.txt").write_text("x"); (pathlib.Path.home() / "there.txt").write_text("x")
    print(os.getcwd(), os.access("/dev/shm", os.W_OK))
    """
    assert printed(compute, source.replace("\n    ", "\n")) == "/cache/pip $(HOME) 4\n/home/kt True\n"


def test_a_namespace_that_enforces_restricted_takes_it(computes, workloads):
    workloads.cluster.patch(NAMESPACES, workloads.namespace, RESTRICTED)
    assert printed(computes.start(), "import os; print(os.getuid() != 0)") == "True\n"


def test_its_manifest_is_what_the_server_would_take(computes):
    compute = computes.describe(name="train", queue="team-queue", gpus=1)
    manifest = compute.manifest()
    assert manifest["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-queue"
    assert manifest["spec"]["template"]["spec"]["containers"][0]["image"] == PYTHON
    assert compute.manifest(check=True)["spec"]["template"]["spec"]["dnsPolicy"] == "ClusterFirst"
    assert compute.status().state is State.ABSENT


# -- its volumes ------------------------------------------------------------------------------------------------------


def test_volumes_that_do_not_exist_are_made_when_it_starts_and_stay_when_it_stops(computes, workloads):
    scratch = kt.Volume("scratch", size="10Mi", mount_path="/scratch", access_mode="RWO")
    compute = computes.describe(volumes=[scratch])
    assert not scratch.exists()
    compute.start(timeout=STARTS_WITHIN, progress=computes.said.append)
    printed(compute, "open('/scratch/a', 'w').write('kept')")
    assert compute.stop().volumes == ("scratch",)
    assert printed(computes.start(volumes=["scratch"]), "print(open('/scratch/a').read())") == "kept\n"


def test_new_and_known_and_named_volumes_together(computes, workloads):
    kt.Volume("model-cache", size="10Mi", mount_path="/models", access_mode="RWO").ensure()
    workloads.make(CLAIMS, claim("datasets"))
    compute = computes.start(
        volumes=[
            kt.Volume(name="scratch", size="10Mi", mount_path="/scratch", access_mode="RWO"),
            kt.Volume.from_name("datasets", mount_path="/datasets"),
            "model-cache",
        ]
    )
    source = "import os; print([os.path.ismount(p) for p in ('/scratch', '/datasets', '/models')])"
    assert printed(compute, source) == "[True, True, True]\n"


def test_a_volume_mounted_read_only_can_not_be_written(computes, workloads):
    workloads.make(CLAIMS, claim("sets"))
    compute = computes.start(volumes=["sets:/sets:ro"])
    source = "try:\n    open('/sets/x', 'w')\nexcept OSError as error:\n    print(error.strerror)"
    assert printed(compute, source) == "Read-only file system\n"


def test_it_runs_in_the_namespace_of_its_volumes(computes, workloads):
    workloads.make(CLAIMS, claim("sets"))
    with contextlib.ExitStack() as current:
        known = kt.Volume.from_name("sets", namespace=workloads.namespace, mount_path="/sets")
        current.callback(kt.kube.adopt, workloads.cluster.with_namespace(workloads.namespace))
        kt.kube.adopt(workloads.cluster.with_namespace("default"))
        compute = computes.start(volumes=[known])
        assert compute.namespace == workloads.namespace


def test_a_volume_in_another_namespace_is_refused_before_anything_is_made(computes, empty):
    scratch = kt.Volume("scratch", size="10Mi", mount_path="/scratch")
    refused(computes, kt.InvalidInput, "A pod mounts only what its own", namespace="default", volumes=[scratch])
    empty()


def test_a_volume_that_does_not_exist_is_named(computes, empty):
    refused(computes, kt.VolumeNotFound, 'there is no volume "my-dta"', volumes=["my-dta"])
    empty()


def test_a_volume_that_says_no_place_asks_for_one(computes, workloads):
    workloads.make(CLAIMS, claim("bare"))
    refused(computes, kt.InvalidMountPath, 'nothing says where to mount volume "bare"', volumes=["bare"])
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_a_volume_that_is_another_one_is_explained_before_a_pod_is_made(computes, workloads):
    workloads.make(CLAIMS, claim("scratch"))
    wanted = kt.Volume("scratch", size="5Gi", mount_path="/scratch")
    refused(computes, kt.VolumeDiffers, "size is 10Mi, asked was 5Gi", volumes=[wanted])
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_a_volume_in_use_on_a_node_brings_the_pod_there(computes, workloads):
    workloads.make(CLAIMS, claim("data"))
    workloads.make(PODS, pod("holder", "sleep 600", **mounting("data")))
    node = workloads.running("holder")["spec"]["nodeName"]
    assert computes.start(volumes=["data:/data"]).node == node


@pytest.fixture
def apart(workloads):
    """Two volumes, each in use on a node of its own."""
    nodes = [each["metadata"]["name"] for each in workloads.cluster.list(NODES)]
    if len(nodes) < 2:
        pytest.skip("this cluster has one node")
    for name, node in zip(("one", "two"), nodes, strict=False):
        workloads.make(CLAIMS, claim(name))
        there = {"nodeSelector": {"kubernetes.io/hostname": node}}
        workloads.make(PODS, pod(f"holder-{name}", "sleep 600", **mounting(name), **there))
        workloads.running(f"holder-{name}")
    return nodes


def test_volumes_in_use_on_two_nodes_are_refused_with_both(computes, workloads, apart):
    error = refused(computes, kt.VolumeInUse, "in use on different nodes", volumes=["one:/one", "two:/two"])
    assert all(f'"{name}" on {node}' in error.fact for name, node in zip(("one", "two"), apart, strict=False))
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_of_disks_on_two_nodes_that_nobody_uses_it_is_said_that_they_cannot_be_had_together(computes, workloads, apart):
    for name in ("one", "two"):
        workloads.cluster.delete(PODS, f"holder-{name}", namespace=workloads.namespace)
        workloads.gone(PODS, f"holder-{name}")
    with pytest.raises(kt.WaitTimeout, match="nodes is where its disk cannot be used"):
        computes.describe(volumes=["one:/one", "two:/two"]).start(timeout=3, progress=computes.said.append)


def test_a_volume_for_one_pod_that_has_one_is_refused_with_its_name(computes, workloads):
    workloads.make(CLAIMS, claim("data", mode="ReadWriteOncePod"))
    workloads.make(PODS, pod("holder", "sleep 600", **mounting("data")))
    workloads.running("holder")
    refused(computes, kt.VolumeInUse, "holder", volumes=["data:/data"])
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


# -- why it does not start --------------------------------------------------------------------------------------------


def test_a_start_that_fails_removes_what_it_made_and_says_so(computes, empty):
    scratch = kt.Volume("scratch", size="10Mi", mount_path="/scratch", access_mode="RWO")
    with pytest.raises(kt.ImageNotAvailable):
        computes.start(name="train", image="nobody-has/this:1", volumes=[scratch])
    assert "Removed again: volume scratch" in computes.said[-1]
    assert any("what was made is removed" in line for line in computes.said)
    empty()


def test_a_quota_that_has_no_room_is_said_before_anything_is_made(computes, workloads, empty):
    workloads.quota("small", {"limits.memory": "100Mi"})
    scratch = kt.Volume("scratch", size="10Mi", mount_path="/scratch", access_mode="RWO")
    with pytest.raises(kt.QuotaExceeded):
        computes.start(volumes=[scratch])
    empty()


def test_gpus_that_no_node_has_are_said_at_once_and_waited_for(computes, empty):
    compute = computes.describe(gpus=99)
    with pytest.raises(kt.WaitTimeout, match="did not start within 3 s") as late:
        compute.start(timeout=3, progress=computes.said.append)
    assert computes.said[0].startswith("No node has 99 GPUs")
    assert "GPUs" in late.value.fact
    empty()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("TriggeredScaleUp", "the cluster is adding a node for it"),
        ("NotTriggerScaleUp", "the cluster's autoscaler adds no node for it"),
    ],
)
def test_what_an_autoscaler_does_is_said(computes, workloads, reason, words):
    compute = computes.describe(gpus=99, name="train")

    def autoscale():
        with workloads.cluster.watch(PODS, namespace=workloads.namespace) as pods:
            about = next(iter(pods)).object["metadata"]
        involved = {"kind": "Pod", "namespace": workloads.namespace, "name": about["name"], "uid": about["uid"]}
        metadata = {"name": "scaled"}
        event = {"metadata": metadata, "involvedObject": involved, "reason": reason, "message": "", "type": "Normal"}
        workloads.make(EVENTS, event)

    def hear(line):
        if words in line:
            raise Heard

    scaler = threading.Thread(target=autoscale)
    scaler.start()
    with pytest.raises(Heard):
        compute.start(timeout=STARTS_WITHIN, progress=hear)
    scaler.join()


def test_an_image_without_python_is_named(computes, workloads, empty):
    if workloads.cluster.is_local:
        pytest.skip("the embedded cluster's pods run this machine's programs, whatever the image: all have Python")
    refused(computes, kt.ImageNotAvailable, '"alpine:latest" has no program "python3"', image="alpine:latest")
    empty()


@pytest.fixture
def claiming(computes):
    """Options of a compute whose Python says that it is another one: no image with such a one is everywhere."""

    def options(version):
        # A Python begins with this file, before it reads the agent.
        source = f"import sys\nif sys.argv[0] == '-c': sys.version_info = {version}"
        with computes.describe(volumes=[kt.Volume("site", "10Mi", "/site", access_mode="RWO")]) as writer:
            printed(writer, f"open('/site/sitecustomize.py', 'w').write({source!r})")
        return {"volumes": ["site"], "env_vars": {"PYTHONPATH": "/site"}}

    return options


def test_a_python_that_is_too_old_is_named(computes, claiming, workloads):
    words = f'image "{PYTHON}" has Python 3.7, and the agent needs 3.8 or newer.'
    refused(computes, kt.ImageNotAvailable, words, **claiming((3, 7, 17)))
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_a_python_of_another_minor_runs_cells_and_is_sent_no_functions(computes, claiming):
    compute = computes.start(**claiming((3, 9, 18)))
    with pytest.raises(
        kt.PythonMismatch, match=rf"this notebook runs Python 3\.\d+ and pod {compute.pod} runs Python 3\.9"
    ):
        kt.fn(abs).to(compute)(-3)
    assert printed(compute, "print(6 * 7)") == "42\n"
