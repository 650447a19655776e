"""Importing IPython without what the first cell does not need: that cell waits for every import.

Up to version 8 its package imports its terminal, and with that prompt_toolkit; its completer imports jedi. Nothing here
uses those. Other modules it imports for what comes later or never (tracebacks, top-level ``await``, downloads): these
are imported when it first asks them for something. Everybody else can import all of them, as ever.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import types
from typing import Any, Iterator

_NEVER = "jedi"
_LATER: dict[str, tuple[str, ...]] = {
    # a module: what is imported from it by name, to be called some day; nothing: it is used by its own name
    "IPython.terminal.embed": ("embed",),
    "asyncio": (),
    "logging.config": ("dictConfig",),
    "pexpect": (),
    "pydoc": (),
    "stack_data": (),
    "urllib.request": ("Request", "urlopen"),
}


class Later(types.ModuleType):
    """Stands for a module that is imported when it is asked for something, and is itself asked every time.

    So what is replaced in that module (``nest_asyncio`` does that) is replaced for whoever has this one.
    """

    def __getattr__(self, name: str) -> Any:
        called = _LATER[self.__name__]
        if called and name == "__path__":  # every ``from … import`` asks whether it is a package
            raise AttributeError(name)
        return self._named(name) if name in called else getattr(self._found(), name)

    def _named(self, name: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            return getattr(self._found(), name)(*args, **options)

        call.__name__ = name
        return call

    def _found(self) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


@contextlib.contextmanager
def imports() -> Iterator[None]:
    """Import IPython in this block."""
    modules: dict[str, Any] = sys.modules
    if "IPython" in modules:
        yield
        return
    put = {name: Later(name) for name in _LATER if name not in modules and _is_there(name)}
    modules.update(put)
    without_jedi = _NEVER not in modules
    if without_jedi:
        modules[_NEVER] = None  # such a module can't be imported
    try:
        yield
    finally:
        for name, module in put.items():
            if modules.get(name) is module:
                del modules[name]
                parent, _, last = name.rpartition(".")
                if parent in modules and not hasattr(modules[parent], last):
                    setattr(modules[parent], last, module)  # for ``import urllib.request``, which was done in the block
        if without_jedi:
            modules.pop(_NEVER, None)


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(name.partition(".")[0]) is not None
