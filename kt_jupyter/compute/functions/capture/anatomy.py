"""What an object is made of, part by part, as a pickler sees it: to find the one that is to blame, or large.

Nothing here runs in a call that goes well. A pickler's own exception says ``cannot pickle '_thread.lock' object`` and
not where that lock is.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FunctionType, MethodType, ModuleType
from typing import Any, Literal

from kt_jupyter.compute.functions.capture.pickler import LRU, Pickler, Piece, by_value

Kind = Literal["global", "closure", "default", "attribute", "argument", "variable"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is.

    Attributes:
        kind: What the name at the beginning of the path is.
        path: Such as ``conn``, ``config["db"].lock``.
        owner: The function or class whose it is; empty for an argument.
    """

    kind: Kind
    path: str
    owner: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "closure":
                return f"variable `{self.path}` from around `{self.owner}`"
            case "default":
                return f"default value of `{self.path}` in `{self.owner}`"
            case "argument" | "variable":
                return f"{self.kind} `{self.path}`"
            case _:
                return f"{self.kind} `{self.path}` of `{self.owner}`"

    def then(self, more: str) -> Place:
        """Return the place that one reaches from here."""
        return replace(self, path=self.path + more)


Parts = Iterator[tuple[Place, Any]]


def name_of(function: Any) -> str:
    """Return what a person calls a function."""
    while True:
        name = getattr(function, "__qualname__", None)
        if isinstance(name, str):
            return name.rpartition("<locals>.")[2]
        if not isinstance(function, functools.partial):
            return type(function).__qualname__
        function = function.func


class Sink(io.RawIOBase):
    """Counts what is written and keeps nothing; at a limit it raises ``Full``."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__()
        self.size = 0
        self._limit = limit

    def write(self, data: Any) -> int:
        """Count."""
        size = memoryview(data).nbytes
        self.size += size
        if self._limit is not None and self.size >= self._limit:
            raise Full
        return size


class Full(Exception):  # noqa: N818 - named for what is true
    """What is pickled is as large as it may be, or larger."""


def size_of(obj: Any, limit: int | None = None) -> int:
    """Return how many bytes an object is when pickled; of one that reaches the limit, the limit.

    Raises:
        Exception: Whatever it raises that can't be pickled.
    """
    sink = Sink(limit)
    try:
        Pickler(sink).write(obj)
    except Full:
        assert limit is not None
        return limit
    return sink.size


def parts(obj: Any, place: Place) -> Parts:
    """Give the parts of an object and where each is."""
    if isinstance(obj, dict):
        for key, value in obj.items():
            yield place.then(f"[{_short(key)}]"), value
        yield from ((place.then(f" (key {_short(key)})"), key) for key in obj if not isinstance(key, str | int))
    elif isinstance(obj, list | tuple):
        yield from ((place.then(f"[{index}]"), value) for index, value in enumerate(obj))
    elif isinstance(obj, set | frozenset):
        yield from ((place.then(f" (item {_short(value)})"), value) for value in obj)
    elif isinstance(obj, MethodType):
        yield place.then(".__func__"), obj.__func__
        yield place.then(".__self__"), obj.__self__
    elif isinstance(obj, functools.partial):
        yield place.then(".func"), obj.func
        yield from parts(obj.args, place.then(".args"))
        yield from parts(obj.keywords, place.then(".keywords"))
    elif isinstance(obj, Piece):
        yield from ((place.then(f".{name}"), value) for name, value in obj.attributes.items())
    else:
        yield from _reduced_parts(obj, place)


def is_code(obj: Any) -> bool:
    """Whether an object is one that is sent as code: a function or class by value, or what holds them."""
    return isinstance(obj, Piece | MethodType | functools.partial | FunctionType | type | LRU | ModuleType)


def _reduced_parts(obj: Any, place: Place) -> Parts:
    try:
        reduced = Pickler(io.BytesIO()).reduced(obj)
    except Exception:  # noqa: BLE001 - it can't be taken apart: then it is to blame itself
        return
    if not isinstance(reduced, tuple):  # by name
        return
    if isinstance(obj, FunctionType) and by_value(obj):
        yield from _function_parts(obj, reduced)
        return
    arguments, state, items, pairs = (*reduced[1:5], None, None, None)[:4]
    owner = name_of(obj) if isinstance(obj, type) else ""
    for value in arguments or ():
        yield place, value
    for name, value in _attributes(state):
        yield Place("attribute", name, owner) if owner else place.then(f".{name}"), value
    yield from ((place.then(f"[{index}]"), value) for index, value in enumerate(items or ()))
    yield from ((place.then(f"[{_short(key)}]"), value) for key, value in pairs or ())


def _attributes(state: Any) -> Iterator[tuple[str, Any]]:
    for each in state if isinstance(state, tuple) else (state,):
        if isinstance(each, dict):
            yield from ((str(name), value) for name, value in each.items())
        elif each is not None:
            yield "__getstate__()", each


def _function_parts(function: FunctionType, reduced: tuple[Any, ...]) -> Parts:
    owner = name_of(function)
    if len(reduced) < 3:  # noqa: PLR2004 - a dispatcher: its functions
        for kind, each in reduced[1][0].items():
            yield Place("attribute", f"registry[{_short(kind)}]", owner), each
        return
    attributes, slots = reduced[2]
    for name, value in slots["__globals__"].items():
        yield Place("global", name, owner), value
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not filled yet
            yield Place("closure", name, owner), cell.cell_contents
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        yield Place("default", name, owner), value
    for name, value in (function.__kwdefaults__ or {}).items():
        yield Place("default", name, owner), value
    for name, value in attributes.items():
        yield Place("attribute", name, owner), value
    for module in slots["_cloudpickle_submodules"]:
        if isinstance(module, Piece):
            yield Place("global", module.module.__name__, owner), module


def _short(key: Any) -> str:
    text = key if isinstance(key, str) else repr(key)
    quoted = f'"{text}"' if isinstance(key, str) else text
    return quoted if len(quoted) < 40 else quoted[:36] + "…"  # noqa: PLR2004
