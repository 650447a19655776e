"""ipyparallel doing the same things: a controller and four engines on this machine, no Kubernetes between."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from typing import Any

ENGINES = 4


class Engines:
    """A cluster of engines, and a shell whose ``%%px`` runs on all of them."""

    def __init__(self, client: Any, shell: Any) -> None:
        self._one = client[0]
        self._shell = shell

    def px(self, source: str) -> None:
        done = self._shell.run_cell(f"%%px --block\n{source}")
        done.raise_error()

    def push(self, value: Any) -> None:
        self._one.push({"value": value}, block=True)

    def pull(self) -> Any:
        return self._one.pull("value", block=True)


@contextlib.contextmanager
def engines() -> Iterator[Engines]:
    """Start them."""
    import ipyparallel
    from IPython.core.interactiveshell import InteractiveShell

    with tempfile.TemporaryDirectory() as directory:
        cluster = ipyparallel.Cluster(n=ENGINES, ipython_dir=directory, log_level=logging.ERROR)
        client = cluster.start_and_connect_sync(activate=False)
        shell = InteractiveShell.instance()
        shell.run_line_magic("load_ext", "ipyparallel")
        client[:].activate()
        try:
            yield Engines(client, shell)
        finally:
            client.close()
            cluster.stop_cluster_sync()
            InteractiveShell.clear_instance()
