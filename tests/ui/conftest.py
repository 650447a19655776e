"""A real Jupyter and a real Chromium: UI tests look at what a person sees."""

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from kt_jupyter.kube import CLAIMS, JOBS, PODS, Cluster
from tests.ui.evidence import evidence
from tests.ui.lab import PATIENCE, Jupyter, Notebook, serve
from tests.ui.terminals import Tab
from tests.waiting import eventually

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items) -> None:
    """JupyterLab, its first kernel and the embedded cluster start within the first test."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.timeout(180))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed and (found := evidence(item.name, item.funcargs)):
        report.sections.append(("what there was to see", found))
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Its executable."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return found or pytest.skip("no chromium on the PATH (as root, `make browser` installs it)")


@pytest.fixture(scope="session")
def context(chromium, tmp_path_factory) -> Iterator[BrowserContext]:
    """One for all tests: JupyterLab's scripts are read once.

    With a profile on disk they are compiled once, too: without one, which is private browsing, each page compiles them
    anew, a fifth of what it takes to open a notebook.
    """
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start as root, nor in most containers; it only meets our pages here.
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=["--no-sandbox"], viewport={"width": 1280, "height": 800}
        )
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield context
        context.close()


@pytest.fixture
def page(context) -> Iterator[Page]:
    page = context.new_page()
    # Asked for a kernel, which JupyterLab does when it is slow to learn what there is, a person takes what is offered.
    asked = page.locator(".jp-Dialog").filter(has_text="Select Kernel")
    page.add_locator_handler(asked, lambda: asked.locator(".jp-mod-accept").click())
    # Told that the server is gone, they close that. Until then it keeps the focus from the terminal; a space that is
    # typed closes it too, and what follows goes to who had the focus before, the notebook perhaps.
    told = page.locator(".jp-Dialog").filter(has_text="Server Connection Error")
    page.add_locator_handler(told, lambda: told.get_by_role("button", name="Close").click())
    yield page
    for dialog in page.locator(".jp-Dialog").all_inner_texts():
        print("A dialog was open:", dialog)  # pytest shows it with a failure, which it probably caused
    page.close()


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory) -> Iterator[Jupyter]:
    """JupyterLab."""
    with serve("JupyterLab", tmp_path_factory.mktemp("lab")) as jupyter:
        yield jupyter


@pytest.fixture(scope="session")
def cluster(lab) -> Iterator[Cluster]:
    """The cluster that notebooks in JupyterLab use."""
    cluster = lab.cluster()
    yield cluster
    cluster.close()


@contextlib.contextmanager
def made_volume(cluster: Cluster) -> Iterator[str]:
    """Make a volume, give its name, and remove it with all that was opened on it."""
    name = f"ui-{uuid.uuid4().hex[:6]}"
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    annotations = {"kubetorch.com/mount-path": "/data"}
    cluster.create(CLAIMS, {"metadata": {"name": name, "annotations": annotations}, "spec": spec})
    yield name
    for job in cluster.list(JOBS, label_selector=f"kt-jupyter.dev/volume={name}"):
        cluster.delete(JOBS, job["metadata"]["name"])
    cluster.delete(CLAIMS, name)


@pytest.fixture
def volume(cluster) -> Iterator[str]:
    """The name of a volume."""
    with made_volume(cluster) as name:
        yield name


@pytest.fixture(scope="session")
def notebook7(chromium, tmp_path_factory) -> Iterator[Jupyter]:
    """Notebook 7."""
    with serve("Notebook", tmp_path_factory.mktemp("notebook7")) as jupyter:
        yield jupyter


@pytest.fixture(scope="session", params=["lab", "notebook7"])
def jupyter(request) -> Jupyter:
    """JupyterLab, then Notebook 7."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def tab(page, volume) -> Tab:
    """The tab of the terminal on the volume."""
    return Tab(page, volume)


@pytest.fixture
def ssh(lab, page, volume, tab) -> Notebook:
    """A notebook whose first cell has opened the terminal; two more would open it again."""
    notebook = lab.open(page, *[f"%load_ext kt_jupyter\n%kt_volume ssh {volume}"] * 3)
    notebook.run(0)
    tab.is_open()
    return notebook


@pytest.fixture
def pods_of(cluster, volume):
    """What runs for the terminals on the volume, as it is when called; and wait until nothing of it is left."""

    class Pods:
        def __init__(self) -> None:
            self.names = [pod["metadata"]["name"] for pod in self._list(PODS)]

        def _list(self, resource):
            return cluster.list(resource, label_selector=f"kt-jupyter.dev/volume={volume}")

        def are_gone(self) -> None:
            for name in self.names:
                cluster.wait_for(PODS, name, lambda pod: pod is None or None, timeout=60)
            eventually(lambda: not self._list(JOBS), 60)  # a Job that its pods keep goes after them

    return Pods
