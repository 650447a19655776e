"""Files: found, merged and refused as kubectl's rules and a person's patience ask for."""

import base64
import json
import os

import pytest
import yaml

from kt_jupyter.errors import ConfigError
from kt_jupyter.kube import connect, contexts, current, session, use
from kt_jupyter.kube.kubeconfig import read_kubeconfig
from kt_jupyter.kube.target import target_from


def write(path, *, current=None, contexts=(), clusters=(), users=()):
    """A kubeconfig whose contexts are (name, cluster, user), whose clusters and users are (name, body)."""
    document = {
        "contexts": [{"name": n, "context": {"cluster": c, "user": u}} for n, c, u in contexts],
        "clusters": [{"name": n, "cluster": body} for n, body in clusters],
        "users": [{"name": n, "user": body} for n, body in users],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**document, **({"current-context": current} if current else {})}))
    return path


@pytest.fixture
def dev(tmp_path):
    """One whole kubeconfig."""
    return write(
        tmp_path / "dev",
        current="dev",
        contexts=[("dev", "one", "me")],
        clusters=[("one", {"server": "https://dev.example.com"})],
        users=[("me", {"token": "abc"})],
    )


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        connect(kubeconfig=path)
    return caught.value


def test_the_current_context_is_used(dev):
    assert repr(connect(kubeconfig=dev)) == "Cluster dev  https://dev.example.com  namespace default"


def test_a_file_that_is_missing_is_named_with_the_way_out(tmp_path):
    error = refusal(tmp_path / "nowhere")
    assert error.fact == f"the kubeconfig {tmp_path}/nowhere does not exist."
    assert "kt.connect(local=True)" in error.remedy


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b" \n", "is empty", id="blank"),
        pytest.param(b"a: b: c", r"is not YAML \(line 1\): mapping values are not allowed", id="not YAML"),
        pytest.param(b"a: [1", "is not YAML", id="YAML that breaks off"),
        pytest.param(b"\xff\xfe\x00", "is not text", id="binary"),
        pytest.param(b"hello", "it holds no mapping", id="a word"),
        pytest.param(b"kind: Pod", "its kind is Pod", id="another object"),
        pytest.param(b"contexts: 3", "its contexts are not a list", id="contexts of another type"),
        pytest.param(b"users: [3]", "an entry of its users has no name", id="a user of another type"),
        pytest.param(b"apiVersion: v1", "has no current-context", id="nothing in it"),
        pytest.param(b"clusters: null", "It has no contexts either", id="null lists"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused_with_the_reason(tmp_path, content, words):
    (tmp_path / "config").write_bytes(content)
    error = refusal(tmp_path / "config")
    assert str(tmp_path / "config") in error.fact
    with pytest.raises(ConfigError, match=words):
        raise error


def test_a_directory_is_refused(tmp_path):
    assert refusal(tmp_path).fact == f"the kubeconfig {tmp_path} is a directory."


def test_a_file_without_current_context_lists_what_it_has(tmp_path):
    file = write(tmp_path / "config", contexts=[("dev", "one", "me"), ("prod", "one", "me")])
    assert "It has: dev, prod." in refusal(file).remedy


def test_a_context_that_is_not_there_brings_up_close_names(dev):
    with pytest.raises(ConfigError, match='dev has no context "dve"') as caught:
        connect("dve", kubeconfig=dev)
    assert caught.value.remedy == "Close to it: dev."


def test_a_cluster_that_is_not_there_is_named(tmp_path):
    file = write(tmp_path / "config", current="dev", contexts=[("dev", "gone", "me")], clusters=[("one", {})])
    assert 'context "dev" uses cluster "gone"' in refusal(file).fact


def test_a_user_that_is_not_there_is_named(tmp_path):
    one = ("one", {"server": "https://x.example.com"})
    file = write(tmp_path / "config", current="dev", contexts=[("dev", "one", "gone")], clusters=[one])
    assert 'context "dev" uses user "gone"' in refusal(file).fact


@pytest.mark.parametrize("server", ["", "https://", "ftp://x", "https://x:port", "https://a..b"])
def test_an_address_that_is_none_is_refused(tmp_path, server):
    one = ("one", {"server": server})
    file = write(tmp_path / "config", current="dev", contexts=[("dev", "one", "")], clusters=[one])
    assert "which is not a URL" in refusal(file).fact


def test_damaged_base64_is_refused_with_its_place(tmp_path):
    one = ("one", {"server": "https://x.example.com", "certificate-authority-data": "!!"})
    file = write(tmp_path / "config", current="dev", contexts=[("dev", "one", "")], clusters=[one])
    assert "certificate-authority-data is not base64" in refusal(file).fact


def test_a_certificate_authority_and_no_verification_contradict_each_other(tmp_path):
    body = {"server": "https://x.example.com", "certificate-authority": "ca", "insecure-skip-tls-verify": True}
    file = write(tmp_path / "config", current="dev", contexts=[("dev", "one", "")], clusters=[("one", body)])
    assert "contradict each other" in refusal(file).fact


# Merging: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files


def test_the_first_file_that_names_something_wins_and_entries_are_not_mixed(tmp_path):
    first = write(tmp_path / "1", contexts=[("a", "one", "me")], users=[("me", {"token": "1"})])
    second = write(
        tmp_path / "2",
        current="a",
        contexts=[("a", "two", "other")],
        clusters=[("one", {"server": "https://one.example.com"})],
        users=[("me", {"token": "2", "as": "root"})],
    )
    target = target_from(read_kubeconfig((first, second)))
    assert target.server == "https://one.example.com"
    assert target.identity.token == "1"
    assert target.identity.impersonate is None


def test_a_kubeconfig_variable_with_several_files_is_merged_and_missing_ones_do_not_matter(dev, tmp_path, monkeypatch):
    other = write(tmp_path / "other", current="other", contexts=[("other", "one", "me")])
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(["", str(tmp_path / "nowhere"), str(dev), str(other)]))
    assert [context.name for context in contexts()] == ["dev", "other"]
    assert current().context == "dev"


