"""What a Cluster does with the processes in a pod: run a command, attach, read the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kt_jupyter.kube import describe
from kt_jupyter.kube.endpoint import Endpoint
from kt_jupyter.kube.request import Request

if TYPE_CHECKING:
    from kt_jupyter.kube.streams.core import AsyncStream
    from kt_jupyter.kube.streams.framed import Completed
    from kt_jupyter.kube.streams.stream import Stream

Size = tuple[int, int]


class PodStreams(Endpoint):
    """An endpoint with the verbs on a pod's processes."""

    def exec(
        self,
        pod: str,
        command: Sequence[str],
        *,
        namespace: str | None = None,
        container: str | None = None,
        stdin: bool = False,
        tty: bool = False,
        size: Size | None = None,
    ) -> Stream:
        """Start a command in a running pod; returns when the connection stands, the command may not have begun.

        Its output can end early without a sign when the reader is slow: a fault of Kubernetes' (kubernetes#124571).
        Where every byte counts use ``run``.

        Args:
            pod: The pod's name.
            command: Program and arguments; no shell in between.
            namespace: Default: the cluster's own.
            container: Needed when the pod has several.
            stdin: Whether ``write`` will be used.
            tty: Give it a terminal: stderr is then part of stdout. It does not end when the connection does.
            size: The terminal's columns and rows.

        Raises:
            InvalidInput: The command is not a list of words.
            NotFound: There is no such pod.
            ContainerNotFound: There is no such container.
            Forbidden: The identity may not; on most clusters it needs ``get`` and ``create`` on ``pods/exec``.
            OutcomeUnknown: The connection broke after the request was sent; it is not repeated on its own.

        Example:
            >>> with cluster.exec("web-0", ["df", "-h"]) as stream:
            ...     for channel, data in stream:
            ...         print(data.decode(), end="")
        """
        from kt_jupyter.kube.streams.opening import exec_request  # noqa: PLC0415 - loads httpcore2

        where = namespace or self.namespace
        request = exec_request(pod, command, namespace=where, container=container, stdin=stdin, tty=tty)
        return self._do(self._opened(request, size))

    def attach(
        self,
        pod: str,
        *,
        namespace: str | None = None,
        container: str | None = None,
        stdin: bool = False,
        tty: bool = False,
        size: Size | None = None,
    ) -> Stream:
        """Connect to a pod's main process; leaving does not end it.

        Gives what is printed from now on; what was before stands in the log. The end carries no exit code: the
        container's status has it.

        Args:
            pod: The pod's name.
            namespace: Default: the cluster's own.
            container: Needed when the pod has several.
            stdin: Whether ``write`` will be used; the container must have ``stdin: true``.
            tty: As the container has it.
            size: The terminal's columns and rows.

        Raises:
            NotFound: There is no such pod.
            ContainerNotFound: There is no such container.
            Forbidden: The identity may not: ``pods/attach``.
        """
        from kt_jupyter.kube.streams.opening import attach_request  # noqa: PLC0415 - loads httpcore2

        where = namespace or self.namespace
        request = attach_request(pod, namespace=where, container=container, stdin=stdin, tty=tty)
        return self._do(self._opened(request, size))

    def run(
        self,
        pod: str,
        command: Sequence[str],
        *,
        namespace: str | None = None,
        container: str | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Completed:
        """Run a command to its end and return all it printed: whole, by checksum, or an error.

        Args:
            pod: The pod's name.
            command: Program and arguments; no shell in between. The image needs a shell all the same.
            namespace: Default: the cluster's own.
            container: Needed when the pod has several.
            stdin: Its input; default: none.
            timeout: Seconds for everything; None waits until Ctrl-C. The command may go on after it.

        Returns:
            Its output, and the exit code: 127 when there is no such command.

        Raises:
            OutputIncomplete: Not everything has arrived. The command is not run again on its own.
            TimeoutError: It has not ended in time.
            ContainerNotRunning: The container does not run.
            CommandNotStarted: The image has no shell.
            Forbidden: The identity may not; on most clusters it needs ``get`` and ``create`` on ``pods/exec``.

        Example:
            >>> cluster.run("web-0", ["df", "-P", "/data"]).stdout.decode()
        """
        return self._do(
            self._completed(pod, command, namespace=namespace, container=container, stdin=stdin), timeout=timeout
        )

    def logs(
        self, pod: str, *, namespace: str | None = None, container: str | None = None, tail_lines: int | None = None
    ) -> str:
        """Read a pod's log so far.

        Args:
            pod: The pod's name.
            namespace: Default: the cluster's own.
            container: Needed when the pod has several.
            tail_lines: Only so many of the last lines.
        """
        request = describe.logs(pod, namespace or self.namespace, container=container, tail_lines=tail_lines)
        return self._do(self._api_of().text(request))

    async def open_stream(self, request: Request, size: Size | None = None) -> AsyncStream:
        """Open a stream on the running loop; ``open_exec`` and ``open_attach`` are the ways to it."""
        from kt_jupyter.kube.streams.opening import open_stream  # noqa: PLC0415 - loads httpcore2

        return await open_stream(self._api_of(), request, size)

    async def _completed(
        self, pod: str, command: Sequence[str], *, namespace: str | None, container: str | None, stdin: bytes | None
    ) -> Completed:
        from kt_jupyter.kube.streams.framed import completed, run_framed  # noqa: PLC0415 - loads httpcore2

        output = await run_framed(self, pod, command, namespace=namespace, container=container, stdin=stdin)
        return await completed(output)

    async def _opened(self, request: Request, size: Size | None) -> Stream:
        from kt_jupyter.kube.streams.stream import Stream  # noqa: PLC0415 - loads httpcore2

        return Stream(await self.open_stream(request, size))
