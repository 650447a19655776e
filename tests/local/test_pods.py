"""What only the embedded cluster promises about pods: processes that end with it, data on disk, a way without root."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kt_jupyter.kube import CLAIMS, NODES, PODS, STORAGE_CLASSES, VOLUMES, connect
from tests.cluster.sessions import Sessions, run
from tests.cluster.workloads import FILL, Workloads, claim, mounting, phase, pod, terminated
from tests.waiting import eventually

SHARED = {"mode": "ReadWriteMany", "storageClassName": "shared"}  # bound before any pod
OFF = {"KT_JUPYTER_LOCAL_ISOLATION": "off"}


class Server:
    """An embedded cluster of a test's own, that may be killed and started again."""

    def __init__(self, directory, **environment):
        self.directory = directory
        self._environment = {**os.environ, **environment}
        self._process = None

    def start(self):
        command = [sys.executable, "-m", "kt_jupyter.local"]
        place = ["--state-dir", str(self.directory)]
        self._process = subprocess.Popen(
            [*command, "run", *place], env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with self._process.stdout as says:
            assert says.readline(), "the server ended before it served"
        return Workloads(connect(kubeconfig=self.directory / "kubeconfig"), "default")

    def end(self, number=signal.SIGTERM):
        self._process.send_signal(number)
        self._process.wait(20)


def directory_of(workloads, name):
    """Where a bound claim's data is."""
    volume = workloads.cluster.get(VOLUMES, workloads.bound(name)["spec"]["volumeName"])
    return Path(volume["spec"]["hostPath"]["path"])


@pytest.fixture
def here(cluster, namespace):
    """A namespace of the session's embedded cluster."""
    if not cluster.is_local:
        pytest.skip("this is about the embedded cluster only")
    return Workloads(cluster, namespace)


@pytest.fixture
def server(tmp_path):
    made = []

    def make(**environment):
        made.append(Server(tmp_path / "state", **environment))
        return made[-1]

    yield make
    for one in made:
        one.end()


class Pulse:
    """A pipe in a claim that every process of a pod holds open: it ends when the last of them does."""

    def __init__(self, directory):
        self._path = directory / "pulse"
        os.mkfifo(self._path)

    def __enter__(self):
        self._file = self._path.open("rb", buffering=0)  # returns when the pod has opened it
        self._file.read(1)
        return self

    def __exit__(self, *_):
        self._file.close()

    def ended(self):
        return self._file.read(1) == b""


@pytest.mark.timeout(120)  # starts processes of processes, on machines that are busy
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
@pytest.mark.parametrize("environment", [{}, OFF], ids=["own namespaces", "no namespaces"])
def test_no_process_outlives_its_server(server, environment, number):
    local = server(**environment)
    here = local.start()
    here.make(CLAIMS, claim("data", **SHARED))
    pulse = Pulse(directory_of(here, "data"))
    held = 'exec 9>"${KT_MOUNT_V:-/data}/pulse"'
    script = f"{held}; setsid sleep 600 & (trap '' HUP TERM; sleep 600) & echo >&9; exec sleep 600"
    here.make(PODS, pod("tree", script, **mounting("data")))
    with pulse:
        local.end(number)
        assert pulse.ended()


def test_after_a_restart_a_pod_that_ran_has_failed_and_says_why(server):
    local = server()
    here = local.start()
    here.make(PODS, pod("once", "sleep 600"))
    here.running("once")
    local.end(signal.SIGKILL)
    found = local.start().ended("once")
    assert (phase(found), terminated(found)["reason"]) == ("Failed", "ContainerStatusUnknown")
    assert terminated(found)["message"].startswith("The local cluster stopped while this container ran")


def test_after_a_restart_a_pod_that_shall_always_run_runs_again_on_the_same_data(server):
    local = server()
    here = local.start()
    here.make(CLAIMS, claim("data"))
    script = "echo started >> /data/starts; sleep 600"
    here.make(PODS, pod("always", script, restartPolicy="Always", **mounting("data")))
    here.running("always")  # as the server knows it, which its process may have been for a moment
    starts = directory_of(here, "data") / "starts"
    eventually(lambda: starts.is_file() and starts.read_text() == "started\n")
    local.end(signal.SIGKILL)
    again = local.start()
    again.until(PODS, "always", lambda pod: (restarts(pod) == 1 and phase(pod) == "Running") or None)
    eventually(lambda: starts.read_text() == "started\nstarted\n")


def test_without_namespaces_pods_find_their_volumes_by_variable_and_are_told_so(server):
    local = server(**OFF)
    here = local.start()
    here.make(CLAIMS, claim("data", **SHARED))
    here.run("told", "pwd; echo kept > $KT_MOUNT_V/file", **mounting("data"))
    directory = directory_of(here, "data")
    assert (directory / "file").read_text() == "kept\n"
    assert here.log("told").endswith(f"{directory}\n")
    assert "KT_MOUNT_<VOLUME>" in here.log("told")
    assert "volumes are not at their mountPath" in here.event("told", "MountedElsewhere")
    found = here.cluster.get(PODS, "told", namespace="default")
    assert found["metadata"]["annotations"]["local.kt-jupyter.dev/mounts"] == "environment"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("environment", [{}, OFF], ids=["isolated", "not isolated"])
def test_the_memory_of_a_process_that_left_its_group_counts(server, environment):
    limits = {"resources": {"limits": {"memory": "32Mi"}}}
    here, script = server(**environment).start(), f"(setsid sh -c '{FILL}; sleep 3600' &); sleep 3600"
    end = terminated(here.run("left", script, container_extra=limits))
    assert (end["reason"], end["exitCode"]) == ("OOMKilled", 137)


def test_without_namespaces_each_agent_has_a_place_of_its_own_and_leaves_none(server, request):
    local = server(**OFF)
    sessions = Sessions(local.start().cluster, "default")
    request.addfinalizer(sessions.close)
    tell = "import os; print(os.environ['KT_AGENT_DIRECTORY'], os.getppid())"
    told = {run(sessions.start(name), tell)[1].text() for name in ("one", "two")}
    places = {Path(words.split()[0]) for words in told}
    assert len(told) == 2 == len([each for each in places if each.is_dir()])
    local.end()
    assert not [each for each in places if each.exists()]


def test_the_data_goes_with_the_claim_where_the_class_deletes(here):
    here.make(CLAIMS, claim("data", **SHARED))
    directory = directory_of(here, "data")
    name = here.bound("data")["spec"]["volumeName"]
    (directory / "locked").mkdir()
    (directory / "locked").chmod(0)
    here.cluster.delete(CLAIMS, "data", namespace=here.namespace)
    here.gone(VOLUMES, name)
    assert not directory.exists()


def test_the_data_stays_where_the_class_retains(here):
    kept = {
        "metadata": {"name": here.namespace},
        "provisioner": "local.kt-jupyter.dev/shared",
        "reclaimPolicy": "Retain",
    }
    here.cluster.create(STORAGE_CLASSES, kept)
    here.make(CLAIMS, claim("data", storageClassName=here.namespace))
    directory = directory_of(here, "data")
    name = here.bound("data")["spec"]["volumeName"]
    here.cluster.delete(CLAIMS, "data", namespace=here.namespace)
    here.until(VOLUMES, name, lambda volume: phase(volume) == "Released" or None)
    here.cluster.delete(STORAGE_CLASSES, here.namespace)  # other tests look for the class that shares
    assert directory.is_dir()


def test_a_larger_request_is_met_at_once(here):
    here.make(CLAIMS, claim("data"))
    here.run("user", "true", **mounting("data"))
    here.bound("data")
    larger = {"spec": {"resources": {"requests": {"storage": "20Mi"}}}}
    here.cluster.patch(CLAIMS, "data", larger, namespace=here.namespace)
    here.until(CLAIMS, "data", lambda claim: claim["status"]["capacity"] == {"storage": "20Mi"} or None)
    assert here.event("data", "VolumeResizeSuccessful") == "Resize volume succeeded"


def test_read_write_many_on_the_standard_class_is_refused_by_its_provisioner(here):
    here.make(CLAIMS, claim("data", mode="ReadWriteMany"))
    here.make(PODS, pod("user", "true", **mounting("data")))
    assert here.event("data", "ProvisioningFailed") == (
        'failed to provision volume with StorageClass "standard": NodePath only supports ReadWriteOnce and '
        "ReadWriteOncePod (1.22+) access modes"
    )


def test_two_nodes_each_have_their_own_disks(server):
    here = server(KT_JUPYTER_LOCAL_NODES="2").start()
    assert [node["metadata"]["name"] for node in here.cluster.list(NODES)] == ["kt-local", "kt-local-2"]
    here.make(CLAIMS, claim("data"))
    first = here.run("first", "true", **mounting("data"))["spec"]["nodeName"]
    other = "kt-local-2" if first == "kt-local" else "kt-local"
    here.make(PODS, pod("second", "true", nodeSelector={"kubernetes.io/hostname": other}, **mounting("data")))
    assert here.event("second", "FailedScheduling").startswith(
        "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, "
        "1 node(s) didn't match Pod's node affinity/selector."
    )


def test_the_machine_itself_is_read_only_to_pods(here):
    found = here.run("careful", "touch /etc/left-behind /usr/left-behind")
    assert phase(found) == "Failed"
    here.run("scratch", "touch /tmp/kt-left-behind && ls /tmp")
    assert "kt-left-behind\n" in here.log("scratch")
    assert not Path("/tmp/kt-left-behind").exists()


def test_a_pod_whose_time_is_over_before_its_process_has_started_ends_too(here):
    """Many at once take longer than a second to start; a first process does not heed SIGTERM."""
    names = [f"late-{number}" for number in range(24)]
    for name in names:
        here.make(PODS, pod(name, "sleep 1000", activeDeadlineSeconds=1, terminationGracePeriodSeconds=0))
    for name in names:
        ended = here.until(PODS, name, lambda found: found if phase(found) == "Failed" else None)
        assert ended["status"]["reason"] == "DeadlineExceeded"


def test_each_pod_has_an_address_of_its_own(here):
    addresses = {here.run(name, "true")["status"]["podIP"] for name in ("one", "two")}
    assert len(addresses) == (2 if sys.platform == "linux" else 1)


def test_logs_can_be_read_after_the_pod_and_the_server_have_ended(server):
    local = server()
    here = local.start()
    here.run("said", "echo something")
    local.end()
    assert local.start().log("said") == "something\n"


def restarts(pod):
    statuses = ((pod or {}).get("status") or {}).get("containerStatuses") or [{}]
    return statuses[0].get("restartCount")
