"""Every error a user can meet, in one hierarchy.

An error is a sentence that names the thing, the fact and the way out. In a notebook it is one red block without a
traceback (IPython asks the exception for ``_render_traceback_``); in code it is a typed exception that also derives
from the built-in a Python programmer would catch (``LookupError``, ``PermissionError``, ``TimeoutError`` …), with
the cause chained. Texts are written where the facts are known; this module only gives them their shape:

* ``fact``: what is true, first line, never "failed to".
* ``remedy``: what can be done about it, something to paste where possible.
* ``server``: the API server's own words, last, and only when they add something.
"""

from __future__ import annotations

from typing import Any


class KtError(Exception):
    """Something a user can understand and act on."""

    def __init__(self, fact: str, *, remedy: str | None = None, server: str | None = None) -> None:
        super().__init__(fact)
        self.fact = fact
        self.remedy = remedy
        self.server = server

    def __str__(self) -> str:
        lines = [self.fact]
        if self.remedy:
            lines += [f"    {line}" for line in self.remedy.splitlines()]
        if self.server:
            lines.append(f"    The server said: {self.server}")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """Return the lines IPython prints instead of a traceback: a cell's error is one red block."""
        red, reset = "\x1b[31m", "\x1b[0m"
        first, *rest = str(self).splitlines() or [""]
        return [f"{red}{type(self).__name__}{reset}: {first}", *rest]


class InvalidInput(KtError, ValueError):
    """An argument was refused before the cluster was touched."""


class InvalidQuantity(InvalidInput):
    """A size is not written as Kubernetes writes sizes."""


class InvalidName(InvalidInput):
    """A name is not one Kubernetes accepts for this kind of object."""


class InvalidMountPath(InvalidInput):
    """A mount path is not an absolute path a volume can be mounted at."""


class InvalidAccessMode(InvalidInput):
    """An access mode is not one of the four Kubernetes has."""


class ConfigError(KtError):
    """The cluster configuration (kubeconfig, context, service account) cannot be used."""


class CredentialsError(ConfigError):
    """The configured credentials could not be had: a login plugin failed, a token file is gone."""


class ClusterUnreachable(KtError, ConnectionError):
    """No answer came from the API server's address."""


class OutcomeUnknown(ClusterUnreachable):
    """The connection broke after a change was sent: it may have been made. It is not repeated on its own."""


class LocalClusterError(KtError):
    """The embedded local cluster cannot start or cannot read its state."""


