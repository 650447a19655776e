"""Who a request is from, and what happens when the server does not believe it."""

import base64
import time

import pytest

from kt_jupyter.errors import ConfigError, CredentialsError, Forbidden, Unauthorized
from kt_jupyter.kube import CLAIMS, credentials, incluster
from kt_jupyter.kube.client import Cluster
from kt_jupyter.kube.link import Link
from tests.client.scripted import EMPTY, Answer, accepting, failure, sent


def test_a_token_is_sent(server, configured):
    server.answer = accepting("Bearer abc")
    assert configured(user={"token": "abc"}).list(CLAIMS) == []


def test_a_token_of_digits_is_not_taken_for_a_number(server, configured):
    server.answer = accepting("Bearer 0123")
    assert configured(user={"token": "0123"}).list(CLAIMS) == []


def test_name_and_password_are_sent(server, configured):
    server.answer = accepting(f"Basic {base64.b64encode(b'me:secret').decode()}")
    assert configured(user={"username": "me", "password": "secret"}).list(CLAIMS) == []


def test_a_client_certificate_is_presented(server, configured, authority):
    issued = authority.issue_cert("me@example.org", common_name="me")
    data = {
        "client-certificate-data": base64.b64encode(issued.cert_chain_pems[0].bytes()).decode(),
        "client-key-data": base64.b64encode(issued.private_key_pem.bytes()).decode(),
    }
    server.answer = lambda _: EMPTY
    configured(user=data).list(CLAIMS)
    assert [seen.certificate for seen in server.requests] == ["me"]


def test_a_client_certificate_that_is_not_one_is_refused_with_its_origin(configured):
    rubbish = base64.b64encode(b"rubbish").decode()
    with pytest.raises(ConfigError, match=r'client certificate and key of user "me" in .*config cannot be used'):
        configured(user={"client-certificate-data": rubbish, "client-key-data": rubbish}).list(CLAIMS)


def test_a_token_file_is_relative_to_its_kubeconfig(server, configured, tmp_path):
    (tmp_path / "token").write_text("abc\n")
    server.answer = accepting("Bearer abc")
    assert configured(user={"tokenFile": "token"}).list(CLAIMS) == []


def test_a_token_file_is_read_again_after_a_minute(server, configured, tmp_path, monkeypatch):
    (tmp_path / "token").write_text("old")
    server.answer = accepting("Bearer old", "Bearer new")
    monkeypatch.setattr(credentials, "_TOKEN_FILE_AGE", 0.0)
    cluster = configured(user={"tokenFile": "token"})
    cluster.list(CLAIMS)
    (tmp_path / "token").write_text("new")
    cluster.list(CLAIMS)
    assert sent(server) == ["Bearer old", "Bearer new"]


def test_a_token_file_is_read_again_when_the_token_is_refused(server, configured, tmp_path):
    (tmp_path / "token").write_text("old")
    cluster = configured(user={"tokenFile": "token"})
    server.answer = accepting("Bearer old")
    cluster.list(CLAIMS)
    (tmp_path / "token").write_text("new")
    server.answer = accepting("Bearer new")
    assert cluster.list(CLAIMS) == []


def test_a_missing_token_file_is_an_error_and_not_an_anonymous_request(server, configured):
    with pytest.raises(CredentialsError, match=r"the token file .*nowhere of user"):
        configured(user={"tokenFile": "nowhere"}).list(CLAIMS)
    assert server.requests == []


def test_a_refused_token_is_sent_once_and_the_error_says_whose_it_is(server, configured):
    server.answer = accepting()
    with pytest.raises(Unauthorized, match="here does not accept the credentials") as caught:
        configured(user={"token": "abc"}).list(CLAIMS)
    assert 'user "me" in' in caught.value.remedy
    assert sent(server) == ["Bearer abc"]


def test_a_kubeconfig_rewritten_by_a_login_beside_us_is_read_again(server, configured, write_kubeconfig):
    cluster = configured(user={"token": "old"})
    write_kubeconfig(server.url, user={"token": "new"})
    server.answer = accepting("Bearer new")
    assert cluster.list(CLAIMS) == []
    assert sent(server) == ["Bearer old", "Bearer new"]


def test_a_context_that_now_means_another_cluster_does_not_get_our_request(server, configured, write_kubeconfig):
    cluster = configured(user={"token": "old"})
    write_kubeconfig("https://elsewhere.example.com", user={"token": "new"})
    server.answer = accepting("Bearer new")
    with pytest.raises(Unauthorized):
        cluster.list(CLAIMS)
    assert sent(server) == ["Bearer old"]


