"""How a call ended, as a value or as the exception to raise."""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from kt_jupyter.compute.functions.checks import check_python, package_missing
from kt_jupyter.compute.functions.raising import described, from_there, remote_error
from kt_jupyter.compute.functions.sources import with_sources
from kt_jupyter.compute.session import Done, Error, Interpreter
from kt_jupyter.compute.session.pieces import Pieces
from kt_jupyter.errors import CallEnded, CallOutOfMemory, CallTimeout, KtError, NotPicklable, PythonMismatch

_KINDS: Final[dict[str, type[CallEnded]]] = {"timeout": CallTimeout, "out of memory": CallOutOfMemory}
_NO_MODULE: Final = re.compile(r"No module named '([\w.]+)'")
_NOT_RUN: Final = "It was not run: "  # so the agent says it
_NUMPY_2: Final = "numpy._core"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value, or an error."""

    value: Any = None
    error: BaseException | None = None

    def get(self) -> Any:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


def outcome(done: Done, function: str, pod: str, there: Interpreter) -> Outcome:
    """Read how a call ended.

    Args:
        done: What the agent said.
        function: Its name.
        pod: The pod's.
        there: The Python that pickled what came; compared first.
    """
    try:
        check_python(there, pod)
        if done.status == "ok":
            return Outcome(loaded(done.file(), function, pod))
        if done.status == "error":
            return Outcome(error=_raised(done, function, pod))
    except KtError as error:
        return Outcome(error=error)
    return Outcome(error=_ended(done, function, pod))


def loaded(result: Pieces, function: str, pod: str) -> Any:
    """Unpickle what a function returned; versions have been compared.

    Raises:
        NotPicklable: Its type is not here.
        PythonMismatch: It holds arrays of another numpy.
    """
    try:
        return pickle.load(result)  # noqa: S301 - from a pod that the person has started, and runs what they sent
    except Exception as error:
        if _NUMPY_2 in str(error):
            raise _numpy(f"what {function} returned holds arrays of numpy 2, and this notebook has numpy 1.") from error
        raise NotPicklable(
            f"what {function} returned on pod {pod} cannot be unpickled here ({described(error)}).",
            remedy="Its types must be here too, in the same versions; or return plain data, such as arrays and dicts.",
        ) from error


def _raised(done: Done, function: str, pod: str) -> BaseException:
    told = done.error or Error("Exception", "")
    told = replace(told, traceback=with_sources(told.traceback))
    if done.phase == "load":
        return _notloaded(told, function, pod)
    if done.phase == "result":
        return NotPicklable(
            f"what {function} returned cannot be sent back from pod {pod}: {told.evalue or told.ename}.",
            remedy="Return what it can be made from: arrays, dicts, the path of a file on a volume.",
        )
    where = f"{function} on pod {pod}"
    if done.exception is None:
        return remote_error(told.ename, told.evalue, told.traceback, where, "it cannot be pickled there")
    try:
        error = pickle.loads(done.exception)  # noqa: S301
    except Exception as failure:  # noqa: BLE001 - exceptions with arguments of their own raise anything
        why = f"it cannot be unpickled here ({described(failure)})"
        return remote_error(told.ename, told.evalue, told.traceback, where, why)
    if not isinstance(error, BaseException):
        return remote_error(told.ename, told.evalue, told.traceback, where, "what came is no exception")
    return from_there(error, told.traceback, where)


def _notloaded(told: Error, function: str, pod: str) -> BaseException:
    if _NUMPY_2 in told.evalue:
        return _numpy(f"{function} takes arrays of numpy 2 along, and pod {pod} has numpy 1.")
    module = _NO_MODULE.search(told.evalue)
    if module:
        return package_missing((module[1].partition(".")[0],), function, pod)
    why = "what was sent could not be unpickled there: are the same versions of its packages in the image?"
    return remote_error(told.ename, told.evalue, told.traceback, f"pod {pod}, reading {function}", why)


def _numpy(fact: str) -> PythonMismatch:
    return PythonMismatch(fact, remedy="Use the same numpy on both sides: pip install 'numpy<2', or another image.")


def _ended(done: Done, function: str, pod: str) -> CallEnded:
    words = done.sentence or done.status
    fact = f"returned nothing. {words}"
    if words.startswith(_NOT_RUN):
        fact = f"was not run: {words.removeprefix(_NOT_RUN)}"
    return _KINDS.get(done.status, CallEnded)(
        f"{function} on pod {pod} {fact}",
        reason=done.status,
        exit_code=done.exit_code,
        signal=done.signal,
        remedy=_REMEDIES.get(done.status),
    )


_REMEDIES: Final = {
    "timeout": "To give it longer: .to(compute, timeout=…), in seconds.",
    "out of memory": 'To give it more: kt.Compute(memory="…"), and the function is sent there.',
}
