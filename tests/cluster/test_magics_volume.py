"""``%kt_volume`` in a real shell, on a cluster."""

import json

import pytest
import yaml
from IPython.core.error import UsageError

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, PODS


@pytest.fixture
def bound(namespace, shared_class):
    """A volume with a disk."""
    volume = kt.Volume("full", size="1Gi", mount_path="/data", storage_class=shared_class, access_mode="RWX")
    volume.ensure()
    volume.wait()
    return volume


def pod(cluster, namespace, volume):
    """Make a pod object that names the volume; it need not run."""
    container = {"name": "main", "image": "busybox", "command": ["true"]}
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": volume}}
    spec = {"containers": [container], "volumes": [claim], "restartPolicy": "Never"}
    cluster.create(PODS, {"metadata": {"name": "user"}, "spec": spec}, namespace=namespace)


def test_create_makes_the_volume_and_returns_it(shell, cluster, namespace):
    volume = shell.run("vol = %kt_volume create my-data --size 1Gi --mount /data --mode RWO\nvol")
    assert isinstance(volume, kt.Volume)
    assert cluster.get(CLAIMS, "my-data", namespace=namespace)["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_its_card_says_how_it_is_and_what_could_be_done(shell, namespace):
    text = shell.shown(shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO"))
    assert text.startswith("Volume my-data    ")
    assert "size 1 Gi · RWO (one node at a time) · class" in text
    assert f"namespace {namespace} · mounted at /data · made just now" in text
    assert text.endswith(
        "next: %kt_volume ssh my-data   ·   %kt_volume show my-data   ·   %kt_volume delete my-data   ·   %kt_volume"
    )


def test_create_twice_is_the_same_as_once(shell):
    line = "%kt_volume create my-data --size 1Gi --mount /data --mode RWO"
    assert shell.shown(shell.run(line)) == shell.shown(shell.run(line))


def test_variables_are_expanded_as_in_any_magic(shell):
    volume = shell.run("name, size = 'my-data', '1Gi'\n%kt_volume create {name} --size $size --mount /data --mode RWO")
    assert (volume.name, volume.size) == ("my-data", "1Gi")


def test_a_dry_run_shows_what_the_server_would_store_and_keeps_nothing(shell, cluster, namespace):
    would_be = shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO --dry-run")
    assert "would be made" in shell.shown(would_be)
    assert "volumeMode: Filesystem" in shell.shown(would_be)  # the server's default
    assert cluster.list(CLAIMS, namespace=namespace) == []


def test_the_manifest_is_yaml_that_kubectl_would_take(shell, cluster, namespace):
    document = shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO --yaml")
    manifest = yaml.safe_load(document)
    assert cluster.create(CLAIMS, manifest, namespace=namespace, dry_run=True)["metadata"]["name"] == "my-data"
    assert shell.shown(document) == document


def test_a_class_that_always_fails_says_so_in_the_card(shell, broken_class):
    text = shell.shown(shell.run(f"%kt_volume create raw --size 1Gi --mount /data --class {broken_class} --mode RWO"))
    assert text.startswith("Volume raw    ▲ Problem: ")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("create x --size 10GB --mount /data", kt.InvalidQuantity),
        ("create x --size -1Gi --mount /data", kt.InvalidQuantity),
        ("create Data_1 --size 1Gi --mount /data", kt.InvalidName),
        ("create x --size 1Gi --mount data", kt.InvalidMountPath),
        ("create x --size 1Gi --mount /data --mode RWM", kt.InvalidAccessMode),
        ("create x --size 1Gi --mount /data --class gp9", kt.StorageClassNotFound),
        ("show x", kt.VolumeNotFound),
        ("list -n kt-test-nowhere", kt.NamespaceNotFound),
    ],
)
def test_bad_input_is_an_error_of_its_own_type(shell, line, error, capsys):
    with pytest.raises(error):
        shell.run(f"%kt_volume {line}")
    assert "Traceback" not in capsys.readouterr().out


def test_a_mistake_in_the_line_itself_is_one_line(shell, capsys):
    with pytest.raises(UsageError):
        shell.run("%kt_volume lsit")
    assert capsys.readouterr().err == (
        "UsageError: %kt_volume has no verb 'lsit'. Close to it: list. "
        "Its verbs: create, list, show, ssh, delete, gc.\n"
    )


