"""JupyterLab and Notebook as processes, and a notebook in them as a person handles it.

Everything that they would read or write in the home directory is moved to a temporary one, so that neither the
person's own settings nor an earlier test can change what a test sees. No cluster is configured there: a notebook
that uses one gets the embedded one, started by its own first call. With ``KT_TEST_CONTEXT`` it is that context's.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from kt_jupyter.kube import Cluster, connect
from tests.servers import free_port, wait_until_served
from tests.waiting import eventually

TOKEN = "ui-tests"
STARTS_WITHIN = 90  # seconds
ENDS_WITHIN = 20
PATIENCE = 60_000  # milliseconds: a pod or a kernel has to start, or a page has to try again a few times
APPS = {"JupyterLab": ("jupyterlab", "lab/tree"), "Notebook": ("notebook", "notebooks")}
CONTEXT = os.environ.get("KT_TEST_CONTEXT")
KUBECONFIG = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    # A terminal draws on a canvas; this keeps its text in the page too.
    "terminal-extension/plugin": {"screenReaderMode": True},
    # Every cell is in the page, whether it fits the window or not.
    "notebook-extension/tracker": {"windowingMode": "none"},
}

# Before it is there nothing in the page says so: the indicator begins with "idle", the toolbar with its name.
KERNEL_IS = """() => {
  if (document.querySelector(".jp-Dialog .jp-mod-accept")) return "asked for";
  const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status !== "restarting" ? "there" : null;
}"""


class Notebook:
    """An open notebook: the only one, or the one in front."""

    def __init__(self, page: Page) -> None:
        self.page = page
        panel = page.locator(".jp-NotebookPanel:visible")
        self.cells = panel.locator(".jp-CodeCell")
        self.kernel = panel.locator(".jp-Notebook-ExecutionIndicator")

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
        """Run a cell: one press, so that it runs once.

        Before the kernel is there a press is lost, or runs the cell later, and JupyterLab may ask which kernel to take;
        it gets the one that it proposes.
        """
        self.source(index).click()
        while self.page.wait_for_function(KERNEL_IS, timeout=PATIENCE).json_value() == "asked for":
            self.page.get_by_role("dialog").locator(".jp-mod-accept").click()
        self.page.keyboard.press("Control+Enter")
        expect(self.prompt(index)).not_to_have_text("[ ]:")

    def wait_until_ran(self, index: int) -> None:
        expect(self.prompt(index)).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)


class Jupyter:
    """A server; its directories and its address outlive it."""

    def __init__(self, app: str, home: Path) -> None:
        self.module, self.tree = APPS[app]
        self.home, self.root, self.port = home, home / "root", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        foreign = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG")
        self.env = {name: value for name, value in os.environ.items() if name not in foreign} | {
            "HOME": str(home),
            "KT_JUPYTER_LOCAL_DIR": str(home / "local"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "IPYTHONDIR": str(home / "ipython"),
        }
        if CONTEXT is not None:  # of several files the first that names a current context has the say
            choice = home / "kubeconfig"
            choice.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": CONTEXT}))
            self.env["KUBECONFIG"] = os.pathsep.join((str(choice), KUBECONFIG))
        self.root.mkdir()
        for plugin, values in SETTINGS.items():
            path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        self.start()

    def start(self, *options: str) -> None:
        """Start it, and return when it serves."""
        argv = [sys.executable, "-m", self.module, "--allow-root", "--no-browser", "--ip=127.0.0.1"]
        argv += [f"--port={self.port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.root}"]
        argv += [f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True", *options]
        argv += ["--JupyterNotebookApp.expose_app_in_browser=True"]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.env
            )
        wait_until_served(f"{self.url}/api?token={TOKEN}", self.process, within=STARTS_WITHIN)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        self.process.send_signal(how)
        try:
            self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            # A request in its last moment leaves Jupyter a thread of AnyIO's, for which it waits for ever.
            self.process.kill()
            self.process.wait()

    def cluster(self) -> Cluster:
        """Connect to the cluster that its notebooks use."""
        if CONTEXT is not None:
            return connect(CONTEXT, kubeconfig=KUBECONFIG)
        ensure = [sys.executable, "-m", "kt_jupyter.local", "ensure"]
        kubeconfig = subprocess.run(ensure, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout
        return connect(kubeconfig=kubeconfig.strip())

    def open(self, page: Page, *cells: str | dict) -> Notebook:
        """Open a new notebook with these cells: sources, or `ran()` for cells with a stored output."""
        return self.show(page, self.write(*cells))

    def write(self, *cells: str | dict) -> str:
        """Make a notebook with these cells and return its file's name."""
        path = self.root / f"{uuid.uuid4()}.ipynb"
        code = [
            {"id": f"cell-{i}"} | (ran(cell, None) if isinstance(cell, str) else cell) for i, cell in enumerate(cells)
        ]
        path.write_text(json.dumps({"cells": code, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}))
        return path.name

    def show(self, page: Page, name: str) -> Notebook:
        """Open a notebook that is there; the kernels and terminals of those before it end."""
        for kernel in self.ask("GET", "kernels"):
            self.ask("DELETE", f"kernels/{kernel['id']}")
        for terminal in self.ask("GET", "terminals"):
            self.ask("DELETE", f"terminals/{terminal['name']}")
        # The page takes the kernel that there is, which has started by the time the page has loaded.
        self.ask("POST", "sessions", {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}})
        # Before the notebook has its kernel its status reads "idle" too, and whoever runs a cell is asked for one.
        with page.expect_websocket(lambda socket: "/channels" in socket.url, timeout=60_000):
            page.goto(f"{self.url}/{self.tree}/{name}?token={TOKEN}&reset")
        return Notebook(page)

    def keeps(self, terminal: str) -> None:
        """Wait until the layout that JupyterLab would restore, which it stores a moment after it changes, has a tab."""

        def kept() -> bool:
            for each in (self.home / "workspaces").glob("*"):
                with contextlib.suppress(ValueError):  # it is being written
                    layout = json.loads(each.read_text())["data"].get("layout-restorer:data", {}).get("main")
                    if f'"terminal:{terminal}"' in json.dumps(layout):
                        return True
            return False

        eventually(kept)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Make a request to Jupyter's own API."""
        headers = {"Authorization": f"token {TOKEN}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


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
    jupyter = Jupyter(app, home)
    try:
        yield jupyter
    finally:
        jupyter.end()
        stop = [sys.executable, "-m", "kt_jupyter.local", "stop"]
        subprocess.run(stop, env=jupyter.env, check=True, capture_output=True)
