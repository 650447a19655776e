"""Import the agent, and the cloudpickle that came with it, from memory.

This text is executed by the container's command (see ``packing``) with ``bundle`` in its namespace.
"""

from __future__ import annotations

import gc
import importlib.machinery
import sys
from typing import Any

bundle: dict[str, Any] = globals()["bundle"]
gc.disable()  # while nothing but code is made, which stays: looking for garbage in it costs a seventh of the time


class Loader:
    """Finds modules among texts: name → source. A package has the module ``…/__init__``.

    Without the base classes that there are for it: their imports take longer than all of the agent's own.
    """

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        key = self._key(name)
        if key is None:
            return None
        is_package = key.endswith("/__init__")
        spec = importlib.machinery.ModuleSpec(name, self, origin=f"<{key}>", is_package=is_package)  # type: ignore[arg-type]
        spec.has_location = True
        return spec

    def create_module(self, spec: Any) -> Any:
        return None  # as usual

    def exec_module(self, module: Any) -> None:
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - importing is that

    def get_source(self, name: str) -> str:
        return self._sources[str(self._key(name))]

    def get_code(self, name: str) -> Any:
        return compile(self.get_source(name), f"<{self._key(name)}>", "exec", dont_inherit=True)

    def is_package(self, name: str) -> bool:
        return str(self._key(name)).endswith("/__init__")

    def _key(self, name: str) -> str | None:
        path = name.replace(".", "/")
        return next((key for key in (path, path + "/__init__") if key in self._sources), None)


sys.meta_path.insert(0, Loader(bundle["sources"]))

from kt_agent.main import main  # noqa: E402

sys.exit(main(bundle["options"]))