def test_a_kubeconfig_variable_that_leads_nowhere_is_an_error_and_not_another_cluster(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")]))
    with pytest.raises(ConfigError, match=f"none of KUBECONFIG's files exists: {tmp_path}/a, {tmp_path}/b"):
        current()


def test_paths_are_relative_to_the_file_they_stand_in(tmp_path):
    user = ("me", {"client-certificate": "me.crt", "client-key": "/keys/me.key", "tokenFile": "sub/token"})
    one = ("one", {"server": "https://one.example.com", "certificate-authority": "../ca.crt"})
    first = write(tmp_path / "1" / "config", current="a", contexts=[("a", "one", "me")], clusters=[one])
    second = write(tmp_path / "2" / "config", users=[user])
    target = target_from(read_kubeconfig((first, second)))
    assert target.ca.file == tmp_path / "1" / "../ca.crt"
    assert target.identity.certificate.file == tmp_path / "2" / "me.crt"
    assert str(target.identity.key.file) == "/keys/me.key"
    assert target.identity.token_file == tmp_path / "2" / "sub/token"


def test_data_beats_a_file_and_may_be_wrapped(tmp_path):
    wrapped = base64.b64encode(b"x" * 100).decode()
    body = {"server": "https://x.example.com", "certificate-authority": "no", "certificate-authority-data": wrapped}
    body["certificate-authority-data"] = f"{wrapped[:76]}\n{wrapped[76:]}\n"
    file = write(tmp_path / "config", current="dev", contexts=[("dev", "one", "")], clusters=[("one", body)])
    assert target_from(read_kubeconfig((file,))).ca.read() == b"x" * 100


@pytest.mark.parametrize("word", ["no", "0123", "1e3", "2026-01-01", "~x", "true"])
def test_words_that_yaml_takes_for_something_else_stay_words(tmp_path, word):
    file = tmp_path / "config"
    file.write_text(
        "current-context: a\n"
        f"contexts: [{{name: a, context: {{cluster: one, user: me, namespace: {word}}}}}]\n"
        "clusters: [{name: one, cluster: {server: 'https://x.example.com'}}]\n"
        f"users: [{{name: me, user: {{token: {word}}}}}]\n"
    )
    target = target_from(read_kubeconfig((file,)))
    assert (target.namespace, target.identity.token) == (word, word)


def test_json_and_what_tools_add_are_read(tmp_path):
    one = {"server": "https://x.example.com", "extensions": [{"name": "minikube", "extension": {"version": "1"}}, 3]}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {"colors": True},
        "current-context": "a",
        "extensions": None,
        "contexts": [{"name": "a", "context": {"cluster": "one", "user": "me", "extensions": [1]}}],
        "clusters": [{"name": "one", "cluster": one}],
        "users": [{"name": "me", "user": None}],
    }
    (tmp_path / "config").write_text(json.dumps(document))
    assert connect(kubeconfig=tmp_path / "config").user == "me"


# The kernel's choice


@pytest.fixture
def two(tmp_path):
    return write(
        tmp_path / "two",
        current="dev",
        contexts=[("dev", "one", "me"), ("prod", "one", "me")],
        clusters=[("one", {"server": "https://one.example.com"})],
        users=[("me", {})],
    )


def test_a_choice_lasts_for_the_kernel_and_leaves_the_file_alone(two, monkeypatch):
    before = two.read_text()
    monkeypatch.setenv("KUBECONFIG", str(two))
    assert current().context == "dev"
    use("prod", namespace="team-a")
    assert (current().context, current().namespace) == ("prod", "team-a")
    assert [context.name for context in contexts() if context.current] == ["prod"]
    assert two.read_text() == before


def test_a_file_given_to_connect_stays_in_use(two):
    connect(kubeconfig=two)
    assert use("prod").context == "prod"
    assert [context.name for context in contexts()] == ["dev", "prod"]


def test_the_configuration_in_the_home_directory_is_found(two, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    two.rename(tmp_path / ".kube" / "config")
    assert session.peek().context == "dev"
    assert current().source == f"kubeconfig {tmp_path}/.kube/config"


def test_a_context_without_any_kubeconfig_is_refused():
    with pytest.raises(ConfigError, match='no kubeconfig, hence no context "dev"'):
        use("dev")


def test_a_look_at_what_would_be_chosen_starts_nothing():
    assert session.peek() is None
    assert contexts() == []
