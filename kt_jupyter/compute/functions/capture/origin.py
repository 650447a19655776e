"""Where a module comes from: installed, and so to be found in an image too, or a file of the person who works here.

What is installed is sent by name. A person's own files (beside the notebook, in a project that is installed in place)
are on no image, so what is used of them is sent by value, as what was defined in cells is.
"""

from __future__ import annotations

import functools
import importlib.util
import site
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_SCHEMES = ("stdlib", "platstdlib", "purelib", "platlib")
# The first has no file that counts; we are no part of anybody's work; the last is in every pod, and unpickles the rest.
_NEVER = frozenset({"__main__", "kt_jupyter", "cloudpickle"})


def is_own(module: ModuleType) -> bool:
    """Whether a module is a person's own Python file, or a package of such files."""
    top = module.__name__.partition(".")[0]
    if top in _NEVER or top in sys.stdlib_module_names:
        return False
    file = getattr(module, "__file__", None)
    if file is not None:
        return _is_own_file(file)
    return any(not _is_installed(path) for path in getattr(module, "__path__", ()))  # a package without __init__.py


def own_module(name: str) -> ModuleType | None:
    """Return a person's own module, imported if it is not yet; None if it is none.

    Raises:
        ImportError: It is, and cannot be imported here either.
    """
    module = sys.modules.get(name)
    if module is None:
        top = name.partition(".")[0]
        if top in _NEVER or top in sys.stdlib_module_names or not _may_be_own(top):
            return None
        module = importlib.import_module(name)
    return module if is_own(module) else None


def packages(modules: set[str]) -> frozenset[str]:
    """Return the installed top-level packages among modules; without what every Python has, and what travels along."""
    tops = {name.partition(".")[0] for name in modules}
    return frozenset(tops - sys.stdlib_module_names - {"__main__", "cloudpickle"})


def _may_be_own(top: str) -> bool:
    if top in sys.modules:
        return is_own(sys.modules[top])
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    if spec.has_location and spec.origin:
        return _is_own_file(spec.origin)
    return any(not _is_installed(path) for path in spec.submodule_search_locations or ())


def _is_own_file(file: str) -> bool:
    return file.endswith(".py") and not _is_installed(file)


@functools.lru_cache(maxsize=4096)
def _is_installed(path: str) -> bool:
    real = Path(path).resolve()
    return not _INSTALLED.isdisjoint(real.parts) or any(map(real.is_relative_to, _roots()))


@functools.cache
def _roots() -> tuple[Path, ...]:
    found = {sysconfig.get_path(scheme) for scheme in _SCHEMES}
    found |= {*site.getsitepackages(), site.getusersitepackages()}
    return tuple(Path(path).resolve() for path in found if path)
