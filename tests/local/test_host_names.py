"""By which names the embedded cluster may be called: a web page cannot make a browser call it by another."""

import os
from pathlib import Path

import pytest

from tests.parity.wire import Server


@pytest.mark.parametrize(
    ("name", "code"),
    [("localhost", 200), ("127.0.0.1:1", 200), ("localhost:8443", 200), ("evil.example", 403), ("", 403)],
)
def test_it_answers_to_the_names_of_this_machine_alone(cluster, name, code):
    if not cluster.is_local:
        pytest.skip("this is about the embedded cluster only")
    server = Server(Path(os.environ["KT_JUPYTER_LOCAL_DIR"], "kubeconfig"))
    connection = server.connect()
    connection.putrequest("GET", "/version", skip_host=True)
    for header, value in {"Host": name, **server.credentials}.items():
        connection.putheader(header, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == code
