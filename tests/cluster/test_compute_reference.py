"""The Compute examples of the reference documentation, as they stand but for their sizes."""

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS
from tests.cluster.computing import printed
from tests.cluster.workloads import claim

ANNOTATED = {"annotations": {"kubetorch.com/mount-path": "/models"}}
RWO = {"size": "10Mi", "access_mode": "ReadWriteOnce"}


@pytest.fixture
def mounted(computes):
    """Start a compute, and return where it really has volumes."""

    def start(**options):
        compute = computes.start(**options)
        places = [each.path for each in compute.status().volumes]
        source = f"import os; print(*[each for each in {places!r} if os.path.ismount(each)])"
        return printed(compute, source).split()

    return start


def test_new_volumes_are_made(mounted):
    volumes = [
        kt.Volume(name="training-data", mount_path="/data", **RWO),
        kt.Volume(name="checkpoints", mount_path="/checkpoints", **RWO),
    ]
    assert mounted(cpus="0.5", volumes=volumes) == ["/data", "/checkpoints"]


def test_an_existing_volume_is_mounted_where_it_is_said(mounted, workloads):
    workloads.make(CLAIMS, claim("shared-data"))
    known = kt.Volume.from_name(name="shared-data", namespace=workloads.namespace, mount_path="/mnt/shared")
    assert mounted(cpus="0.5", volumes=[known]) == ["/mnt/shared"]


def test_an_existing_volume_is_named_in_a_string(mounted, workloads):
    made = claim("existing-pvc")
    made["metadata"] |= ANNOTATED
    workloads.make(CLAIMS, made)
    assert mounted(cpus="0.5", volumes=["existing-pvc"]) == ["/models"]


def test_the_namespace_may_be_said_twice(mounted, workloads):
    workloads.make(CLAIMS, claim("imagenet-dataset"))
    place = {"namespace": workloads.namespace}
    known = kt.Volume.from_name("imagenet-dataset", mount_path="/datasets/imagenet", **place)
    assert mounted(memory="256Mi", volumes=[known], **place) == ["/datasets/imagenet"]


def test_a_shared_cache_is_found_through_variables(computes, shared_class):
    cache = kt.Volume(name="kt-global-cache", size="10Mi", mount_path="/cache", access_mode="ReadWriteMany")
    variables = {"UV_CACHE_DIR": "/cache/uv", "HF_HOME": "/cache/huggingface", "PIP_CACHE_DIR": "/cache/pip"}
    first = computes.start(name="first", cpus="0.5", env_vars=variables, volumes=[cache])
    printed(first, "import os\nos.makedirs(os.environ['HF_HOME'])\nopen(os.environ['HF_HOME'] + '/model', 'w').close()")
    second = computes.start(name="second", cpus="0.5", env_vars=variables, volumes=[cache])
    assert printed(second, "import os; print(os.listdir(os.environ['HF_HOME']))") == "['model']\n"


def test_training_goes_on_at_its_checkpoint_in_another_pod(computes, capsys):
    def train(epochs: int):
        import json
        import pathlib

        latest = pathlib.Path("/checkpoints", "latest.json")
        begun = json.loads(latest.read_text()) if latest.exists() else 0
        for epoch in range(begun, epochs):
            print("epoch", epoch)
            latest.write_text(json.dumps(epoch + 1))
        return "Training complete"

    volume = kt.Volume(name="training-checkpoints", mount_path="/checkpoints", **RWO)
    train_fn = kt.fn(train).to(computes.describe(memory="256Mi", volumes=[volume]))
    assert train_fn(epochs=2) == "Training complete"
    train_fn.compute.stop()
    assert train_fn(epochs=3) == "Training complete"
    assert capsys.readouterr().out == "epoch 0\nepoch 1\nepoch 2\n"


def test_gpus_are_asked_for_as_the_reference_does(computes):
    manifest = computes.describe(gpus=8, memory="256Gi", cpus=None).manifest(check=True)
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "256Gi", "nvidia.com/gpu": "8"}
