"""A pickler that sends by value what lives in the notebook, and by name what is installed.

cloudpickle does the work: functions and classes of ``__main__``, closures, lambdas. The rest is ours:

* What comes from a person's own files goes by value too. Of a module only what the code mentions is sent: ``helpers``
  may hold a database connection and import half of PyPI, and ``helpers.clean(x)`` still runs anywhere.
* ``functools.lru_cache`` makes objects that pickle by name, whatever they wrap: that would fail in the pod, and say
  nothing here. ``singledispatch`` and (before Python 3.12) ``cached_property`` hold what can't be pickled at all.
* Code keeps the name of its file, which newer cloudpickles drop: by it tracebacks find the lines.
* Which packages the pickle needs is written down on the way, so that a missing one can be named before the call.
* What arrives must not need kt_jupyter, which is on no image.

Own modules are registered with cloudpickle only while one of these runs, under a lock: the register is the process's,
and others (dask, ray) use it.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, Protocol

import cloudpickle

from kt_jupyter.compute.functions.capture import origin, remote
from kt_jupyter.compute.functions.capture.code import Chain, Import, mentions
from kt_jupyter.errors import NotPicklable

Json = dict[str, Any]

LRU: Final = type(functools.lru_cache(lambda: None))
_DISPATCHER: Final = functools.singledispatch(lambda _: None).__code__  # type: ignore[attr-defined]
_NO_FILE: Final = "<dynamic-code>"
_PROTOCOL: Final = 5  # Python 3.8
_lock = threading.RLock()


class Writable(Protocol):
    """All that a pickler needs of a file."""

    def write(self, data: Any, /) -> int:
        """Write bytes."""


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles to a binary file; use :meth:`write`.

    Attributes:
        modules: Names of those that the pickle refers to.
    """

    def __init__(self, file: Writable) -> None:
        super().__init__(file, protocol=_PROTOCOL)
        self.modules: set[str] = set()
        self._registered: list[ModuleType] = []

    def write(self, obj: Any) -> None:
        """Pickle an object."""
        with self._registering():
            self.dump(obj)

    def reduced(self, obj: Any) -> Any:
        """Return what an object would be pickled as, without its parts: as ``__reduce_ex__`` does."""
        with self._registering():
            reduced = self.reducer_override(obj)
            return obj.__reduce_ex__(_PROTOCOL) if reduced is NotImplemented else reduced

    def reducer_override(self, obj: Any) -> Any:
        """Say how an object is pickled; called for each that is no plain data."""
        kind = type(obj)
        if kind in _SPECIAL:
            return _SPECIAL[kind](self, obj)
        if issubclass(kind, type):
            return self._reduced_by_value_or_name(obj)
        return super().reducer_override(obj)

    def _function(self, function: FunctionType) -> Any:
        if function.__code__ is _DISPATCHER and by_value(function):
            return remote.dispatched, (dict(function.registry),)  # type: ignore[attr-defined]
        reduced = self._reduced_by_value_or_name(function)
        if reduced is not NotImplemented:
            send_pieces(function, reduced)
        return reduced

    def _module(self, module: ModuleType) -> Any:
        if origin.is_own(module):
            return _reduced_module(module.__name__, dict(_contents(module)))
        self._refer(module.__name__)
        return super().reducer_override(module)

    def _cached(self, function: Any) -> Any:
        if not by_value(function.__wrapped__):
            return super().reducer_override(function)
        limits = function.cache_parameters()
        return remote.cached, (function.__wrapped__, limits["maxsize"], limits["typed"], _own_attributes(function))

    def _property(self, found: functools.cached_property[Any]) -> Any:
        return functools.cached_property, (found.func,), {"attrname": found.attrname}

    def _code(self, code: CodeType) -> Any:
        make, arguments = self.dispatch_table[CodeType](code)
        return make, tuple(code.co_filename if each == _NO_FILE else each for each in arguments)

    def _builtin(self, function: BuiltinFunctionType) -> Any:
        self._refer(function.__module__)
        return super().reducer_override(function)

    def _reduced_by_value_or_name(self, obj: Any) -> Any:
        self._by_value_if_own(obj)
        reduced = super().reducer_override(obj)
        if reduced is NotImplemented:
            self._refer(obj.__module__)
        return reduced

    @contextlib.contextmanager
    def _registering(self) -> Iterator[None]:
        with _lock:
            try:
                yield
            finally:
                while self._registered:
                    with contextlib.suppress(ValueError):  # the person has unregistered it too
                        cloudpickle.unregister_pickle_by_value(self._registered.pop())

    def _by_value_if_own(self, obj: Any) -> None:
        module = sys.modules.get(getattr(obj, "__module__", None) or "")
        if module is None or module.__name__ in cloudpickle.list_registry_pickle_by_value():
            return
        if _is_ours(module):
            cloudpickle.register_pickle_by_value(module)
            self._registered.append(module)

    def _refer(self, module: str | None) -> None:
        if module:
            self.modules.add(module)


