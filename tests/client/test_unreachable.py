"""No answer: which address, how long it was tried, why, what to do."""

import socket

import pytest

from kt_jupyter.errors import ClusterUnreachable, ConfigError
from kt_jupyter.kube import CLAIMS
from kt_jupyter.kube.limits import Limits
from tests.client.conftest import QUICK, serving
from tests.client.scripted import EMPTY, Answer, Hold, Server


def unreachable(cluster):
    with pytest.raises(ClusterUnreachable) as caught:
        cluster.list(CLAIMS)
    return caught.value


@pytest.fixture
def free_port():
    with socket.socket() as taken:  # for as long as the test runs, so that nobody else listens there
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_nobody_listens(configured, free_port):
    error = unreachable(configured(f"https://127.0.0.1:{free_port}"))
    assert error.fact.startswith(
        f"no answer from https://127.0.0.1:{free_port} (context here): the connection was refus"
    )
    assert "tried 4 times in 0." in error.fact
    assert "%kt_cluster show" in error.remedy
    assert isinstance(error, ConnectionError)


def test_a_name_that_dns_does_not_know(configured):
    error = unreachable(configured("https://nowhere.invalid"))
    assert 'the name "nowhere.invalid" is not known to DNS' in error.fact


def test_a_certificate_of_another_authority(configured, server):
    error = unreachable(configured(cluster={"certificate-authority-data": None}))
    assert "its TLS certificate is not trusted" in error.fact
    assert "(tried once" in error.fact
    assert 'certificate-authority-data of cluster "one" in' in error.remedy


@pytest.fixture
def misnamed(authority):
    server = Server(serving(authority, "k8s.example.com"))
    server.answer = lambda _: EMPTY
    yield server
    server.close()


def test_a_certificate_for_another_name(configured, misnamed):
    error = unreachable(configured(misnamed.url))
    assert "its TLS certificate is for another name" in error.fact
    assert "tls-server-name" in error.remedy


def test_a_server_name_of_the_kubeconfig_is_used(configured, misnamed):
    assert configured(misnamed.url, cluster={"tls-server-name": "k8s.example.com"}).list(CLAIMS) == []


def test_verification_can_be_switched_off(configured, misnamed):
    trust = {"certificate-authority-data": None, "insecure-skip-tls-verify": True}
    assert configured(misnamed.url, cluster=trust).list(CLAIMS) == []


def test_an_authority_that_is_no_certificate_is_refused(configured):
    with pytest.raises(ConfigError, match=r'the certificate authority of cluster "one" in .* is no PEM certificate'):
        configured(cluster={"certificate-authority-data": "aGVsbG8="}).list(CLAIMS)


def test_a_server_that_does_not_speak_tls(configured, plain_server):
    error = unreachable(configured(plain_server.url.replace("http:", "https:")))
    assert "it does not speak TLS" in error.fact


def test_a_server_that_takes_the_connection_and_says_nothing(configured):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        error = unreachable(configured(url, limits=Limits(connect=0.2, unreachable=0.5)))
    assert "it takes no connection (tried" in error.fact


def test_a_server_that_never_answers(configured, server):
    server.answer = lambda _: Answer(parts=[Hold()])
    error = unreachable(configured(limits=Limits(read=0.2, unreachable=0.3)))
    assert "the connection was taken, but no answer came (tried" in error.fact


def test_a_server_that_hangs_up(configured, server):
    server.answer = lambda _: Answer(cut=True)
    error = unreachable(configured(limits=QUICK))
    assert "the connection was closed before the answer was complete (tried 4 times" in error.fact
    assert len(server.requests) == 4


def test_a_server_that_comes_back_in_time_is_not_an_error(configured, server):
    server.answer = lambda _: Answer(cut=True) if len(server.requests) < 3 else EMPTY
    assert configured().list(CLAIMS) == []
