"""Which way cells are run: by the image's IPython, or without."""

from __future__ import annotations

import importlib.util
import sys
import traceback
import types
from typing import Any

from .streams import Voice


class Engine:
    """Runs cells in one namespace."""

    def number(self, count: Any) -> int:
        """Return the number of the cell that comes; ``count``, if any, is the one to use."""
        raise NotImplementedError

    def run(self, source: str) -> dict[str, Any]:
        """Run a cell, display what it has to show, and return how it went."""
        raise NotImplementedError


def make(main: types.ModuleType, voice: Voice, directory: str) -> Engine:
    """Return the engine for this image; files that it needs go to ``directory``, whose owner removes them."""
    try:
        found = importlib.util.find_spec("IPython") is not None
    except (ImportError, ValueError):
        found = False
    if found:
        try:
            from . import ipython

            return ipython.IPythonEngine(main, voice, directory)
        except Exception:  # noqa: BLE001 - a broken one must not keep cells from running
            traceback.print_exc(limit=-1)
            sys.stderr.write("[kt] The image's IPython does not work here; cells run without it.\n")
    from . import plain

    return plain.PlainEngine(main, voice)
