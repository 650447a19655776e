"""Kubernetes volumes and compute from a notebook.

Example:
    >>> import kt_jupyter as kt
    >>> vol = kt.Volume("my-data", size="10Gi", mount_path="/data")
    >>> claim = vol.create()
    >>> kt.volumes()

In a notebook ``%load_ext kt_jupyter`` adds ``%kt_volume`` and ``%kt_cluster``. The names below load on first use, so
that importing this package costs next to nothing in a kernel that may never speak to a cluster.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from kt_jupyter.errors import (
    AgentMismatch,
    AlreadyExists,
    ApiError,
    CallEnded,
    CallOutOfMemory,
    CallTimeout,
    CellFailed,
    ClusterUnreachable,
    CommandNotStarted,
    ComputeDiffers,
    ComputeNotFound,
    ConfigError,
    Conflict,
    ContainerNotFound,
    ContainerNotRunning,
    CredentialsError,
    DataWouldBeLost,
    Expired,
    Forbidden,
    HalfCloseUnsupported,
    ImageNotAvailable,
    InvalidAccessMode,
    InvalidInput,
    InvalidMountPath,
    InvalidName,
    InvalidQuantity,
    KtError,
    LocalClusterError,
    NamespaceNotFound,
    NoSharedStorage,
    NotFound,
    NotPicklable,
    OutcomeUnknown,
    OutputIncomplete,
    PackageMissing,
    PodNotStarted,
    PythonMismatch,
    QuotaExceeded,
    Rejected,
    RemoteError,
    ServerBusy,
    ServerFailure,
    SessionEnded,
    StorageClassNotFound,
    StreamLost,
    TooLarge,
    Unauthorized,
    VolumeDiffers,
    VolumeInUse,
    VolumeNotFound,
    VolumeUnusable,
    WaitTimeout,
    WorkNotFound,
)

if TYPE_CHECKING:
    from kt_jupyter.compute import Compute, ComputeList, ComputeStatus, computes
    from kt_jupyter.compute.functions import Call, RankedCall, fn
    from kt_jupyter.kube import Cluster, connect, contexts, current, use
    from kt_jupyter.volumes import Volume, VolumeList, VolumeStatus
    from kt_jupyter.volumes.listing import volumes

__version__ = "0.1.0"

_LAZY = {
    "Cluster": "kt_jupyter.kube",
    "connect": "kt_jupyter.kube",
    "contexts": "kt_jupyter.kube",
    "current": "kt_jupyter.kube",
    "use": "kt_jupyter.kube",
    "Compute": "kt_jupyter.compute",
    "ComputeList": "kt_jupyter.compute",
    "ComputeStatus": "kt_jupyter.compute",
    "computes": "kt_jupyter.compute",
    "Call": "kt_jupyter.compute.functions",
    "RankedCall": "kt_jupyter.compute.functions",
    "fn": "kt_jupyter.compute.functions",
    "Volume": "kt_jupyter.volumes",
    "VolumeList": "kt_jupyter.volumes",
    "VolumeStatus": "kt_jupyter.volumes",
}

__all__ = [
    "AgentMismatch",
    "AlreadyExists",
    "ApiError",
    "Call",
    "CallEnded",
    "CallOutOfMemory",
    "CallTimeout",
    "CellFailed",
    "Cluster",
    "ClusterUnreachable",
    "CommandNotStarted",
    "Compute",
    "ComputeDiffers",
    "ComputeList",
    "ComputeNotFound",
    "ComputeStatus",
    "ConfigError",
    "Conflict",
    "ContainerNotFound",
    "ContainerNotRunning",
    "CredentialsError",
    "DataWouldBeLost",
    "Expired",
    "Forbidden",
    "HalfCloseUnsupported",
    "ImageNotAvailable",
    "InvalidAccessMode",
    "InvalidInput",
    "InvalidMountPath",
    "InvalidName",
    "InvalidQuantity",
    "KtError",
    "LocalClusterError",
    "NamespaceNotFound",
    "NoSharedStorage",
    "NotFound",
    "NotPicklable",
    "OutcomeUnknown",
    "OutputIncomplete",
    "PackageMissing",
    "PodNotStarted",
    "PythonMismatch",
    "QuotaExceeded",
    "RankedCall",
    "Rejected",
    "RemoteError",
    "ServerBusy",
    "ServerFailure",
    "SessionEnded",
    "StorageClassNotFound",
    "StreamLost",
    "TooLarge",
    "Unauthorized",
    "Volume",
    "VolumeDiffers",
    "VolumeInUse",
    "VolumeList",
    "VolumeNotFound",
    "VolumeStatus",
    "VolumeUnusable",
    "WaitTimeout",
    "WorkNotFound",
    "computes",
    "connect",
    "contexts",
    "current",
    "fn",
    "use",
    "volumes",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name == "volumes":  # the package, which is also the function: see its docstring
        return importlib.import_module("kt_jupyter.volumes")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Add the magics and rich displays to a shell: ``%load_ext kt_jupyter``."""
    _notebook().load_ipython_extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics and rich displays away again: ``%unload_ext kt_jupyter``."""
    _notebook().unload_ipython_extension(shell)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell a Jupyter server what to load."""
    return [{"module": "kt_jupyter"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    """Add the route that starts terminals on pods."""
    importlib.import_module("kt_jupyter.terminal.server").load(server_app)


def _notebook() -> Any:
    # Not an import statement: the layers below import this package for its version, and must not thereby depend on
    # the highest layer.
    return importlib.import_module("kt_jupyter.notebook")


def _register_formatters() -> None:
    """Show volumes as cards and tables in a shell that only imports us; costs a dictionary entry a type."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        _notebook().register_formatters(shell)


_register_formatters()
