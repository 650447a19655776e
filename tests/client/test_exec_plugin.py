"""Login plugins: run, kept, run again, and never passed over in silence."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from kt_jupyter.errors import CredentialsError, Unauthorized
from kt_jupyter.kube import CLAIMS, List
from tests.client.scripted import EMPTY, accepting, sent


def test_a_plugins_token_is_sent_and_kept(server, configured, plugin):
    server.answer = accepting("Bearer t-1")
    login = plugin()
    cluster = configured(user=login.user())
    cluster.list(CLAIMS)
    cluster.list(CLAIMS)
    assert len(login.runs) == 1


def test_a_plugin_that_fails_shows_its_own_words_and_nothing_goes_out_as_anonymous(server, configured, plugin):
    login = plugin("sys.exit('SSO session has expired: run `aws sso login`')")
    with pytest.raises(CredentialsError, match=r"exit code 1: SSO session has expired: run `aws sso login`"):
        configured(user=login.user()).list(CLAIMS)
    assert server.requests == []


def test_a_plugin_that_is_not_installed_shows_its_install_hint(server, configured):
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "gke-gcloud-auth-plugin-of-nobody",
            "installHint": "Install it with: gcloud components install …",
        }
    }
    with pytest.raises(CredentialsError, match="is not installed") as caught:
        configured(user=user).list(CLAIMS)
    assert caught.value.remedy == "Install it with: gcloud components install …"
    assert server.requests == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("print('hello')", "printed what is no ExecCredential", id="words instead of JSON"),
        pytest.param("print('[]')", "printed what is no ExecCredential", id="another JSON"),
        pytest.param("answer()", "gave neither a token nor a certificate", id="nothing in it"),
        pytest.param("answer(clientCertificateData='x')", "without the other", id="half a certificate"),
        pytest.param("answer(token='t', expirationTimestamp='soon')", "is no time: 'soon'", id="a bad time"),
        pytest.param("info['apiVersion'] = 'v7'; answer(token='t')", "answered in 'v7'", id="another version"),
    ],
)
def test_a_plugins_wrong_answer_is_said(server, configured, plugin, body, words):
    with pytest.raises(CredentialsError, match=words):
        configured(user=plugin(body).user()).list(CLAIMS)
    assert server.requests == []


def test_a_plugin_is_run_again_when_its_credential_has_expired(server, configured, plugin):
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    login = plugin(f"answer(token=f't-{{run}}', expirationTimestamp={past!r})")
    server.answer = accepting("Bearer t-1", "Bearer t-2")
    cluster = configured(user=login.user())
    cluster.list(CLAIMS)
    cluster.list(CLAIMS)
    assert sent(server) == ["Bearer t-1", "Bearer t-2"]


def test_a_plugin_is_run_again_once_when_the_server_refuses_its_token(server, configured, plugin):
    login = plugin("answer(token=f't-{run}')")
    cluster = configured(user=login.user())
    server.answer = accepting("Bearer t-2")
    cluster.list(CLAIMS)
    server.answer = accepting()
    with pytest.raises(Unauthorized, match="does not accept the credentials") as caught:
        cluster.list(CLAIMS)
    assert "Log in again" in caught.value.remedy
    assert sent(server) == ["Bearer t-1", "Bearer t-2", "Bearer t-2", "Bearer t-3"]


def test_many_requests_at_once_run_the_plugin_once(server, configured, plugin):
    server.answer = accepting("Bearer t-1")
    login = plugin()
    cluster = configured(user=login.user())
    cluster.gather(*[List(CLAIMS)] * 8)
    assert len(login.runs) == 1


def test_a_plugins_certificate_is_presented_and_renewed(server, configured, plugin, authority):
    pairs = []
    for name in ("first", "second"):
        issued = authority.issue_cert(f"{name}@example.org", common_name=name)
        pairs.append((issued.cert_chain_pems[0].bytes().decode(), issued.private_key_pem.bytes().decode()))
    login = plugin(
        f"pair = {pairs!r}[run - 1]\nanswer(clientCertificateData=pair[0], clientKeyData=pair[1], "
        "expirationTimestamp='2001-01-01T00:00:00Z')"
    )
    server.answer = lambda _: EMPTY
    cluster = configured(user=login.user())
    cluster.list(CLAIMS)
    cluster.list(CLAIMS)
    assert [seen.certificate for seen in server.requests] == ["first", "second"]


def test_a_plugin_gets_no_stdin_and_is_told_that_nobody_can_answer(server, configured, plugin):
    login = plugin("answer(token=sys.stdin.read() or 'nothing')")
    server.answer = accepting("Bearer nothing")
    configured(user=login.user()).list(CLAIMS)
    assert login.runs[0]["spec"] == {"interactive": False}


def test_a_plugin_that_needs_a_terminal_is_explained_and_not_run(configured, plugin):
    login = plugin()
    with pytest.raises(CredentialsError, match="wants a terminal, and a notebook has none"):
        configured(user=login.user(interactiveMode="Always")).list(CLAIMS)
    assert login.runs == []


def test_a_plugin_of_a_version_nobody_runs_any_more_is_explained(configured, plugin):
    with pytest.raises(CredentialsError, match="v1alpha1"):
        configured(user=plugin().user(apiVersion="client.authentication.k8s.io/v1alpha1")).list(CLAIMS)


def test_a_plugin_gets_its_environment_arguments_and_the_cluster(server, configured, plugin):
    login = plugin("answer(token=os.environ['KT_A'] + sys.argv[1])")
    server.answer = accepting("Bearer xy")
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}]
    configured(
        user=login.user(env=[{"name": "KT_A", "value": "x"}], args=["y"], provideClusterInfo=True),
        cluster={"extensions": extensions},
    ).list(CLAIMS)
    told = login.runs[0]["spec"]["cluster"]
    assert told["server"] == server.url
    assert told["config"] == {"audience": "a"}
    assert base64.b64decode(told["certificate-authority-data"]).startswith(b"-----BEGIN CERTIFICATE")


def test_a_plugin_beside_its_kubeconfig_is_found(server, configured, plugin):
    server.answer = accepting("Bearer t-1")
    assert configured(user=plugin().user(command="./login")).list(CLAIMS) == []


def test_what_a_plugin_says_while_it_keeps_us_waiting_is_shown(server, configured, plugin, capfd, monkeypatch):
    monkeypatch.setattr("kt_jupyter.kube.exec_plugin._QUIET", 0.0)
    login = plugin("print('open https://login.example.com', file=sys.stderr); answer(token='t-1')")
    server.answer = accepting("Bearer t-1")
    configured(user=login.user()).list(CLAIMS)
    assert "open https://login.example.com" in capfd.readouterr().err