_SPECIAL: Final[dict[type, Callable[[Pickler, Any], Any]]] = {
    FunctionType: Pickler._function,  # noqa: SLF001 - its own table
    ModuleType: Pickler._module,  # noqa: SLF001
    LRU: Pickler._cached,  # noqa: SLF001
    functools.cached_property: Pickler._property,  # noqa: SLF001
    CodeType: Pickler._code,  # noqa: SLF001
    BuiltinFunctionType: Pickler._builtin,  # noqa: SLF001
}


class Piece:
    """What is sent of one of a person's own modules to one function."""

    def __init__(self, module: ModuleType, chains: Iterable[Chain]) -> None:
        self.module = module
        self.attributes: Json = {}
        firsts: dict[str, set[Chain]] = {}
        for first, *rest in chains:
            firsts.setdefault(first, set()).add(tuple(rest))
        for name, rests in firsts.items():
            with contextlib.suppress(AttributeError):  # the code will find that out, if it comes to that
                self.attributes[name] = piece_or_value(getattr(module, name), rests)

    def __reduce__(self) -> Any:
        return _reduced_module(self.module.__name__, self.attributes)


def piece_or_value(value: Any, chains: set[Chain]) -> Any:
    """Return what stands for a value that code reaches into in these ways: a piece, if it is an own module."""
    if isinstance(value, ModuleType) and () not in chains and origin.is_own(value):
        return Piece(value, chains)
    return value


def pieces(function: FunctionType) -> tuple[Json, list[Piece | ModuleType]]:
    """Return what is sent of own modules in place of a function's globals, and for what it imports when it runs."""
    mentioned = mentions(function.__code__)
    names = mentioned.chains.keys() & function.__globals__.keys()
    replaced: Json = {}
    for name in names:
        value = function.__globals__[name]
        if isinstance(value, ModuleType) and origin.is_own(value):
            replaced[name] = piece_or_value(value, mentioned.chains[name])
    imported = [_imported(each, function, mentioned.chains) for each in mentioned.imports]
    return replaced, [each for each in imported if each is not None]


def send_pieces(function: FunctionType, reduced: tuple[Any, ...]) -> None:
    """Put them into what cloudpickle would send of a function."""
    slots = reduced[2][1]
    replaced, imported = pieces(function)
    slots["__globals__"].update({name: piece for name, piece in replaced.items() if name in slots["__globals__"]})
    submodules = slots["_cloudpickle_submodules"]  # pickled and else ignored: they are there to be imported
    slots["_cloudpickle_submodules"] = [each for each in submodules if not origin.is_own(each)] + imported


def by_value(function: Any) -> bool:
    """Whether a function is sent by value: it is from a cell, from within a function, or from a person's own file."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    if module is None or module.__name__ == "__main__" or _is_ours(module):
        return True
    found: Any = module
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return getattr(found, "__wrapped__", found) is not function


def _is_ours(module: ModuleType) -> bool:
    return module is remote or origin.is_own(module)


def _reduced_module(name: str, attributes: Json) -> Any:
    return remote.module_of, (name,), attributes, None, None, remote.fill


def _contents(module: ModuleType) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in vars(module).items() if not name.startswith("__"))


def _own_attributes(wrapper: Any) -> Json:
    return {name: value for name, value in vars(wrapper).items() if name != "__wrapped__"}


def _imported(each: Import, function: FunctionType, chains: dict[str, set[Chain]]) -> Piece | ModuleType | None:
    """Return what is sent of an own module that is imported in a function."""
    name = each.absolute(function.__globals__.get("__package__"))
    if name is None:
        return None
    try:
        module = origin.own_module(name)
    except Exception as error:
        if not each.certain:
            return None
        fact = f"{function.__qualname__} cannot be sent to a pod: {name}, which it imports, cannot be imported here"
        raise NotPicklable(f"{fact} ({error}).", path=name, remedy=f"See: import {name}") from error
    if module is None:
        return None
    if each.bound is None:
        return Piece(module, {(wanted,) for wanted in each.names})
    used = chains.get(each.bound, set())
    if each.whole:
        return module if () in used else Piece(module, used)
    top = sys.modules[name.partition(".")[0]]
    return top if () in used else Piece(top, used | {tuple(name.split(".")[1:])})
