"""Run a pickled call and pickle what it gives."""

from __future__ import annotations

import base64
import inspect
from typing import Any, Dict

from . import records, tracebacks
from .blobs import Blob
from .items import ItemNotPicklable, given, given_later
from .pickles import blame, dump, dumps, load
from .streams import Voice

Json = Dict[str, Any]


def run(voice: Voice, payload: bytes, result: Blob, *, items: bool = False) -> Json:
    """Run ``(function, args, kwargs)``; the value goes to ``result``, what became of it is returned.

    What a generator yields is given one by one where ``items`` are wanted, else as a list.
    """
    phase = "load"
    try:
        function, args, kwargs = load(payload)
        del payload
        phase = "call"
        value = function(*args, **kwargs)
        give = voice.item if items else None
        if inspect.isawaitable(value):
            value = _run(_awaited(value))
        elif inspect.isgenerator(value):
            value = given(value, give)
        elif inspect.isasyncgen(value):
            value = _run(given_later(value, give))
    except KeyboardInterrupt as error:
        return {"status": "interrupted", "phase": phase, "error": tracebacks.describe(error)}
    except BaseException as error:  # noqa: BLE001 - SystemExit too: the process is ours
        return _raised(voice, error, phase)
    try:
        dump(value, result)
    except KeyboardInterrupt as error:
        return {"status": "interrupted", "phase": "result", "error": tracebacks.describe(error)}
    except OSError as error:
        words = f"there is no room in the pod for what it returned: {error}"
        return {"status": "error", "phase": "result", "error": _error("ResultTooLarge", words)}
    except BaseException as error:  # noqa: BLE001 - anything can be raised by what is pickled
        words = f"{blame(value, 'result')}: {tracebacks.one_line(error)}"
        return {"status": "error", "phase": "result", "error": _error("ResultNotPicklable", words)}
    return {"status": "ok"}


def _run(coroutine: Any) -> Any:
    import asyncio  # its import takes longer than the agent's; the supervisor has done it when calls are usual

    return asyncio.run(coroutine)


async def _awaited(value: Any) -> Any:
    return await value


def _raised(voice: Voice, error: BaseException, phase: str) -> Json:
    if isinstance(error, ItemNotPicklable):
        return {"status": "error", "phase": "result", "error": _error("ResultNotPicklable", str(error))}
    told = tracebacks.describe(error)
    voice.record(records.ERROR, told)
    return {"status": "error", "phase": phase, "error": told, "exception": _pickled(error)}


def _pickled(error: BaseException) -> Any:
    """Return an exception as text that JSON can carry; None when it can't travel. Its traceback never does."""
    try:
        data = dumps(error)
        load(data)  # many an exception pickles well, and can't be made again
    except Exception:  # noqa: BLE001 - see above
        return None
    return base64.b64encode(data).decode()


def _error(ename: str, evalue: str) -> Json:
    return {"ename": ename, "evalue": evalue, "traceback": [f"{ename}: {evalue}"]}
