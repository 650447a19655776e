"""`vol.ssh()`: where the pod of a terminal runs, what is said when it cannot, and that nothing is left of it then."""

import contextlib
import dataclasses

import pytest

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS, NAMESPACES, NODES, PODS, STORAGE_CLASSES, VOLUMES
from kt_jupyter.specs.storage import StorageClass
from kt_jupyter.volumes import Shell
from tests.cluster.workloads import IMAGE, SECRETS, claim, mounting, phase, pod
from tests.waiting import eventually

RESTRICTED = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
QUIET = [].append


class Counted:
    """What there is of ours in the namespace, so that it can be compared."""

    def __init__(self, workloads):
        self._workloads = workloads
        self._before = self.names()

    def names(self):
        where = self._workloads.namespace
        found = {kind: self._workloads.cluster.list(kind, namespace=where) for kind in (JOBS, PODS, SECRETS)}
        return {kind: {each["metadata"]["name"] for each in objects} for kind, objects in found.items()}

    def unchanged(self):
        """Wait until what was made is gone, and nothing else is."""
        eventually(lambda: self.names() == self._before)


@pytest.fixture
def counted(workloads):
    """Counts now; the test asks later whether it is unchanged."""
    return lambda: Counted(workloads)


@pytest.fixture
def waiting_class(cluster):
    """The name of a class that makes a disk for the first pod that needs it."""
    classes = [StorageClass.from_manifest(found) for found in cluster.list(STORAGE_CLASSES)]
    found = next((each.name for each in classes if each.waits_for_first_use), None)
    return found or pytest.skip("no class of this cluster waits for the first use")


@pytest.fixture
def by_hand(workloads):
    """Bind a claim to a disk that was made by hand; returns the disk's name."""
    made = []

    def bind(name, **disk):
        hand = f"by-hand-{workloads.namespace}"
        spec = {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": hand,
            "hostPath": {"path": "/tmp"},
            **disk,
        }
        workloads.cluster.create(VOLUMES, {"metadata": {"name": hand}, "spec": spec})
        made.append(hand)
        workloads.make(CLAIMS, claim(name, storageClassName=hand))
        workloads.bound(name)
        return hand

    yield bind
    for hand in made:
        with contextlib.suppress(kt.NotFound):
            workloads.cluster.delete(VOLUMES, hand)


@pytest.fixture
def volume(workloads):
    """A volume of the default class, for one node at a time."""
    workloads.make(CLAIMS, claim("data"))
    return handle()


def handle(name="data", path="/data"):
    return kt.Volume.from_name(name, mount_path=path)


def ssh(volume, **how):
    return volume.ssh(IMAGE, progress=QUIET, timeout=45, **how)


def said(workloads, shell, wanted):
    """Wait until the terminal shows a text, and return all it shows."""
    while wanted not in (log := workloads.log(shell.pod)):
        assert phase(workloads.cluster.get(PODS, shell.pod, namespace=workloads.namespace)) == "Running"
    return log


def refused(volume, counted, error, words, **how):
    """The call raises one sentence, and there is no more in the namespace than before."""
    before = counted()
    with pytest.raises(error) as refusal:
        volume.ssh(progress=QUIET, **{"image": IMAGE, "timeout": 45, **how})
    assert words in refusal.value.fact
    assert "\n" not in refusal.value.fact
    before.unchanged()
    return refusal.value


# -- what a terminal is


def test_the_first_lines_say_what_it_is_and_how_it_ends(volume, workloads):
    shell = ssh(volume)
    log = said(workloads, shell, f"pod {shell.pod} on {shell.node}")
    assert "data\x1b[0m at /data, read-write; exit or 30 min detached ends it" in log


def test_the_shell_stands_in_the_volume_and_writes_there(volume, workloads):
    shell = ssh(volume)
    with workloads.cluster.attach(
        shell.pod, namespace=workloads.namespace, container="main", stdin=True, tty=True
    ) as stream:
        stream.write(b"echo kept-$((40 + 2)) > file; cat $PWD/file; exit 4\n")
        shown = b"".join(data for _, data in stream)
    assert b"kept-42" in shown
    workloads.run("reader", "cat /data/file", **mounting("data"))
    assert workloads.log("reader") == "kept-42\n"


