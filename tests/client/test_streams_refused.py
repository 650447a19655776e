"""A handshake that is refused: the server's reason, typed; what is safe to repeat is repeated, and nothing else."""

import pytest

from kt_jupyter.errors import (
    ClusterUnreachable,
    ContainerNotFound,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    ServerBusy,
    ServerFailure,
    Unauthorized,
)
from tests.client.scripted import Answer, failure, sent

FORBIDDEN = (
    'pods "p" is forbidden: User "ada" cannot get resource "pods/exec" in API group "" in the namespace "default"'
)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (failure(403, "Forbidden", FORBIDDEN), Forbidden, "needs `get` on `pods/exec` in namespace default"),
        (failure(404, "NotFound", name="p", kind="pods"), NotFound, 'there is no Pod "p" in namespace default'),
        (failure(400, "BadRequest", "container c is not valid for pod p"), ContainerNotFound, 'no container "c"'),
        (failure(401, "Unauthorized"), Unauthorized, "does not accept the credentials"),
        (failure(500, "InternalError", "error dialing backend"), ServerFailure, "error dialing backend"),
        (failure(429, "TooManyRequests"), ServerBusy, "too busy"),
        (Answer(b"<title>Log in</title>", status=302), ServerFailure, "not a Kubernetes API server"),
        (Answer(b"", status=403), ServerFailure, "403"),
        (Answer({"kind": "Pod"}), ServerFailure, "not a Kubernetes API server"),
    ],
)
def test_a_refusal_is_the_error_it_is_for_any_request(server, configured, answer, error, words):
    server.answer = lambda _: answer
    with pytest.raises(error, match=words):
        configured().exec("p", ["true"], container="c")


def test_a_container_must_be_named_where_there_are_several(server, configured):
    words = "a container name must be specified for pod p, choose one of: [a b]"
    server.answer = lambda _: failure(400, "BadRequest", words)
    with pytest.raises(ContainerNotFound, match="has several containers, and none was named") as caught:
        configured().attach("p")
    assert caught.value.server == words


def test_a_command_whose_start_may_have_been_seen_is_not_sent_again(server, configured):
    server.answer = lambda _: Answer(cut=True)
    with pytest.raises(OutcomeUnknown, match="may or may not have been done"):
        configured().exec("p", ["rm", "x"])
    assert len(server.requests) == 1


def test_an_attach_is_tried_again(server, configured):
    server.answer = lambda _: Answer(cut=True)
    with pytest.raises(ClusterUnreachable):
        configured().attach("p")
    assert len(server.requests) > 1


def test_credentials_are_renewed_and_the_command_is_sent_once_more(server, configured, plugin):
    server.answer = lambda _: failure(401, "Unauthorized")
    login = plugin("answer(token=f't-{run}')")
    with pytest.raises(Unauthorized):
        configured(user=login.user()).exec("p", ["true"])
    assert sent(server) == ["Bearer t-1", "Bearer t-2"]


def test_the_request_is_what_kubectl_sends(server, configured):
    server.answer = lambda _: failure(404, "NotFound")
    with pytest.raises(NotFound):
        configured().impersonating("ada").exec("p", ["sh", "-c", "a&b"], stdin=True, tty=True)
    seen = server.requests[0]
    assert (seen.method, seen.path) == ("GET", "/api/v1/namespaces/default/pods/p/exec")
    assert seen.query == {"command": "a&b", "stdin": "true", "stdout": "true", "tty": "true"}
    assert seen.header("impersonate-user") == "ada"
    assert seen.header("sec-websocket-protocol") == "v5.channel.k8s.io, v4.channel.k8s.io"