class ApiError(KtError):
    """The API server refused a request; its subclasses say why.

    ``code`` is the HTTP status, ``reason`` Kubernetes' machine-readable reason (``NotFound``, ``Forbidden`` …),
    ``status`` the server's whole ``Status`` object (empty when it sent none).
    """

    def __init__(
        self,
        fact: str,
        *,
        remedy: str | None = None,
        server: str | None = None,
        code: int = 0,
        reason: str = "",
        status: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(fact, remedy=remedy, server=server)
        self.code = code
        self.reason = reason
        self.status = status or {}


class Unauthorized(ApiError, PermissionError):
    """The server does not know who is asking (401)."""


class Forbidden(ApiError, PermissionError):
    """The server knows who is asking and says no (403): the message names the missing verb."""


class NotFound(ApiError, LookupError):
    """The object does not exist (404)."""


class NamespaceNotFound(NotFound):
    """The namespace does not exist."""


class AlreadyExists(ApiError):
    """An object of that name exists (409)."""


class Conflict(ApiError):
    """The object changed, or is another one than was meant (409)."""


class Rejected(ApiError, ValueError):
    """The server found the object invalid or an admission rule refused it (400, 422, 403 from admission)."""


class QuotaExceeded(Rejected):
    """A resource quota or limit range of the namespace refuses the object."""


class Expired(ApiError):
    """The resource version asked for is too old (410): list again."""


class ServerBusy(ApiError):
    """The server asked for patience longer than was had (429, 503, 504)."""


class ServerFailure(ApiError):
    """The server itself went wrong (500 and its kin), or answered what is not Kubernetes."""


class ContainerNotFound(NotFound):
    """The pod has no container of that name, or has several and none was named."""


class ContainerNotRunning(ApiError):
    """The container does not run: not yet, or no longer."""


class CommandNotStarted(ApiError):
    """The container runs, and the command could not be started in it."""


class StreamLost(ClusterUnreachable):
    """The connection to a command in a pod broke; the command may go on."""


class HalfCloseUnsupported(KtError):
    """The server's older stream protocol cannot end a command's input and keep its output."""


class OutputIncomplete(KtError):
    """Not everything that a command printed has arrived."""


class SessionEnded(KtError):
    """The pod of a session has ended, or ends: what ran there is over, and its variables are gone.

    ``reason`` is one word of these: ``deleted``, ``evicted``, ``preempted``, ``out of memory``, ``deadline``, ``idle``,
    ``stopped``, ``completed``, ``crashed``, ``node lost``, ``not started``, ``replaced``; ``why`` is the clause of the
    message that explains it. ``kept`` says whether variables of cells went with it; None where nothing tells.
    """

    def __init__(
        self,
        fact: str,
        *,
        reason: str,
        why: str = "",
        kept: bool | None = None,
        remedy: str | None = None,
        server: str | None = None,
    ) -> None:
        super().__init__(fact, remedy=remedy, server=server)
        self.reason = reason
        self.why = why
        self.kept = kept


class AgentMismatch(KtError):
    """The agent in a pod is of another version of kt_jupyter, and the two do not understand each other."""


class WorkNotFound(KtError, LookupError):
    """A session remembers no cell or call of that id."""


class NotPicklable(KtError, TypeError):
    """A value cannot be sent to a pod or brought back; ``path`` is what in it is to blame (``model.lock``)."""

    def __init__(self, fact: str, *, path: str = "", remedy: str | None = None) -> None:
        super().__init__(fact, remedy=remedy)
        self.path = path


class TooLarge(KtError, ValueError):
    """Something is larger than what is sent to a pod or brought back: ``name``, with its ``size`` in bytes."""

    def __init__(self, fact: str, *, name: str = "", size: int = 0, remedy: str | None = None) -> None:
        super().__init__(fact, remedy=remedy)
        self.name = name
        self.size = size


class PackageMissing(KtError, ImportError):
    """The image of a pod lacks a package that a function needs; ``packages`` are the names."""

    def __init__(self, fact: str, *, packages: tuple[str, ...] = (), remedy: str | None = None) -> None:
        super().__init__(fact, remedy=remedy)
        self.packages = packages


class RemoteError(KtError, RuntimeError):
    """A function raised what cannot be raised here: its type is not here, or it cannot be pickled.

    ``type_name`` and ``message`` are the exception's, ``traceback`` is its text.
    """

    def __init__(self, fact: str, *, type_name: str, message: str, traceback: str, remedy: str | None = None) -> None:
        super().__init__(fact, remedy=remedy)
        self.type_name = type_name
        self.message = message
        self.traceback = traceback


class CallEnded(KtError):
    """A call ended without a value and without an exception, since its process did.

    ``reason`` is one of these: ``interrupted``, ``timeout``, ``exited``, ``crashed``, ``killed``, ``out of memory``,
    ``not started``; ``exit_code`` and ``signal`` are its process's, where it had one.
    """

    def __init__(
        self,
        fact: str,
        *,
        reason: str,
        exit_code: int | None = None,
        signal: int | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(fact, remedy=remedy)
        self.reason = reason
        self.exit_code = exit_code
        self.signal = signal


class CallTimeout(CallEnded, TimeoutError):
    """A call took longer than it was given."""


class CallOutOfMemory(CallEnded, MemoryError):
    """A call needed more memory than its pod may have, and the kernel ended it."""


class VolumeNotFound(NotFound):
    """There is no volume (claim) of that name in the namespace."""


class VolumeDiffers(KtError):
    """A claim of that name exists and cannot serve what was asked.

    ``differences`` maps what differs (``size``, ``access_mode`` …) to a pair (what exists, what was asked).
    """

    def __init__(
        self, fact: str, *, remedy: str | None = None, differences: dict[str, tuple[str, str]] | None = None
    ) -> None:
        super().__init__(fact, remedy=remedy)
        self.differences = differences or {}


class VolumeInUse(KtError):
    """Pods use the volume; ``pods`` are their names."""

    def __init__(self, fact: str, *, remedy: str | None = None, pods: tuple[str, ...] = ()) -> None:
        super().__init__(fact, remedy=remedy)
        self.pods = pods


class DataWouldBeLost(KtError):
    """A deletion would destroy data, and nobody said that this is meant."""


class StorageClassNotFound(KtError, LookupError):
    """The storage class does not exist; the message lists those that do."""


class NoSharedStorage(KtError):
    """ReadWriteMany was asked for and no storage class of the cluster can do it."""


class WaitTimeout(KtError, TimeoutError):
    """What was waited for did not happen in the time given; the message says what was seen last."""


class PodNotStarted(KtError):
    """A pod of ours could not be started; the message says what stood in the way. It has been removed."""


class ImageNotAvailable(PodNotStarted):
    """The image cannot be had, or has not in it what is needed."""


class VolumeUnusable(KtError):
    """The volume exists, and no pod can use it as it is: lost, being deleted, refused by its storage."""


class CellFailed(KtError):
    """A cell on a pod ended other than well; ``status`` is one word of ``Done.status``.

    An exception of the cell's own shows as it would here, its traceback included; anything else is a sentence.
    """

    def __init__(
        self, fact: str, *, status: str = "error", remedy: str | None = None, traceback: tuple[str, ...] = ()
    ) -> None:
        super().__init__(fact, remedy=remedy)
        self.status = status
        self.traceback = traceback

    def _render_traceback_(self) -> list[str]:
        told = super()._render_traceback_() if self.status != "error" or not self.traceback else []
        return [*self.traceback, *told]


class ComputeNotFound(NotFound):
    """There is no compute of that name in the namespace."""


class ComputeDiffers(KtError):
    """A compute of that name runs, and is another one than is asked.

    ``differences`` maps what differs (``memory``, ``image`` …) to a pair (what it has, what was asked).
    """

    def __init__(
        self, fact: str, *, remedy: str | None = None, differences: dict[str, tuple[str, str]] | None = None
    ) -> None:
        super().__init__(fact, remedy=remedy)
        self.differences = differences or {}


class PythonMismatch(KtError):
    """The kernel's Python and a pod's cannot exchange values."""
