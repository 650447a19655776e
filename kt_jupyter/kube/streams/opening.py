"""How a stream begins: a request like any other, that ends in a websocket or in the server's reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kt_jupyter.errors import ApiError, ContainerNotFound, InvalidInput, Rejected, ServerFailure
from kt_jupyter.kube import describe
from kt_jupyter.kube.failures import shortened
from kt_jupyter.kube.request import Request
from kt_jupyter.kube.streams.core import V4, V5, AsyncStream
from kt_jupyter.kube.streams.websocket import Handshake, WebSocket

if TYPE_CHECKING:
    from kt_jupyter.kube.api import Api
    from kt_jupyter.kube.streams.verbs import PodStreams

Size = tuple[int, int]


async def open_exec(
    cluster: PodStreams,
    pod: str,
    command: Sequence[str],
    *,
    namespace: str | None = None,
    container: str | None = None,
    stdin: bool = False,
    tty: bool = False,
    size: Size | None = None,
) -> AsyncStream:
    """Start a command in a pod, on the caller's own loop; arguments and errors as ``Cluster.exec``."""
    request = exec_request(
        pod, command, namespace=namespace or cluster.namespace, container=container, stdin=stdin, tty=tty
    )
    return await cluster.open_stream(request, size)


async def open_attach(
    cluster: PodStreams,
    pod: str,
    *,
    namespace: str | None = None,
    container: str | None = None,
    stdin: bool = False,
    tty: bool = False,
    size: Size | None = None,
) -> AsyncStream:
    """Attach to a pod's main process, on the caller's own loop; arguments and errors as ``Cluster.attach``."""
    request = attach_request(pod, namespace=namespace or cluster.namespace, container=container, stdin=stdin, tty=tty)
    return await cluster.open_stream(request, size)


def exec_request(
    pod: str, command: Sequence[str], *, namespace: str, container: str | None, stdin: bool, tty: bool
) -> Request:
    """Return the request that starts a command.

    Raises:
        InvalidInput: The command is no list of words.
    """
    checked(command)
    return describe.stream(_named(pod), namespace, command=command, container=container, stdin=stdin, tty=tty)


def checked(command: Sequence[str]) -> None:
    """Refuse a command that is no list of words: a string would be sent letter by letter."""
    if isinstance(command, str) or not command or not all(isinstance(word, str) for word in command):
        raise InvalidInput(
            f"a command is a list of words, not {command!r}.",
            remedy='["ls", "-l", "/data"], or ["sh", "-c", "ls -l /data | head"] for a line of shell.',
        )


def attach_request(pod: str, *, namespace: str, container: str | None, stdin: bool, tty: bool) -> Request:
    """Return the request that attaches."""
    return describe.stream(_named(pod), namespace, command=None, container=container, stdin=stdin, tty=tty)


async def open_stream(api: Api, request: Request, size: Size | None = None) -> AsyncStream:
    """Make the handshake and return the stream, its terminal sized.

    Raises:
        ApiError: The server refuses.
        ClusterUnreachable: No answer came. A command whose start may have been seen is not sent again.
    """
    assert request.name is not None
    if size is not None and min(size) < 1:
        raise InvalidInput(f"a terminal has at least one column and one row, not {size[0]} by {size[1]}.")
    handshake = Handshake((V5, V4))
    try:
        upgraded = await api.upgrade(request, handshake.headers)
    except Rejected as error:
        raise _container(error, request) from error
    socket = WebSocket(upgraded, api.link.limits)
    protocol = handshake.agreed(upgraded)
    if protocol is None:
        await socket.aclose()
        raise ServerFailure(
            f"{api.link.target.name} speaks no stream protocol that we know ({V5}, {V4}).",
            remedy="Kubernetes has them since 1.4: does a proxy in between change the answer?",
        )
    stream = AsyncStream(socket, request.name, protocol)
    if size is not None:
        await stream.resize(*size)
    return stream


def _container(error: Rejected, request: Request) -> ApiError:
    """Return the error for a 400: the one thing the server finds wrong with these requests is the container."""
    message = str(error.status.get("message") or "")
    if "container" not in message:
        return error
    named = next((value for key, value in request.query if key == "container"), None)
    fact = f'has no container "{named}"' if named else "has several containers, and none was named"
    return ContainerNotFound(
        f"{request.what}{request.where} {fact}.",
        server=shortened(message),
        code=error.code,
        reason=error.reason,
        status=error.status,
    )


def _named(pod: str) -> str:
    if not isinstance(pod, str) or not pod:
        raise InvalidInput(f"a pod's name is needed, not {pod!r}.")
    return pod
