"""Which way a request takes."""

import contextlib
import socket
import threading

import pytest

from kt_jupyter.errors import ClusterUnreachable, ConfigError
from kt_jupyter.kube import CLAIMS
from kt_jupyter.kube.proxies import proxy_for
from tests.client.conftest import serving
from tests.client.scripted import EMPTY

PROXY = {"HTTPS_PROXY": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("no_proxy", "server", "proxied"),
    [
        pytest.param("", "https://k8s.example.com", True, id="no rule"),
        pytest.param("*", "https://k8s.example.com", False, id="everything"),
        pytest.param("example.com", "https://k8s.example.com", False, id="a subdomain of a host"),
        pytest.param("example.com", "https://notexample.com", True, id="not a subdomain"),
        pytest.param(".example.com", "https://k8s.example.com", False, id="a domain"),
        pytest.param("*.example.com", "https://k8s.example.com", False, id="a domain with a star"),
        pytest.param(".example.com", "https://example.com", True, id="a domain is not its host"),
        pytest.param("EXAMPLE.com", "https://k8s.Example.com", False, id="case does not matter"),
        pytest.param("10.0.0.0/8", "https://10.1.2.3:6443", False, id="a range"),
        pytest.param("10.0.0.0/8", "https://11.1.2.3:6443", True, id="outside a range"),
        pytest.param("10.1.2.3", "https://10.1.2.3:6443", False, id="an address"),
        pytest.param("10.1.2.3:6443", "https://10.1.2.3:6443", False, id="an address and its port"),
        pytest.param("10.1.2.3:443", "https://10.1.2.3:6443", True, id="another port"),
        pytest.param("k8s.example.com:443", "https://k8s.example.com", False, id="the scheme's own port"),
        pytest.param("::1/128,fd00::/8", "https://[fd00::1]:6443", False, id="a range of IPv6"),
        pytest.param("a/b, , x", "https://k8s.example.com", True, id="rubbish"),
    ],
)
def test_no_proxy_is_read_as_kubectl_reads_it(no_proxy, server, proxied):
    assert (proxy_for(server, environment={**PROXY, "NO_PROXY": no_proxy}) is not None) == proxied


@pytest.mark.parametrize("server", ["https://localhost:1", "https://127.0.0.1:1", "https://[::1]:1", "http://x"])
def test_loopback_and_the_other_scheme_go_directly(server):
    assert proxy_for(server, environment=PROXY) is None


def test_the_clusters_proxy_beats_the_environment():
    assert proxy_for("https://127.0.0.1:1", "socks5://mine:1080", {**PROXY, "NO_PROXY": "*"}) == "socks5://mine:1080"


def test_a_proxy_without_a_scheme_speaks_http():
    assert proxy_for("https://x", environment={"https_proxy": "proxy:3128"}) == "http://proxy:3128"


def test_a_proxy_that_is_no_address_is_refused():
    with pytest.raises(ConfigError, match="proxy-url is “ftp://x”"):
        proxy_for("https://x", "ftp://x")


class Tunnel:
    """A proxy for one CONNECT after another."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\n\r\n", tls=None):
        self.heads = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.url = f"{'https' if tls else 'http'}://user:s%65cret@127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                client = self._tls.wrap_socket(client, server_side=True) if self._tls else client
                head = client.recv(65536).decode()
                self.heads.append(head)
                client.sendall(self._answer)
                if b" 200 " not in self._answer:
                    client.close()
                    continue
                host, port = head.split(" ")[1].split(":")
                upstream = socket.create_connection((host, int(port)))
                for pair in ((client, upstream), (upstream, client)):
                    self._threads.append(threading.Thread(target=self._pump, args=pair))
                    self._threads[-1].start()

    def _pump(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_requests_go_through_the_clusters_proxy_with_its_password(server, configured):
    server.answer = lambda _: EMPTY
    tunnel = Tunnel()
    cluster = configured(cluster={"proxy-url": tunnel.url})
    assert cluster.list(CLAIMS) == []
    cluster.close()
    tunnel.close()
    assert tunnel.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in tunnel.heads[0]


def test_a_proxy_may_itself_speak_tls(server, configured, authority, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server.answer = lambda _: EMPTY
    tunnel = Tunnel(tls=serving(authority))
    cluster = configured(cluster={"proxy-url": tunnel.url})
    assert cluster.list(CLAIMS) == []
    cluster.close()
    tunnel.close()


def test_a_socks_proxy_without_its_library_says_what_to_install(configured):
    with pytest.raises(ConfigError, match="needs a library for SOCKS"):
        configured(cluster={"proxy-url": "socks5://127.0.0.1:1"}).list(CLAIMS)


def test_a_proxy_that_refuses_is_named_and_not_asked_again(server, configured):
    tunnel = Tunnel(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    with pytest.raises(ClusterUnreachable, match=r"407 Proxy Authentication Required .tried once") as caught:
        configured(cluster={"proxy-url": tunnel.url}).create(CLAIMS, {})
    tunnel.close()
    assert "secret" not in str(caught.value)
    assert len(tunnel.heads) == 1