def test_its_pod_is_restricted_leased_and_named_after_the_volume(volume, workloads):
    workloads.cluster.patch(NAMESPACES, workloads.namespace, RESTRICTED)
    shell = ssh(volume, idle="2h")
    found = workloads.cluster.get(PODS, shell.pod, namespace=workloads.namespace)
    assert shell.pod.startswith("kt-sh-data-")
    assert found["metadata"]["annotations"]["kt-jupyter.dev/lease-seconds"] == "7200"
    assert found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kt-jupyter"
    job = workloads.cluster.get(JOBS, found["metadata"]["labels"]["batch.kubernetes.io/job-name"],
                                namespace=workloads.namespace)  # fmt: skip
    assert job["spec"]["activeDeadlineSeconds"] == 7200


def test_a_claim_that_waits_for_its_first_consumer_is_bound_by_it_and_that_is_said(workloads, waiting_class, capsys):
    workloads.make(CLAIMS, claim("data", storageClassName=waiting_class))
    plan = handle().ssh(IMAGE, explain=True)
    assert f"class {waiting_class} makes its disk there, at this first use" in plan.sentence
    ssh(handle())
    assert f"class {waiting_class} makes its disk for this" in capsys.readouterr().err
    assert workloads.bound("data")


def test_read_only_lets_nothing_be_written(volume, workloads):
    workloads.run("writer", "echo kept > /data/file", **mounting("data"))
    shell = ssh(volume, read_only=True)
    assert "at /data, read-only" in said(workloads, shell, "detached ends it")
    write = ["sh", "-c", "cat /data/file; echo x > /data/other"]
    done = workloads.cluster.run(shell.pod, write, namespace=workloads.namespace)
    assert done.stdout == b"kept\n"
    assert b"Read-only file system" in done.stderr


