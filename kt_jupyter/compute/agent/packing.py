"""The agent as a container's command and arguments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launch:
    """The two fields of a container that start the agent; put them into the manifest as they are."""

    command: list[str]
    args: list[str]


def command(
    *,
    idle: float | None = 1800,
    spool: int = 256 * 1024**2,
    directory: str = "/tmp/kt-agent",  # noqa: S108 - made by the agent for itself alone (0700), in the pod
    cloudpickle: bool = True,
    python: str = "python3",
) -> Launch:
    """Return what a container must run to be a session.

    The image needs Python 3.8 or newer under the name ``python``, and a writable ``directory`` (mount an emptyDir on
    /tmp where the root is read-only). Make the pod's termination grace period at least 2 seconds.

    Args:
        idle: Seconds without work after which the agent ends, whoever is connected; None: never.
        spool: Bytes of output that it keeps on disk for those who attach later; of more, the newest.
        directory: Where it keeps them, and its socket. The environment variable ``KT_AGENT_DIRECTORY``, if set in the
            container, takes its place.
        cloudpickle: Whether this kernel's cloudpickle travels along (16 KB) and is the one used there.
        python: The interpreter's name or path.
    """
    raise NotImplementedError
