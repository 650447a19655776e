"""The test cluster's configuration files say what they have to; none of this starts anything."""

import base64
import json
import tomllib
from pathlib import Path

import pytest

from tests.realcluster import components, configs, golang, oci, registry, rootfs
from tests.realcluster.layout import INSIDE, Layout, host

FOLDER = Path("/run/kt/run/node1")


def test_an_image_store_alone_has_no_kubernetes_part():
    config = tomllib.loads(configs.containerd(root=Path("/store"), state=Path("/run"), cri=None))
    assert config["root"] == "/store"
    assert "io.containerd.grpc.v1.cri" in config["disabled_plugins"]
    assert "plugins" not in config


def test_a_nodes_containerd_uses_what_the_cache_brings_along():
    cri = configs.Cri(Path("/t/cni"), Path("/n/cni"), Path("/t/runc"), "localhost/pause:1", Path("/n/registries"))
    config = tomllib.loads(configs.containerd(root=FOLDER / "root", state=FOLDER, cri=cri))
    plugin = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert plugin["containerd"]["runtimes"]["runc"]["options"]["BinaryName"] == "/t/runc"
    assert (plugin["cni"]["bin_dir"], plugin["registry"]["config_path"]) == ("/t/cni", "/n/registries")


def test_every_pull_goes_to_the_clusters_own_registry():
    hosts = tomllib.loads(configs.registry())
    assert list(hosts["host"]) == [hosts["server"]] == [f"http://127.0.0.1:{registry.PORT}"]


@pytest.mark.parametrize(
    "key", ["address", "healthzPort", "cgroupRoot", "podLogsDir", "containerRuntimeEndpoint", "volumePluginDir"]
)
def test_kubelets_share_neither_addresses_nor_folders(key):
    first, second = (json.loads(configs.kubelet(node, Path("/n") / node.name, Path("/r"))) for node in configs.NODES)
    assert first[key] != second[key]


def test_pods_of_different_nodes_have_different_networks():
    subnets = {
        json.loads(configs.network(node, FOLDER))["plugins"][0]["ipam"]["ranges"][0][0]["subnet"]
        for node in configs.NODES
    }
    assert len(subnets) == len(configs.NODES)


def test_the_kubeconfig_carries_everything_and_names_no_path():
    config = json.loads(configs.kubeconfig(configs.ADMIN, b"CA", configs.NOBODY))
    assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == b"CA"
    assert [context["name"] for context in config["contexts"]] == ["kt-real", "kt-real-alice"]
    assert config["current-context"] == "kt-real"
    assert "/run" not in json.dumps(config)


def test_every_user_has_a_token_of_their_own():
    lines = configs.tokens().splitlines()
    assert len({line.split(",")[0] for line in lines}) == len(lines) == len(configs.USERS)
    assert 'admin-token,admin,admin,"system:masters"' in lines


def test_one_class_is_the_default_and_waits_for_its_first_consumer():
    classes = {found["metadata"]["name"]: found for found in configs.storage_classes()}
    assert list(classes) == ["standard", "shared", "broken"]
    marked = [name for name, found in classes.items() if found["metadata"].get("annotations")]
    assert marked == ["standard"]
    assert classes["standard"]["volumeBindingMode"] == "WaitForFirstConsumer"


def test_the_provisioner_answers_for_every_class():
    source = Path(golang.__file__).with_name("go").joinpath("provisioner.go").read_text()
    assert all(f'"{found["provisioner"]}"' in source for found in configs.storage_classes())


def test_programs_write_below_the_run_folder_only():
    layout = Layout(INSIDE)
    every = [components.etcd, components.api_server, components.controller_manager, components.scheduler]
    for argument in (word for component in every for word in component(layout).argv[2:]):
        value = argument.partition("=")[2]
        assert not value.startswith("/") or value.startswith("/run/kt/run/"), argument


def test_no_path_of_a_socket_is_too_long_for_unix():
    assert len(f"{Layout(INSIDE).node(2)}/containerd.sock.ttrpc") < 108


def test_the_cache_follows_the_users_wish(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert str(host().base).startswith("/elsewhere/kt_jupyter/cluster/1.34.")


def test_two_caches_never_share_a_control_group():
    assert Layout(Path("/a")).control_group != Layout(Path("/b")).control_group


@pytest.mark.parametrize(
    ("text", "version"),
    [("go version go1.26.8 linux/amd64", (1, 26)), ("go version go1.24rc1 linux/arm64", (1, 24)), ("", (0,))],
)
def test_gos_version_is_read(text, version):
    assert golang.version_of(text) == version


def test_programs_report_the_version_they_were_built_from():
    assert "-X k8s.io/component-base/version.gitVersion=v1.34.4" in golang.linker_flags("1.34.4")


def test_the_machines_debian_is_known():
    text = 'NAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\nEMPTY=\n'
    assert rootfs.os_release(text) == {"NAME": "Debian GNU/Linux", "VERSION_CODENAME": "bookworm"}


def test_an_images_documents_refer_to_each_other():
    made = oci.documents(("docker.io/library/alpine:latest", "docker.io/library/busybox:latest"), ("/bin/sh",), "aa", 7)
    index = json.loads(made.files["index.json"])
    manifest = json.loads(made.files[f"blobs/sha256/{made.manifest}"])
    assert {one["digest"] for one in index["manifests"]} == {f"sha256:{made.manifest}"}
    assert manifest["config"]["digest"].replace(":", "/") in "".join(made.files)
    assert manifest["layers"] == [{"mediaType": oci._LAYER_TYPE, "digest": "sha256:aa", "size": 7}]
