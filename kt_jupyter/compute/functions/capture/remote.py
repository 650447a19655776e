"""What is needed in the pod to put back together what was sent. It is sent along, by value: there is nothing of ours.

Every function here stands by itself (imports inside), and needs no more than Python 3.8.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any


def module_of(name: str) -> ModuleType:
    """Return the module of that name that stands in for the sender's own; made when it is first asked for.

    It can be imported, and takes the place of a file of that name.
    """
    import sys  # noqa: PLC0415
    import types  # noqa: PLC0415

    found = sys.modules.get(name)
    if getattr(found, "__kt_sent__", False):
        return found  # type: ignore[return-value]
    module = types.ModuleType(name)
    module.__kt_sent__ = True  # type: ignore[attr-defined]
    module.__path__ = []  # a package, so that what lies in it can be imported too
    parent, _, last = name.rpartition(".")

    def missing(attribute: str) -> Any:
        raise AttributeError(
            f"of module {name!r} only what the code mentions was sent from the notebook, and {attribute!r} was not "
            "mentioned: pass it as an argument"
        )

    module.__getattr__ = missing  # type: ignore[method-assign]
    sys.modules[name] = module
    if parent:
        setattr(module_of(parent), last, module)
    return module


def fill(module: ModuleType, attributes: dict[str, Any]) -> None:
    """Set what was sent of a module."""
    module.__dict__.update(attributes)


def cached(function: Callable[..., Any], maxsize: int | None, typed: bool, attributes: dict[str, Any]) -> Any:  # noqa: FBT001 - as lru_cache has it
    """Return a function with an empty cache of its own."""
    import functools  # noqa: PLC0415

    made = functools.lru_cache(maxsize, typed)(function)
    made.__dict__.update(attributes)
    return made


def dispatched(registry: dict[type, Callable[..., Any]]) -> Any:
    """Return a ``functools.singledispatch`` function that chooses among these."""
    import functools  # noqa: PLC0415

    made = functools.singledispatch(registry[object])
    for kind, function in registry.items():
        made.register(kind, function)
    return made
