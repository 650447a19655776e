"""Real Jupyter kernels, heard as a front end hears them."""

import contextlib
import os

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

ANSWERS_WITHIN = 30  # seconds


class Kernel:
    """Runs cells and completes lines."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, cell, *, watched=False):
        """Run a cell; the messages that show something. Somebody watches if somebody could be asked."""
        return list(self.running(cell, watched=watched))

    def running(self, cell, *, watched=False):
        """Run a cell; the messages that show something, as they come."""
        sent = self.client.execute(cell, allow_stdin=watched)
        while True:
            message = self.client.get_iopub_msg(timeout=ANSWERS_WITHIN)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            if message["msg_type"] not in {"status", "execute_input"}:
                yield message

    def complete(self, line):
        """What Tab offers at the end of the line."""
        return [match for match in self.client.complete(line, reply=True)["content"]["matches"] if match]


@contextlib.contextmanager
def kernel(home, **env):
    """A kernel with the extension loaded, at home in a directory of its own."""
    home.mkdir(exist_ok=True)
    manager = KernelManager(transport="ipc", connection_file=str(home / "kernel.json"))
    manager.start_kernel(env={**os.environ, "HOME": str(home), "IPYTHONDIR": str(home), **env})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=ANSWERS_WITHIN)
        made = Kernel(manager, client)
        made.run("%load_ext kt_jupyter")
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def printed(messages, stream="stdout"):
    """What messages print."""
    texts = (each["content"] for each in messages if each["msg_type"] == "stream")
    return "".join(text["text"] for text in texts if text["name"] == stream)
