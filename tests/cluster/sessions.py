"""What the tests of sessions share: a pod that is nothing but an agent, and events as text."""

import os

from kt_jupyter.compute import agent
from kt_jupyter.compute.session import Session, Text
from kt_jupyter.kube import JOBS, PODS

KUBECONFIG = os.environ.get("KUBECONFIG")  # before the fixtures take it away
IMAGE = "python:3.11-slim"
ANSWERS_WITHIN = 60  # seconds that a slow machine may take to start a pod


def job(name, *, memory="256Mi", idle=None, **launch):
    """A Job that runs an agent: restricted, small, gone soon after its end."""
    made = agent.command(idle=idle, **launch)
    container = {
        "name": "main",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": made.command,
        "args": made.args,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 2,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "containers": [container],
    }
    return {"metadata": {"name": name}, "spec": {"backoffLimit": 0, "template": {"spec": spec}}}


class Sessions:
    """Pods with agents in a namespace, and conversations with them; closed at the end of a test."""

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace = cluster, namespace
        self._open = []

    def pod(self, name="s", **options):
        """Make a pod with an agent, and return its name as soon as there is one."""
        self.cluster.create(JOBS, job(name, **options), namespace=self.namespace)
        with self.cluster.watch(PODS, namespace=self.namespace, label_selector=f"job-name={name}") as watch:
            return watch.next(timeout=ANSWERS_WITHIN).object["metadata"]["name"]

    def to(self, pod, cluster=None):
        """Begin a conversation with a pod's agent."""
        session = Session(cluster or self.cluster, pod, namespace=self.namespace, container="main")
        self._open.append(session)
        session.connect(ANSWERS_WITHIN)
        return session

    def start(self, name="s", **options):
        """Make a pod, and speak to its agent."""
        return self.to(self.pod(name, **options))

    def close(self):
        for session in self._open:
            session.close()


class Heard:
    """What a follower hears."""

    def __init__(self):
        self.events = []

    def __call__(self, event):
        self.events.append(event)

    def text(self, stream="stdout"):
        return "".join(each.text for each in self.events if isinstance(each, Text) and each.stream == stream)

    def kinds(self):
        return [type(each).__name__ for each in self.events]


def run(session, source, **options):
    """Run a cell: how it ended and what was heard."""
    heard = Heard()
    return session.run_cell(source, on_event=heard, **options), heard
