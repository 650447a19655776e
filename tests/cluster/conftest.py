"""What the tests on a cluster share."""

import os
from pathlib import Path

import pytest
import yaml

from kt_jupyter import reporting
from kt_jupyter.kube import PODS, ROLE_BINDINGS, ROLES, Resource, adopt
from tests.cluster.computing import Computes, Voice
from tests.cluster.sessions import KUBECONFIG, Sessions
from tests.cluster.shell_pods import attach, environment, shell_pod  # noqa: F401 - fixtures
from tests.cluster.workloads import Workloads
from tests.kubectl import Kubectl, program
from tests.shells import opened

IMAGE = os.environ.get("KT_TEST_IMAGE", "alpine:latest")


@pytest.fixture
def shell(namespace):
    """An IPython shell with the extension, working on the test's own namespace."""
    with opened() as made:
        yield made


@pytest.fixture
def sessions(cluster, namespace):
    """Pods with agents."""
    made = Sessions(cluster, namespace)
    yield made
    made.close()


class Pods:
    """Pods of the test's own namespace that mount a volume; small, and allowed under restricted Pod Security."""

    def __init__(self, cluster, namespace):
        self._cluster = cluster
        self._namespace = namespace

    def make(self, name, volume, *, command="sleep 3600", **spec):
        """Make a pod and return at once."""
        container = {
            "name": "main",
            "image": IMAGE,
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", f"trap 'exit 0' TERM; {command} & wait $!"],
            "volumeMounts": [{"name": "v0", "mountPath": "/data"}],
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "200m", "memory": "64Mi"}},
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
        body = {
            "containers": [container],
            "volumes": [{"name": "v0", "persistentVolumeClaim": {"claimName": volume}}],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        }
        return self._cluster.create(PODS, {"metadata": {"name": name}, "spec": body | spec}, namespace=self._namespace)

    def running(self, name, volume):
        """Make a pod and wait until it runs."""
        self.make(name, volume)
        self.reaches(name, "Running")

    def finished(self, name, volume):
        """Make a pod that ends by itself, and wait until it has."""
        self.make(name, volume, command="true")
        self.reaches(name, "Succeeded")

    def unscheduled(self, name, volume):
        """Make a pod that no node will take."""
        self.make(name, volume, nodeSelector={"kt-jupyter.dev/nowhere": "true"})

    def reaches(self, name, phase):
        """Wait until the pod is in a phase."""
        self._cluster.wait_for(
            PODS,
            name,
            lambda pod: True if pod and pod["status"].get("phase") == phase else None,
            namespace=self._namespace,
            timeout=45,
        )

    def delete(self, name):
        """Ask for a pod's end and return at once."""
        self._cluster.delete(PODS, name, namespace=self._namespace)


@pytest.fixture
def pods(cluster, namespace):
    """Make pods that use volumes."""
    return Pods(cluster, namespace)


@pytest.fixture
def as_user(cluster, namespace):
    """Work as a user who has the rules given in the test's namespace, and no others."""

    def become(*rules):
        role = {"metadata": {"name": "tested"}, "rules": list(rules)}
        group = "rbac.authorization.k8s.io"
        binding = {
            "metadata": {"name": "tested"},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "tested"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "ada"}],
        }
        cluster.create(ROLES, role, namespace=namespace)
        cluster.create(ROLE_BINDINGS, binding, namespace=namespace)
        person = cluster.impersonating("ada").with_namespace(namespace)
        # A server hears of new roles from a watch of its own and tells nobody when; the test's time limit ends this.
        while not _has(person.rights(), rules):
            pass
        return adopt(person)

    return become


def _has(rights, rules):
    wanted = [(verb, group, *name.split("/")) for rule in rules for verb in rule["verbs"]
              for group in rule["apiGroups"] for name in rule["resources"]]  # fmt: skip
    return all(rights.allows(verb, Resource(group, "v1", plural, ""), *part) for verb, group, plural, *part in wanted)


@pytest.fixture
def kubeconfig(cluster, _local_directory):
    """The file and the context that lead to the cluster."""
    if cluster.is_local:
        found = next(path for path in Path(_local_directory).rglob("*") if path.name == "kubeconfig")
        return found, yaml.safe_load(found.read_text())["current-context"]
    return Path(KUBECONFIG or "~/.kube/config").expanduser(), cluster.context


@pytest.fixture
def workloads(cluster, namespace):
    """Pods, jobs and claims in the test's own namespace."""
    return Workloads(cluster, namespace)


@pytest.fixture
def kubectl(cluster, namespace):
    """kubectl on the test's own namespace."""
    path = program()
    if path is None:
        pytest.skip("there is no kubectl on the path, and `make test-cluster` has built none")
    return Kubectl(path, cluster, namespace)


@pytest.fixture
def voice():
    """Whoever hears what is said while something is done, and may act on it."""
    heard = Voice()
    before = reporting.use(heard)
    yield heard
    reporting.use(before)


@pytest.fixture
def computes(namespace):
    """Computes in the test's own namespace."""
    made = Computes()
    yield made
    made.end()
