"""Find what can't be sent, and what is too large, and say so with its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from kt_jupyter.compute.functions.capture.anatomy import Place, Sink, is_code, parts, size_of
from kt_jupyter.compute.functions.capture.pickler import Pickler
from kt_jupyter.errors import NotPicklable
from kt_jupyter.specs import human

_KNOWN = {
    "_thread.lock": "a thread lock",
    "_thread.RLock": "a thread lock",
    "_thread._local": "a thread's own data",
    "builtins.generator": "a generator that has begun",
    "builtins.async_generator": "a generator that has begun",
    "builtins.coroutine": "a coroutine",
    "builtins.frame": "a frame of running code",
    "socket.socket": "a socket",
    "_io.TextIOWrapper": "an open file",
    "_io.BufferedWriter": "an open file",
    "_io.FileIO": "an open file",
    "select.epoll": "a selector of open files",
}

_REMEDY = "Make it inside the function, or pass what it can be made from as an argument."
_REMEDIES = {
    "argument": "Pass what it can be made from, and make it inside the function.",
    "variable": "Send what it can be made from, and make it on the pod.",
}
_GENERIC = re.compile("cannot pickle '.*' object")


@dataclass(frozen=True, slots=True)
class Content:
    """Data that a function takes along: a global, a variable around it, a default value.

    Attributes:
        place: Where it is.
        type: Its type's name.
        size: Bytes, pickled.
    """

    place: Place
    type: str
    size: int

    def __str__(self) -> str:
        return f"the {self.place} ({self.type}, {human.size(self.size)})"


def unpicklable(subject: str, obj: Any, place: Place, error: Exception) -> NotPicklable:
    """Return the error that names the part of an object that can't be pickled.

    Args:
        subject: What cannot be done, for the message's beginning: ``train cannot be sent to a pod``.
        obj: What can't be pickled as a whole.
        place: Where it is.
        error: What the pickler said.
    """
    found, culprit, error = _culprit(obj, place, error)
    what = described(culprit)
    why = "" if what in _KNOWN.values() or _GENERIC.match(str(error)) else f" ({error})"
    it = "it" if found == place and place.kind == "variable" else f"the {found}"
    return NotPicklable(f"{subject}: {it} is {what}{why}.", path=found.path, remedy=_REMEDIES.get(found.kind, _REMEDY))


def contents(function: Any, place: Place) -> list[Content]:
    """Return the data that goes along with a function, the largest first; what can't be pickled is left out."""
    return sorted(_contents(function, place, {}), key=lambda content: -content.size)


def described(value: Any) -> str:
    """Say what kind of thing something is."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name in _KNOWN:
        return _KNOWN[name]
    if kind.__module__ in {"builtins", "__main__"}:
        name = kind.__qualname__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def error_of(obj: Any) -> Exception | None:
    """Return what the pickler says of an object; None if it can be pickled."""
    try:
        Pickler(Sink()).write(obj)
    except Exception as error:  # noqa: BLE001 - users' classes raise what they like
        return error
    return None


def _culprit(obj: Any, place: Place, error: Exception) -> tuple[Place, Any, Exception]:
    seen = {id(obj): obj}
    while True:
        for where, part in parts(obj, place):
            if id(part) not in seen and (found := error_of(part)) is not None:
                seen[id(part)] = obj = part
                place, error = where, found
                break
        else:
            return place, obj, error


def _contents(obj: Any, place: Place, seen: dict[int, Any]) -> Iterator[Content]:
    for where, part in parts(obj, place):
        if id(part) in seen or part is None:
            continue
        seen[id(part)] = part  # kept alive, so that no other gets its number
        if is_code(part):
            yield from () if isinstance(part, ModuleType) else _contents(part, where, seen)
        elif error_of(part) is None:  # it is told when the call is made
            yield Content(where, type(part).__qualname__, size_of(part))
