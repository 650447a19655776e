"""Importing IPython without what only a terminal needs.

Up to version 8 its package imports its terminal, and with that prompt_toolkit; its completer imports jedi. Together
they are half of the import, and a pod with half a CPU needs twice its time. Both can be imported afterwards, as ever.
"""

from __future__ import annotations

import contextlib
import sys
import types
from typing import Any, Iterator

_TERMINAL = "IPython.terminal.embed"
_JEDI = "jedi"


@contextlib.contextmanager
def imports() -> Iterator[None]:
    """Import IPython in this block."""
    modules: dict[str, Any] = sys.modules
    without = {_TERMINAL: _placeholder(), _JEDI: None}  # None: such a module can't be imported
    if any(name in modules for name in ("IPython", *without)):
        yield
        return
    modules.update(without)
    try:
        yield
    finally:
        for name in without:
            modules.pop(name, None)


def _placeholder() -> types.ModuleType:
    module: Any = types.ModuleType(_TERMINAL)
    module.embed = _embed
    return module  # type: ignore[no-any-return]


def _embed(*args: Any, **options: Any) -> Any:
    """Do what ``IPython.embed`` does."""
    from IPython.terminal.embed import embed

    return embed(*args, **options)  # type: ignore[no-untyped-call]