def test_without_a_verb_volumes_are_listed(shell, namespace):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    lines = shell.shown(shell.run("%kt_volume")).splitlines()
    assert lines[0].startswith(f"1 volume in {namespace} (")
    assert lines[1].split() == ["NAME", "STATUS", "SIZE", "MODE", "CLASS", "USED", "BY", "AGE"]
    assert "my-data" in lines[2]


def test_an_empty_list_says_how_to_make_the_first_one(shell):
    text = shell.shown(shell.run("%kt_volume"))
    assert text.endswith("next: %kt_volume create my-data --size 10Gi --mount /data")


def test_all_namespaces_are_listed_with_their_names(shell, namespace):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    listed = shell.run("%kt_volume list -A")
    assert (namespace, "my-data") in [(status.namespace, status.name) for status in listed]
    assert "NAMESPACE" in shell.shown(listed)


def test_json_is_text_for_json_loads(shell):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    (row,) = json.loads(shell.run("%kt_volume --json"))
    assert (row["name"], row["requested"], row["accessModes"]) == ("my-data", "1Gi", ["ReadWriteOnce"])


def test_a_deletion_is_told_as_json_too(shell, cluster, namespace):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    planned = json.loads(shell.run("%kt_volume delete my-data --dry-run --json"))
    assert (planned["name"], planned["existed"], planned["deleted"]) == ("my-data", True, False)
    assert json.loads(shell.run("%kt_volume delete my-data --yes --json")) == {**planned, "deleted": True}
    assert cluster.list(CLAIMS, namespace=namespace) == []


def test_a_dry_run_gives_json_of_what_the_server_would_store(shell):
    text = shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO --dry-run --json")
    assert json.loads(text)["spec"]["volumeMode"] == "Filesystem"


def test_json_and_yaml_exclude_each_other(shell):
    with pytest.raises(UsageError):
        shell.run("%kt_volume create my-data --size 1Gi --mount /data --json --yaml")


def test_show_names_the_pods_that_use_it(shell, cluster, namespace):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    pod(cluster, namespace, "my-data")
    assert "used by user" in shell.shown(shell.run("%kt_volume show my-data"))


def test_a_volume_without_a_disk_is_deleted_at_once(shell, cluster, namespace, default_class):
    volume = shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    if volume.status().state is not kt.volumes.State.WAITING:
        pytest.skip(f"class {default_class} makes its disks at once")
    deleted = shell.run("%kt_volume delete my-data")
    assert cluster.list(CLAIMS, namespace=namespace) == []
    assert shell.shown(deleted) == (
        f"Volume my-data    ✓ deleted\nnamespace {namespace} · it has no disk yet, so no data is lost"
    )


def test_a_volume_with_data_is_deleted_only_by_who_means_it(shell, bound, cluster, namespace):
    with pytest.raises(kt.DataWouldBeLost, match="deleting it destroys its data"):
        shell.run("%kt_volume delete full")
    assert shell.run("%kt_volume delete full --yes").gone
    assert cluster.list(CLAIMS, namespace=namespace) == []


def test_a_dry_run_of_a_deletion_deletes_nothing_and_says_what_would_be_lost(shell, bound):
    text = shell.shown(shell.run("%kt_volume delete full --dry-run"))
    assert "would be deleted" in text
    assert "data is destroyed" in text
    assert bound.exists()


def test_deleting_what_is_not_there_says_so(shell, namespace):
    assert shell.shown(shell.run("%kt_volume delete nothing")) == (
        f"Volume nothing    ○ there is none in {namespace}, nothing to do"
    )


def test_help_is_there_for_the_magic_and_each_verb(shell, capsys):
    shell.run("%kt_volume --help")
    shell.run("%kt_volume create --help")
    said = capsys.readouterr().out
    assert "make a volume, or use the one of that name" in said
    assert "--size SIZE" in said
    assert shell.ip.find_magic("kt_volume").__doc__ in said


def test_the_html_offers_commands_to_insert(shell):
    html = shell.html(shell.run("%kt_volume"))
    assert 'data-kt-insert="%kt_volume create my-data --size 10Gi --mount /data"' in html


def test_a_volume_shows_its_card_wherever_it_comes_from(shell):
    volume = kt.Volume("my-data", size="1Gi", mount_path="/data", access_mode="RWO")
    assert shell.shown(volume).startswith("Volume my-data    ○ Not made yet")
