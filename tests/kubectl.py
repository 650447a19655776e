"""kubectl, as a person has it: the one on the path, else the one that the test cluster was built with."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.realcluster.layout import host
from tests.typing_person import Terminal

GIVEN = os.environ.get("KUBECONFIG")  # of the cluster that KT_TEST_CONTEXT names
CONTEXT = os.environ.get("KT_TEST_CONTEXT")
BUILT = host().bin / "kubectl"  # before a test has a home of its own


def program():
    """Return the path of a kubectl, None where there is none."""
    return str(BUILT) if BUILT.exists() else shutil.which("kubectl")


class Kubectl:
    """kubectl, pointed at the test's namespace."""

    def __init__(self, path, cluster, namespace):
        local = Path(os.environ["KT_JUPYTER_LOCAL_DIR"], "kubeconfig")
        kubeconfig = local if cluster.is_local else GIVEN or Path("~/.kube/config").expanduser()
        context = ["--context", CONTEXT] if CONTEXT else []
        self._start = [path, "--kubeconfig", str(kubeconfig), *context, "--namespace", namespace]

    def __call__(self, *words, stdin=b""):
        """Run it to its end."""
        command = [*self._start, *words]
        return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=50)

    def says(self, *words, stdin=""):
        """Run it, and return what it printed; it must succeed."""
        done = self(*words, stdin=stdin.encode())
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def refuses(self, *words, stdin=""):
        """Run it, and return why it did not do what was asked."""
        done = self(*words, stdin=stdin.encode())
        assert done.returncode != 0, done.stdout.decode()
        return done.stderr.decode()

    def terminal(self, *words, **options):
        """Start it in a terminal."""
        return Terminal([*self._start, *words], **options)

    def follow(self, *words):
        """Start it, to read what it prints bit by bit."""
        return subprocess.Popen([*self._start, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
