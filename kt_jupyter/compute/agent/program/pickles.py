"""Values on their way in and out, and what is to blame when one can't travel."""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
import re
import sys
from typing import Any, Callable, Iterator

_DEPTH = 6
_MOST = 200  # items of one container that are looked at


def dump(value: Any, file: Any) -> None:
    """Pickle by value what can't be imported on the other side."""
    try:
        import cloudpickle
    except ImportError:
        pickle.dump(value, file, protocol=5)
    else:
        cloudpickle.dump(value, file, protocol=5)


def dumps(value: Any) -> bytes:
    """Return the pickle."""
    file = io.BytesIO()
    dump(value, file)
    return file.getvalue()


def load(data: Any) -> Any:
    """Return the value."""
    return pickle.loads(data)  # noqa: S301 - from whoever may exec into this pod, who can do all this does anyway


def blame(value: Any, name: str, pickled: Callable[[Any], Any] = dumps) -> str:
    """Return the innermost part of a value that can't be pickled, as an expression such as ``model.cache['lock']``."""
    path = name
    for _ in range(_DEPTH):
        for part, inner in _parts(value):
            try:
                pickled(inner)
            except Exception:  # noqa: BLE001 - whatever it is, it is in here
                path, value = path + part, inner
                break
        else:
            break
    return path


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", value[key]) for key in list(value)[:_MOST])
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{index}]", inner) for index, inner in enumerate(value[:_MOST]))
    elif callable(value) and getattr(value, "__closure__", None):
        names = value.__code__.co_freevars
        for variable, cell in zip(names, value.__closure__):
            try:
                yield f" → {variable}", cell.cell_contents
            except ValueError:  # not set yet
                continue
    else:
        yield from ((f".{key}", inner) for key, inner in list(getattr(value, "__dict__", {}).items())[:_MOST])


def version_of(module: str, distribution: str) -> str | None:
    """Return the version of an installed module without importing it; ``?`` when it is there and does not tell."""
    loaded = sys.modules.get(module)
    if loaded is not None:
        return str(getattr(loaded, "__version__", "?"))
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    for place in spec.submodule_search_locations or ():
        pattern = re.compile(rf"{distribution}-([^-]+?)(-py[\d.]+)?\.(dist|egg)-info", re.IGNORECASE)
        try:
            names = os.listdir(os.path.dirname(place))
        except OSError:
            continue
        for name in names:
            found = pattern.fullmatch(name)
            if found:
                return found.group(1)
    return "?"
