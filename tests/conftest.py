"""What every test gets: nobody else's configuration, and, for those that ask, a cluster and a namespace of its own.

``cluster`` is the context named by ``KT_TEST_CONTEXT`` (read from the real ``KUBECONFIG``), else an embedded local
cluster of this test session with a fresh state directory. Tests in ``tests/cluster`` hold on any cluster, so storage
classes are found, never named; where a cluster lacks one, the test is skipped with the reason.
"""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

from kt_jupyter.errors import ApiError
from kt_jupyter.kube import NAMESPACES, SERVICE_ACCOUNTS, STORAGE_CLASSES, adopt, connect, loop, notices, session
from kt_jupyter.specs import storage

# People's runs look for new examples; CI's tries the same ones each time and judges the change, not its luck. No
# deadline for one example: a machine that does something else besides would miss it.
settings.register_profile("people", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")

# What a script starts in the background ignores Ctrl-C, and so would all that is started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_FOREIGN = (
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    *(name for proxy in ("http_proxy", "https_proxy", "no_proxy", "all_proxy") for name in (proxy, proxy.upper())),
)
_KUBECONFIG = os.environ.get("KUBECONFIG")

pytest_plugins = ["pytest_jupyter.jupyter_server"]  # for tests/server; pytest takes it from the highest conftest only


@pytest.fixture
def jp_asyncio_loop():
    """pytest-jupyter has this one and the next run for every test; tests/server takes them back, nobody else needs
    a loop and a server, and on the thread of tests/ui another loop runs."""


@pytest.fixture
def jp_server_cleanup():
    """See above."""


@pytest.fixture(scope="session")
def _local_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("local-cluster")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path_factory, _local_directory):
    """No test reads the configuration of the person who runs it, nor leaves a choice behind."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("KT_JUPYTER_LOCAL_DIR", str(_local_directory))
    for name in ("KUBECONFIG", *_FOREIGN):
        monkeypatch.delenv(name, raising=False)
    yield
    session.reset()
    notices.forget()


@pytest.fixture(autouse=True)
def _no_thread_left_behind():
    before = set(threading.enumerate())
    yield
    ours = ("kt-io", "asyncio_")  # the loop's thread, and those in which it asks DNS
    left = [each for each in threading.enumerate() if each not in before and not each.name.startswith(ours)]
    for thread in left:
        thread.join(10)
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture(scope="session", autouse=True)
def _no_connection_left_behind():
    """Close what is open, then collect: an unclosed socket is a ResourceWarning, and warnings are errors."""
    yield
    loop.stop()
    gc.collect()


@pytest.fixture(scope="session")
def cluster(_local_directory):
    """The cluster the tests run against."""
    context = os.environ.get("KT_TEST_CONTEXT")
    with pytest.MonkeyPatch.context() as patch:
        if context is not None:
            kubeconfig = Path(_KUBECONFIG or "~/.kube/config").expanduser()
            found = connect(context, kubeconfig=kubeconfig)
        else:
            patch.setenv("KT_JUPYTER_LOCAL_DIR", str(_local_directory))
            patch.delenv("KUBECONFIG", raising=False)
            found = connect(local=True)
        session.reset()
        yield found
        found.close()
        if context is None:
            stop = [sys.executable, "-m", "kt_jupyter.local", "stop"]
            subprocess.run(stop, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _made_namespace(cluster):
    name = f"kt-test-{uuid.uuid4().hex[:8]}"
    cluster.create(NAMESPACES, {"metadata": {"name": name}})
    if not cluster.is_local:  # it makes the service account a moment later, and refuses pods until then
        cluster.wait_for(SERVICE_ACCOUNTS, "default", lambda account: account, namespace=name, timeout=30)
    yield name
    cluster.delete(NAMESPACES, name)


@pytest.fixture
def namespace(cluster, _isolated):
    """A namespace of the test's own, current for kt; deleted afterwards, without waiting for that."""
    with _made_namespace(cluster) as name:
        adopt(cluster.with_namespace(name))
        yield name


@pytest.fixture(scope="module")
def shared_namespace(cluster):
    """A namespace that the tests of a file share."""
    with _made_namespace(cluster) as name:
        yield name


@pytest.fixture(scope="session")
def _classes(cluster):
    return [storage.StorageClass.from_manifest(found) for found in cluster.list(STORAGE_CLASSES)]


@pytest.fixture(scope="session")
def default_class(_classes):
    """The name of the class that a claim without one gets."""
    found = storage.default_class(_classes)
    return found.name if found else pytest.skip("this cluster has no default storage class")


@pytest.fixture(scope="session")
def shared_class(_classes):
    """The name of a class that can really do ReadWriteMany."""
    found = storage.shared_class(_classes)
    return found.name if found else pytest.skip("this cluster has no storage class that is known to do ReadWriteMany")


@pytest.fixture(scope="session")
def broken_class(cluster, _classes):
    """The name of a class whose every claim gets the event ProvisioningFailed."""
    local = next((found.name for found in _classes if found.provisioner == "local.kt-jupyter.dev/broken"), None)
    if local is not None:
        yield local
        return
    # The controller manager says so by itself of a plugin in its own namespace that it does not have.
    name = f"kt-test-broken-{uuid.uuid4().hex[:8]}"
    try:
        cluster.create(STORAGE_CLASSES, {"metadata": {"name": name}, "provisioner": "kubernetes.io/kt-test-broken"})
    except ApiError as error:
        pytest.skip(f"this cluster has no class named broken, and none can be made: {error.fact}")
    yield name
    with contextlib.suppress(ApiError):
        cluster.delete(STORAGE_CLASSES, name)