def test_it_runs_as_the_pod_that_uses_the_volume(volume, workloads):
    identity = {"runAsNonRoot": True, "runAsUser": 1234, "runAsGroup": 4321, "fsGroup": 4321,
                "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
    workloads.make(PODS, pod("train-0", "sleep 600", **mounting("data"), securityContext=identity))
    workloads.running("train-0")
    assert "as user 1234:4321, like pod train-0" in volume.ssh(IMAGE, explain=True).sentence
    done = workloads.cluster.run(ssh(volume).pod, ["id", "-u"], namespace=workloads.namespace)
    assert done.stdout == b"1234\n"


def test_run_as_names_whom(volume, workloads):
    shell = ssh(volume, run_as="1001:100")
    done = workloads.cluster.run(shell.pod, ["sh", "-c", "id -u; id -g"], namespace=workloads.namespace)
    assert done.stdout == b"1001\n100\n"


def test_data_of_somebody_else_is_said_with_the_way_to_be_them(volume, workloads):
    if workloads.cluster.is_local:
        pytest.skip("on the embedded cluster all files are one user's")
    root = {"runAsNonRoot": False, "runAsUser": 0}
    workloads.run("owner", "chmod 700 /data", **mounting("data"), securityContext=root)
    log = said(workloads, ssh(volume, run_as=1001), "run_as=")
    assert "/data cannot be entered as user 1001:1001: it belongs to 0:0 (drwx" in log
    assert 'To be that user: vol.ssh(run_as="0:0")' in log


@pytest.mark.parametrize(("image", "shell"), [(IMAGE, "sh"), ("ubuntu:22.04", "bash"), ("python:3.12-slim", "bash")])
def test_the_best_shell_of_the_image_is_its_main_process(volume, workloads, image, shell):
    if workloads.cluster.is_local:
        pytest.skip("on the embedded cluster every image has this machine's programs")
    pod = volume.ssh(image, progress=QUIET, timeout=45).pod
    until = ["sh", "-c", "until tr '\\0' ' ' </proc/1/cmdline | grep \"^$0 .*-i\"; do sleep 0.1; done", shell]
    assert workloads.cluster.run(pod, until, namespace=workloads.namespace).exit_code == 0


# -- which one


def test_asked_again_it_is_the_same_shell_from_any_notebook(volume, workloads):
    first = ssh(volume)
    again = ssh(handle())
    assert (again.pod, again.reused, first.reused) == (first.pod, True, False)
    assert len(workloads.pods("kt-jupyter.dev/purpose=terminal")) == 1
    assert volume.ssh(IMAGE, explain=True).sentence.startswith("Opens the terminal that is open on data")


def test_new_and_other_options_are_another_shell(volume):
    first = ssh(volume)
    assert ssh(volume, new=True).pod != first.pod
    other = ssh(volume, read_only=True)
    assert other.pod != first.pod
    assert other.target.title == "data 3"


def test_somebody_elses_shell_is_not_offered(volume, namespace, cluster):
    first = ssh(volume)
    kt.kube.adopt(cluster.with_namespace(namespace).impersonating("grace", ("system:masters",)))
    assert ssh(handle()).pod != first.pod


def test_a_shell_that_was_left_is_not_offered_again(volume, workloads):
    first = ssh(volume)
    first.close()
    workloads.gone(PODS, first.pod)
    assert ssh(volume).pod != first.pod
    first.close()  # it is gone: nothing to do


# -- where


def test_a_volume_for_one_node_is_opened_where_it_is_used(workloads, waiting_class):
    nodes = sorted(node["metadata"]["name"] for node in workloads.cluster.list(NODES))
    workloads.make(CLAIMS, claim("data", storageClassName=waiting_class))
    workloads.make(PODS, pod("train-0", "sleep 600", nodeSelector={"kubernetes.io/hostname": nodes[-1]},
                             **mounting("data")))  # fmt: skip
    workloads.running("train-0")
    plan = handle().ssh(IMAGE, explain=True)
    assert f"on node {nodes[-1]}" in plan.sentence
    assert "for one node at a time (RWO), and pod train-0 uses it there" in plan.sentence
    assert ssh(handle()).node == nodes[-1]


def test_a_volume_for_many_nodes_is_opened_anywhere(workloads, shared_class):
    workloads.make(CLAIMS, claim("data", mode="ReadWriteMany", storageClassName=shared_class))
    workloads.make(PODS, pod("train-0", "sleep 600", **mounting("data")))
    workloads.running("train-0")
    sentence = handle().ssh(IMAGE, explain=True).sentence
    assert "on any node that fits" in sentence
    assert "shared by many nodes (RWX)" in sentence


def test_a_volume_for_one_pod_is_refused_while_another_has_it(workloads, counted):
    workloads.make(CLAIMS, claim("data", mode="ReadWriteOncePod"))
    workloads.make(PODS, pod("train-0", "sleep 600", **mounting("data")))
    workloads.running("train-0")
    refusal = refused(
        handle(), counted, kt.VolumeInUse, "for one pod at a time (ReadWriteOncePod), and train-0 (Running)"
    )
    assert refusal.pods == ("train-0",)
    assert "kubectl exec -it" in refusal.remedy


def test_a_volume_for_one_pod_that_our_own_terminal_has_is_offered_there(workloads, counted):
    workloads.make(CLAIMS, claim("data", mode="ReadWriteOncePod"))
    first = ssh(handle())
    assert ssh(handle()).pod == first.pod
    refusal = refused(handle(), counted, kt.VolumeInUse, "for one pod at a time", new=True)
    assert "It is a terminal of kt_jupyter" in refusal.remedy


# -- why not


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"image": "does-not-exist.invalid/x:1"}, kt.ImageNotAvailable, 'image "does-not-exist.invalid/x:1"'),
        ({"image": "No Image"}, kt.InvalidName, '"No Image" is not the name of an image'),
        ({"image": ""}, kt.InvalidName, "the image's name is empty"),
        ({"run_as": "me"}, kt.InvalidInput, "'me' is not whom a pod can run as"),
        ({"idle": "soon"}, kt.InvalidInput, "'soon' is not a time to stay open"),
    ],
    ids=["no such image", "not an image", "empty", "whom", "how long"],
)
def test_bad_input_ends_in_a_sentence(volume, counted, how, error, words):
    refused(volume, counted, error, words, **how)


def test_a_volume_that_does_not_exist_is_said_with_its_neighbours(volume, counted):
    refusal = refused(handle("dat"), counted, kt.VolumeNotFound, 'there is no volume "dat"')
    assert "Close to it: data" in refusal.remedy


def test_a_namespace_that_does_not_exist_is_said_with_its_neighbours(namespace):
    with pytest.raises(kt.NamespaceNotFound) as refusal:
        kt.Volume.from_name("data", namespace=f"{namespace}x", mount_path="/data").ssh(IMAGE, progress=QUIET)
    assert f"Close to it: {namespace}" in refusal.value.remedy


def test_a_volume_that_nothing_says_where_to_mount_asks_for_it(volume, counted):
    refusal = refused(
        kt.Volume.from_name("data"), counted, kt.InvalidMountPath, 'nothing says where to mount volume "data"'
    )
    assert "--mount /data" in refusal.remedy


def test_a_volume_that_is_being_deleted_says_who_holds_it(volume, workloads, counted):
    workloads.run("done", "true", **mounting("data"))
    workloads.cluster.delete(CLAIMS, "data", namespace=workloads.namespace)
    refused(volume, counted, kt.VolumeUnusable, "is being deleted (Terminating), held by done (Succeeded, finished")
    workloads.cluster.delete(PODS, "done", namespace=workloads.namespace)


