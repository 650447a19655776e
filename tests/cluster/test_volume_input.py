"""Bad input is refused before any request: here the cluster's address is one where nothing listens."""

import socket

import pytest
import yaml

import kt_jupyter as kt


@pytest.fixture
def nowhere(tmp_path):
    """Work on a cluster whose address refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "nowhere",
        "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "me"}}],
        "clusters": [{"name": "nowhere", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "me", "user": {}}],
    }
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    return kt.connect(kubeconfig=path)


@pytest.mark.parametrize("size", ["10GB", "10 Gi", "-1Gi", "0", "1.5", "", 10, None])
def test_a_wrong_size(nowhere, size):
    with pytest.raises(kt.InvalidQuantity):
        kt.Volume("my-data", size=size, mount_path="/data")


@pytest.mark.parametrize("name", ["Data_1", "x" * 254, "données", "-data", "a..b", ""])
def test_a_wrong_name(nowhere, name):
    with pytest.raises(kt.InvalidName):
        kt.Volume(name, size="1Gi", mount_path="/data")
    with pytest.raises(kt.InvalidName):
        kt.Volume.from_name(name)


@pytest.mark.parametrize("namespace", ["x" * 64, "team.a", "Team"])
def test_a_wrong_namespace(nowhere, namespace):
    with pytest.raises(kt.InvalidName):
        kt.Volume("my-data", size="1Gi", mount_path="/data", namespace=namespace)
    with pytest.raises(kt.InvalidName):
        kt.volumes(namespace)


@pytest.mark.parametrize("path", ["data", "/", "/a/../b", "/proc", "", None])
def test_a_wrong_mount_path(nowhere, path):
    with pytest.raises(kt.InvalidMountPath):
        kt.Volume("my-data", size="1Gi", mount_path=path)


@pytest.mark.parametrize("mode", ["RWM", "", "ReadWriteAll"])
def test_a_wrong_access_mode(nowhere, mode):
    with pytest.raises(kt.InvalidAccessMode):
        kt.Volume("my-data", size="1Gi", mount_path="/data", access_mode=mode)


def test_a_wrong_class_name(nowhere):
    with pytest.raises(kt.InvalidName, match="storage class"):
        kt.Volume("my-data", size="1Gi", mount_path="/data", storage_class="GP3 fast")


def test_a_right_handle_makes_no_request_to_be_made_and_shown(nowhere):
    assert repr(kt.Volume("my-data", size="10Gi", mount_path="/data")) == "Volume my-data  10 Gi  at /data"
    assert repr(kt.Volume.from_name("my-data", namespace="team-a")) == "Volume my-data  in team-a"


def test_the_first_request_shows_that_nothing_listens_there(nowhere):
    with pytest.raises(kt.ClusterUnreachable, match=r"127\.0\.0\.1"):
        kt.Volume("my-data", size="10Gi", mount_path="/data").exists()