def test_credentials_never_travel_without_encryption(plain_server, configured):
    plain_server.answer = lambda _: EMPTY
    configured(plain_server.url, user={"token": "abc"}).list(CLAIMS)
    assert sent(plain_server) == [None]


def test_a_user_without_credentials_is_named_when_that_is_why_the_server_refuses(server, configured):
    words = 'x is forbidden: User "system:anonymous" cannot list resource "persistentvolumeclaims" in API group ""'
    server.answer = lambda _: failure(403, "Forbidden", f'{words} in the namespace "default"')
    with pytest.raises(Forbidden, match=r'carried no credentials .user "me" in .*config: none'):
        configured(user={}).list(CLAIMS)


# Acting as somebody else


def test_impersonation_goes_with_every_request(server, configured):
    server.answer = lambda _: Answer({"metadata": {"resourceVersion": "1"}, "items": []})
    user = {
        "token": "abc",
        "as": "alice",
        "as-uid": "42",
        "as-groups": ["a", "b"],
        "as-user-extra": {"Acme.com/Team%": ["x", "y"]},
    }
    cluster = configured(user=user)
    cluster.list(CLAIMS)
    cluster.create(CLAIMS, {"metadata": {"name": "x"}})
    with cluster.watch(CLAIMS):
        pass
    cluster.rights()
    assert len(server.requests) >= 4
    for seen in server.requests:
        assert seen.header("impersonate-user") == "alice"
        assert seen.header("impersonate-uid") == "42"
        assert seen.all("impersonate-group") == ["a", "b"]
        assert seen.all("impersonate-extra-acme.com%2fteam%25".replace("%2f", "%2F")) == ["x", "y"]


def test_one_cluster_can_act_as_several_users_over_the_same_connections(server, configured):
    server.answer = lambda _: EMPTY
    cluster = configured(user={"token": "abc"})
    cluster.list(CLAIMS)
    cluster.impersonating("bob", groups=("ops",)).list(CLAIMS)
    assert [seen.header("impersonate-user") for seen in server.requests] == [None, "bob"]
    assert len({seen.connection for seen in server.requests}) == 1


def test_groups_without_a_user_to_act_as_are_refused(configured):
    with pytest.raises(ConfigError, match="there is no user to act as"):
        configured(user={"as-groups": ["a"]})


# In a pod


@pytest.fixture
def pod(tmp_path, monkeypatch, server, authority):
    directory = tmp_path / "serviceaccount"
    directory.mkdir()
    (directory / "token").write_text("first")
    (directory / "namespace").write_text("team-a")
    (directory / "ca.crt").write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
    return directory


def test_a_pod_uses_its_service_account_its_namespace_and_a_renewed_token(server, pod):
    cluster = Cluster(Link(incluster.in_cluster_target(pod)))
    server.answer = accepting("Bearer first")
    cluster.list(CLAIMS)
    (pod / "token").write_text("second")
    server.answer = accepting("Bearer second")
    cluster.list(CLAIMS)
    cluster.close()
    assert server.requests[-1].path == "/api/v1/namespaces/team-a/persistentvolumeclaims"
    assert sent(server) == ["Bearer first", "Bearer first", "Bearer second"]


def test_outside_a_pod_there_is_no_service_account(tmp_path):
    assert incluster.in_cluster_target(tmp_path) is None


# Providers that only old kubeconfigs name


def test_an_auth_provider_that_is_gone_says_what_replaced_it(configured):
    user = {"auth-provider": {"name": "azure", "config": {}}}
    with pytest.raises(CredentialsError, match="`azure` of user") as caught:
        configured(user=user).list(CLAIMS)
    assert "kubelogin convert-kubeconfig" in caught.value.remedy


def test_an_oidc_token_that_is_still_good_is_sent(server, configured):
    claims = base64.urlsafe_b64encode(f'{{"exp": {int(time.time()) + 3600}}}'.encode()).decode().rstrip("=")
    server.answer = accepting(f"Bearer aaa.{claims}.bbb")
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": f"aaa.{claims}.bbb"}}}
    assert configured(user=user).list(CLAIMS) == []


def test_the_contexts_namespace_is_the_default(server, configured):
    server.answer = lambda _: EMPTY
    configured(context={"namespace": "team-a"}).list(CLAIMS)
    assert server.requests[0].path == "/api/v1/namespaces/team-a/persistentvolumeclaims"
