"""Which cluster is asked: the one of KT_TEST_CONTEXT, else a local cluster of this session's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def parity_kubeconfig(tmp_path_factory):
    """Kubeconfig path and context (None = its current one)."""
    if "KT_TEST_CONTEXT" in os.environ:
        yield Path(os.environ.get("KUBECONFIG", "~/.kube/config")).expanduser(), os.environ["KT_TEST_CONTEXT"]
        return
    environment = {**os.environ, "KT_JUPYTER_LOCAL_DIR": str(tmp_path_factory.mktemp("parity"))}

    def local(verb: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "kt_jupyter.local", verb],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    yield Path(local("ensure").strip()), None
    local("stop")
