"""A JupyterLab without a browser: a Jupyter server, a kernel, and between them what the page does for a terminal.

The page gets a comm message from the kernel, asks the server for a terminal and copies text between it and a canvas.
All but the canvas is done here, over the same sockets.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import websocket
from jupyter_client.manager import start_new_kernel

from kt_jupyter.terminal.front_end import COMM
from tests.bench.ground import Ground
from tests.servers import free_port, wait_until_served

_TOKEN = "bench"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>c]")
_STARTS_WITHIN = 60.0


class Tab:
    """A terminal of the server's, as a page has it open."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, header=[f"Authorization: token {_TOKEN}"], timeout=60)
        self._socket.send(json.dumps(["set_size", 24, 80, 480, 640]))
        self._text = ""

    def type(self, text: str) -> None:
        """Type, and forget what was shown."""
        self._text = ""
        self._socket.send(json.dumps(["stdin", text]))

    def shows(self, wanted: str) -> None:
        """Wait until a text is there."""
        while wanted not in _ESCAPES.sub("", self._text):
            kind, *text = json.loads(self._socket.recv())
            assert kind != "disconnect", self._text
            self._text += text[0] if kind == "stdout" else ""

    def close(self) -> None:
        """Close the tab; the terminal goes on."""
        self._socket.close()


@dataclass(frozen=True)
class Lab:
    """The server's address, and a client of the kernel."""

    address: str
    kernel: Any

    def run(self, code: str) -> None:
        """Run a cell to its end."""
        asked = self.kernel.execute(code)
        while not _is_end(message := self._message()) or message["parent_header"].get("msg_id") != asked:
            pass

    def open(self, code: str) -> Tab:
        """Run a cell until it opens a tab, and return that; what the cell says further is read by the next ``run``."""
        self.kernel.execute(code)
        while True:
            content = self._message()["content"]
            if content.get("target_name") == COMM:
                return self._open({key: value for key, value in content["data"].items() if key != "version"})

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] = self.kernel.get_iopub_msg(timeout=60)
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        return message

    def _open(self, target: dict[str, Any]) -> Tab:
        headers = {"Authorization": f"token {_TOKEN}"}
        url = f"http://{self.address}/kt_jupyter/terminals"
        request = urllib.request.Request(url, json.dumps(target).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            name = json.loads(answer.read())["name"]
        return Tab(f"ws://{self.address}/terminals/websocket/{name}")


@contextlib.contextmanager
def lab(ground: Ground) -> Iterator[Lab]:
    """Start server and kernel on the ground's cluster, and end them."""
    with tempfile.TemporaryDirectory(prefix="kt-bench-lab-") as home:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
            "KUBECONFIG": str(ground.kubeconfig),
            "JUPYTER_CONFIG_DIR": home,
            "JUPYTER_RUNTIME_DIR": home,
            "IPYTHONDIR": home,
        }
        port = free_port()
        argv = [sys.executable, "-m", "jupyter_server", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
        argv += [f"--IdentityProvider.token={_TOKEN}", f"--ServerApp.root_dir={home}", "--ServerApp.port_retries=0"]
        server = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        manager, kernel = start_new_kernel(env=env)
        try:
            wait_until_served(f"http://127.0.0.1:{port}/api", server, within=_STARTS_WITHIN)
            where = "local=True" if ground.embedded else repr(ground.cluster.context)
            opened = Lab(f"127.0.0.1:{port}", kernel)
            opened.run(f"import kt_jupyter as kt; kt.connect({where}, namespace={ground.namespace!r})")
            yield opened
        finally:
            kernel.stop_channels()
            manager.shutdown_kernel(now=True)
            server.terminate()
            server.wait()


def _is_end(message: dict[str, Any]) -> bool:
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
