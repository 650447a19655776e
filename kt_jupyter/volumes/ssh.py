"""``Volume.ssh``: what a person says; ``opening`` does it."""

from __future__ import annotations

from typing import Literal, overload

from kt_jupyter.pods.lease import LEASE
from kt_jupyter.pods.starting import TIMEOUT
from kt_jupyter.reporting import Say
from kt_jupyter.specs import durations, paths
from kt_jupyter.specs.images import image_name
from kt_jupyter.specs.running_as import run_as as read_run_as
from kt_jupyter.volumes import opening
from kt_jupyter.volumes.handle import Handle
from kt_jupyter.volumes.shell import Shell, ShellPlan
from kt_jupyter.volumes.shells import Wanted

IMAGE = "alpine:latest"


class Terminals:
    """A volume on which terminals can be opened."""

    _handle: Handle

    @overload
    def ssh(
        self,
        image: str = ...,
        *,
        read_only: bool = ...,
        run_as: int | str | None = ...,
        new: bool = ...,
        idle: int | str = ...,
        timeout: float = ...,
        explain: Literal[False] = ...,
        dry_run: Literal[False] = ...,
        progress: Say | None = ...,
    ) -> Shell: ...
    @overload
    def ssh(
        self,
        image: str = ...,
        *,
        read_only: bool = ...,
        run_as: int | str | None = ...,
        new: bool = ...,
        idle: int | str = ...,
        timeout: float = ...,
        explain: bool = ...,
        dry_run: bool = ...,
        progress: Say | None = ...,
    ) -> Shell | ShellPlan: ...
    def ssh(
        self,
        image: str = IMAGE,
        *,
        read_only: bool = False,
        run_as: int | str | None = None,
        new: bool = False,
        idle: int | str = LEASE,
        timeout: float = TIMEOUT,
        explain: bool = False,
        dry_run: bool = False,
        progress: Say | None = None,
    ) -> Shell | ShellPlan:
        """Open a terminal in the volume's directory, inside a pod that mounts it.

        In JupyterLab and Notebook it is a tab; in plain IPython and ``jupyter console`` it is the terminal you are in,
        until you leave the shell; elsewhere a line to paste. The shell outlives every tab and connection: asked for
        again, in any notebook, the same one is shown. It ends with ``exit``, and by itself when nobody has it open.

        Where the pod runs is decided by who uses the volume now, and said by ``explain``. A volume that waits for its
        first use gets its disk by this.

        Args:
            image: Any image that has a shell, such as ``"ubuntu:22.04"`` or ``"python:3.12-slim"``; bash is used where
                there is one.
            read_only: Let nothing be written.
            run_as: Whom the shell runs as: a user's number, or ``"user:group"``. Default: as a pod that uses the
                volume already, else 1000.
            new: Another shell, although one is open.
            idle: How long it goes on when no tab has it open: ``"8h"``, ``"30m"``, or seconds. Default: half an hour.
            timeout: Seconds that the pod may take to start.
            explain: Say what would be done and why, and do nothing.
            dry_run: The same, and the server checks the pod.
            progress: Gets what is waited for, a line each time it changes; default: stderr.

        Returns:
            The terminal; with ``explain`` or ``dry_run`` the plan.

        Raises:
            VolumeNotFound: There is no such volume.
            VolumeUnusable: No pod can use it: it is being deleted, or its disk is lost or cannot be made.
            VolumeInUse: It is for one pod at a time, and another one has it.
            ImageNotAvailable: The image cannot be had, or has no shell.
            QuotaExceeded: The namespace has no room for the pod.
            Forbidden: A right is missing; the message names it.
            InvalidInput: An argument is not what it should be; a volume that nothing says where to mount.

        Example:
            >>> vol.ssh()
            Terminal my-data  at /data  read-write   pod kt-sh-my-data-7f3a-x7k2p on kt-node
        """
        wanted = Wanted(
            image=image_name(image),
            mount_path=paths.mount_path(self._handle.path()),
            read_only=read_only,
            run_as=None if run_as is None else read_run_as(run_as),
            lease=durations.seconds(idle, "time to stay open"),
        )
        where = (self._handle.cluster, self._handle.namespace, self._handle.asked.name)
        if explain or dry_run:
            return opening.explain_shell(*where, wanted, new=new, check=dry_run)
        return opening.open_shell(*where, wanted, new=new, timeout=timeout, progress=progress)
