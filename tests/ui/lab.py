"""JupyterLab and Notebook as processes, and a notebook in them as a person handles it.

Everything that they would read or write in the home directory is moved to a temporary one, so that neither the
person's own settings nor an earlier test can change what a test sees. No cluster is configured there: a notebook
that uses one gets the embedded one, started by its own first call.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

TOKEN = "ui-tests"
STARTS_WITHIN = 60  # seconds
APPS = {"JupyterLab": ("jupyterlab", "lab/tree"), "Notebook": ("notebook", "notebooks")}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    # A terminal draws on a canvas; this keeps its text in the page too.
    "terminal-extension/plugin": {"screenReaderMode": True},
    # Every cell is in the page, whether it fits the window or not.
    "notebook-extension/tracker": {"windowingMode": "none"},
}


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        self.kernel = page.locator(".jp-Notebook-ExecutionIndicator")

    def source(self, index: int) -> Locator:
        return self.cells.nth(index).locator(".jp-InputArea-editor .cm-content")

    def prompt(self, index: int) -> Locator:
        return self.cells.nth(index).locator(".jp-InputPrompt")

    def output(self, index: int) -> Locator:
        return self.cells.nth(index).locator(".jp-Cell-outputArea")

    def run(self, index: int = 0) -> None:
        """Run a cell and wait until it is done."""
        self.start(index)
        self.wait_until_ran(index)

    def start(self, index: int) -> None:
        """Run a cell.

        Before the kernel is there JupyterLab asks for one, and gets the one that it proposes; and it drops keys while
        it starts, so the key is pressed until the prompt answers.
        """
        expect(self.kernel).to_have_attribute("data-status", "idle")
        proposed = self.page.get_by_role("dialog").locator(".jp-mod-accept")
        for _ in range(30):
            if proposed.is_visible():
                proposed.click()
            self.source(index).click()
            self.page.keyboard.press("Control+Enter")
            with contextlib.suppress(AssertionError):
                expect(self.prompt(index)).not_to_have_text("[ ]:", timeout=1000)
                break

    def wait_until_ran(self, index: int) -> None:
        expect(self.prompt(index)).to_have_text(re.compile(r"\[\d+\]:"), timeout=30_000)


class Jupyter:
    """A running server."""

    def __init__(self, url: str, root: Path, tree: str) -> None:
        self.url, self.root, self.tree = url, root, tree

    def open(self, page: Page, *cells: str | dict) -> Notebook:
        """Open a new notebook with these cells: sources, or `ran()` for cells with a stored output."""
        path = self.root / f"{uuid.uuid4()}.ipynb"
        code = [
            {"id": f"cell-{i}"} | (ran(cell, None) if isinstance(cell, str) else cell) for i, cell in enumerate(cells)
        ]
        path.write_text(json.dumps({"cells": code, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}))
        return self.show(page, path.name)

    def show(self, page: Page, name: str) -> Notebook:
        """Open a notebook that is there; the kernels of those before it end."""
        for kernel in json.loads(self.ask("GET", "kernels")):
            self.ask("DELETE", f"kernels/{kernel['id']}")
        # Before the notebook has its kernel its status reads "idle" too, and whoever runs a cell is asked for one.
        with page.expect_websocket(lambda socket: "/channels" in socket.url, timeout=60_000):
            page.goto(f"{self.url}/{self.tree}/{name}?token={TOKEN}&reset")
        return Notebook(page)

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """Make a request to Jupyter's own API."""
        headers = {"Authorization": f"token {TOKEN}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()


def ran(source: str, html: str | None) -> dict:
    """A cell as a file has it, with the HTML it showed when it last ran."""
    output = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [output] if html else [],
        "execution_count": None,
    }


@contextlib.contextmanager
def serve(app: str, home: Path) -> Iterator[Jupyter]:
    """Run one of `APPS` until the block ends."""
    module, tree = APPS[app]
    for plugin, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    root, port = home / "root", _free_port()
    root.mkdir()
    foreign = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
    if "KT_TEST_CONTEXT" not in os.environ:  # else in a browser too the tests run on that cluster
        foreign += ("KUBECONFIG",)
    env = {name: value for name, value in os.environ.items() if name not in foreign} | {
        "HOME": str(home),
        "KT_JUPYTER_LOCAL_DIR": str(home / "local"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    argv = [sys.executable, "-m", module, "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    argv += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={TOKEN}"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_served(url, process)
        yield Jupyter(url, root, tree)
    finally:
        process.terminate()
        process.wait(20)
        subprocess.run([sys.executable, "-m", "kt_jupyter.local", "stop"], env=env, check=True, capture_output=True)


def _wait_until_served(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            urllib.request.urlopen(f"{url}/api?token={TOKEN}", timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
