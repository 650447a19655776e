"""A call, or a value, as the bytes that are sent."""

from __future__ import annotations

import functools
import inspect
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any, Final

from kt_jupyter.compute.functions.capture import origin
from kt_jupyter.compute.functions.capture.anatomy import Full, Place, name_of, size_of
from kt_jupyter.compute.functions.capture.blame import Content, contents, error_of, unpicklable
from kt_jupyter.compute.functions.capture.code import mentions
from kt_jupyter.compute.functions.capture.pickler import LRU, Pickler
from kt_jupyter.errors import NotPicklable, TooLarge

LIMIT: Final = 100_000_000  # bytes that a function may take along beside its arguments
NOTICE: Final = 10_000_000  # bytes from which a person is told, for they go with every call
_NAMED: Final = 3  # of the large parts


@dataclass(frozen=True, slots=True)
class Packed:
    """A pickle on its way to a pod.

    Attributes:
        payload: Its bytes.
        packages: Installed top-level packages without which it can't be unpickled there, or the function not run.
        heavy: What the function takes along with every call, if that is much; the largest first.
    """

    payload: bytes
    packages: frozenset[str]
    heavy: tuple[Content, ...] = ()


def pack(function: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Packed:
    """Pickle a call.

    Args:
        function: What is called.
        args: Positional arguments; they may be of any size.
        kwargs: The others.

    Raises:
        NotPicklable: With the global, attribute or argument that is to blame.
        TooLarge: What the function takes along is 100 MB or more; names the largest part.
    """
    call = (function, tuple(args), dict(kwargs or {}))
    try:
        pickler, payload = _pickled(call, LIMIT)
        taken = size_of(function) if len(payload) >= NOTICE else 0
    except Full:
        if (taken := size_of(function, LIMIT)) >= LIMIT:
            raise _too_large(function) from None
        pickler, payload = _pickled(call)  # it is the arguments that are large
    except NotPicklable:
        raise
    except Exception as error:
        raise _blamed(call, error) from error
    heavy = tuple(_contents(function)[:_NAMED]) if taken >= NOTICE else ()
    return Packed(payload, origin.packages(pickler.modules | set(_imports(function))), heavy)


def pack_value(value: Any, name: str) -> Packed:
    """Pickle a variable.

    Raises:
        NotPicklable: With the attribute or item that is to blame.
    """
    try:
        pickler, payload = _pickled(value)
    except Exception as error:
        raise unpicklable(f"{name} cannot be sent to a pod", value, Place("variable", name), error) from error
    return Packed(payload, origin.packages(pickler.modules))


class _Limited(io.BytesIO):
    """A file that has no room for more."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any) -> int:
        if self.tell() + memoryview(data).nbytes >= self._limit:
            raise Full
        return super().write(data)


def _pickled(obj: Any, limit: int | None = None) -> tuple[Pickler, bytes]:
    file = io.BytesIO() if limit is None else _Limited(limit)
    pickler = Pickler(file)
    pickler.write(obj)
    return pickler, file.getvalue()


def _contents(function: Any) -> list[Content]:
    return contents(function, Place("variable", name_of(function)))


def _too_large(function: Any) -> TooLarge:
    name = name_of(function)
    found = [content for content in _contents(function) if content.size >= NOTICE][:_NAMED]
    largest = found[0] if found else None
    return TooLarge(
        f"{name} would take more than 100 MB along with every call"
        + (f": {'; '.join(map(str, found))}." if found else "."),
        name=largest.place.path if largest else name,
        size=largest.size if largest else LIMIT,
        remedy="Pass it as an argument, which may be of any size, or read it in the function from a volume.",
    )


def _blamed(call: tuple[Any, tuple[Any, ...], dict[str, Any]], error: Exception) -> Exception:
    function, args, kwargs = call
    name, names = name_of(function), _parameters(function)
    itself = Place("variable", name)
    if (found := error_of(function)) is not None:
        return unpicklable(f"{name} cannot be sent to a pod", function, itself, found)
    places = [Place("argument", names[at] if at < len(names) else f"args[{at}]") for at in range(len(args))]
    places += [Place("argument", keyword) for keyword in kwargs]
    for value, place in zip((*args, *kwargs.values()), places, strict=True):
        if (found := error_of(value)) is not None:
            return unpicklable(f"{name} cannot be called on a pod", value, place, found)
    return unpicklable(f"{name} cannot be called on a pod", call, itself, error)


def _parameters(function: Any) -> list[str]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each.name for each in parameters if each.kind in positional]


def _imports(function: Any) -> Iterator[str]:
    """Give the modules that a function imports in every call."""
    while (inner := _inside(function)) is not None:
        function = inner
    if not isinstance(function, FunctionType):
        return
    for each in mentions(function.__code__).imports:
        if each.certain and not each.level and origin.own_module(each.module) is None:
            yield each.module


def _inside(function: Any) -> Any:
    if isinstance(function, functools.partial):
        return function.func
    if isinstance(function, MethodType):
        return function.__func__
    return function.__wrapped__ if isinstance(function, LRU) else None