def test_a_volume_that_is_lost_is_refused(workloads, counted, by_hand):
    name = by_hand("data")
    workloads.cluster.delete(VOLUMES, name)
    workloads.cluster.patch(VOLUMES, name, {"metadata": {"finalizers": None}})
    workloads.until(CLAIMS, "data", lambda claim: phase(claim) == "Lost" or None)
    refused(handle(), counted, kt.VolumeUnusable, "its disk")


def test_a_class_that_does_not_exist_is_named_before_anything_is_made(workloads, counted):
    workloads.make(CLAIMS, claim("data", storageClassName="no-such-class"))
    refused(handle(), counted, kt.VolumeUnusable, "cannot be used: class no-such-class does not exist")


def test_a_disk_that_an_administrator_has_to_make_is_not_waited_for(workloads, counted):
    workloads.make(CLAIMS, claim("data", storageClassName=""))
    refused(handle(), counted, kt.VolumeUnusable, "waits for a disk made by hand")


def test_a_raw_device_is_refused(workloads, counted):
    workloads.make(CLAIMS, claim("data", volumeMode="Block"))
    refused(handle(), counted, kt.VolumeUnusable, "is a raw device (volumeMode Block)")


def test_a_quota_that_refuses_the_pod_is_named(volume, workloads, counted):
    workloads.quota("none", {"pods": "0"})
    refused(volume, counted, kt.QuotaExceeded, 'the quota "none" is used up')


def test_root_in_a_restricted_namespace_is_refused_by_name(volume, workloads, counted):
    workloads.cluster.patch(NAMESPACES, workloads.namespace, RESTRICTED)
    refused(volume, counted, kt.Rejected, 'Pod Security level "restricted:latest" refuses the pod', run_as=0)


def test_a_disk_that_no_node_reaches_is_waited_for_and_named_at_the_end(counted, by_hand):
    nowhere = [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["nowhere"]}]
    by_hand("data", nodeAffinity={"required": {"nodeSelectorTerms": [{"matchExpressions": nowhere}]}})
    assert "its disk is on nowhere" in handle().ssh(IMAGE, explain=True).sentence
    refused(handle(), counted, kt.WaitTimeout, "where its disk cannot be used", timeout=4)


def test_ctrl_c_leaves_nothing(volume, counted):
    def press(line):
        raise KeyboardInterrupt

    before = counted()
    with pytest.raises(KeyboardInterrupt):
        volume.ssh(IMAGE, progress=press)
    before.unchanged()


# -- trying it out


def test_explaining_and_trying_out_make_nothing(volume, counted):
    before = counted()
    plan = volume.ssh(IMAGE, explain=True)
    checked = volume.ssh(IMAGE, dry_run=True)
    assert repr(plan).startswith("Starts a terminal on data in a pod of its own")
    assert (plan.checked, checked.checked) == (False, True)
    assert checked.manifest["spec"]["template"]["spec"]["volumes"] == [
        {"name": "v0", "persistentVolumeClaim": {"claimName": "data"}}
    ]
    before.unchanged()


def test_trying_out_finds_what_the_server_would_refuse(volume, workloads, counted):
    workloads.quota("none", {"pods": "0"})
    refused(volume, counted, kt.QuotaExceeded, 'the quota "none"', dry_run=True)


def test_what_it_gives_back_can_be_written_down(volume):
    shell = ssh(volume)
    assert isinstance(shell, Shell)
    assert shell.to_dict()["command"] == shell.command
    assert shell.command.startswith("python -m kt_jupyter.terminal.attach")
    assert repr(dataclasses.replace(shell, node=None)).endswith(f"pod {shell.pod}")


# -- its end


def test_without_anybody_attached_it_ends_by_itself_and_its_volume_is_free(volume, workloads):
    shell = ssh(volume, idle=4)
    workloads.gone(PODS, shell.pod)
    assert volume.users() == []


def test_deleting_the_volume_says_that_a_terminal_has_it_and_how_that_ends(volume, workloads):
    shell = ssh(volume)
    with pytest.raises(kt.VolumeInUse, match=rf"{shell.pod} \(Running, a terminal\)") as refusal:
        volume.delete(progress=QUIET)
    assert "%kt_volume gc --force" in refusal.value.remedy
    shell.close()
    workloads.gone(PODS, shell.pod)
    assert volume.delete(progress=QUIET).gone
