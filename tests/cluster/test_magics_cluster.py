"""``%kt_cluster`` in a real shell, on a cluster."""

import json
import time

import pytest
import yaml
from IPython.core.error import UsageError

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, ROLE_BINDINGS, ROLES, Rights, adopt
from kt_jupyter.notebook.cluster.doctor import diagnose


def until_granted(guest):
    """A real server's authorizer hears of a new role a moment later."""
    deadline = time.monotonic() + 10
    while not guest.rights().allows("create", CLAIMS):
        assert time.monotonic() < deadline


def test_it_says_where_this_kernel_works(shell, cluster, namespace):
    text = shell.shown(shell.run("%kt_cluster"))
    assert text.startswith(f"Cluster {cluster.context}    ● ")
    assert f"namespace {namespace}" in text


def test_a_namespace_that_does_not_exist_is_said_at_once(shell):
    adopt(kt.current().with_namespace("kt-test-nowhere"))
    assert 'there is no namespace "kt-test-nowhere" here.' in shell.shown(shell.run("%kt_cluster"))


def test_json_has_the_address_too(shell, cluster):
    assert json.loads(shell.run("%kt_cluster show --json"))["server"] == cluster.server


def test_the_doctor_finds_nothing_wrong_for_an_administrator(shell):
    checks = {check.what: check.answer.value for check in shell.run("%kt_cluster doctor").checks}
    assert checks["make volumes"] == checks["see who uses a volume"] == checks["see storage classes"] == "yes"


def test_the_doctor_names_what_a_guest_may_not_do(shell, cluster, namespace):
    guest = cluster.with_namespace(namespace).impersonating("kt-guest")
    text = shell.shown(diagnose(guest))
    assert "✗ make volumes" in text
    assert "needs create on persistentvolumeclaims" in text
    assert f"next: %kt_cluster role -n {namespace}" in text


def test_with_the_role_it_prints_a_guest_may_do_everything_in_the_namespace(shell, cluster, namespace):
    for manifest in yaml.safe_load_all(shell.run("%kt_cluster role --user kt-guest")):
        kind = ROLES if manifest["kind"] == "Role" else ROLE_BINDINGS
        cluster.create(kind, manifest, namespace=namespace)
    guest = cluster.with_namespace(namespace).impersonating("kt-guest")
    until_granted(guest)
    assert {check.answer.value for check in diagnose(guest).checks if check.what.endswith("volumes")} == {"yes"}
    adopt(guest)
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    assert [status.name for status in kt.volumes()] == ["my-data"]


def test_a_role_for_a_service_account_binds_it_in_its_namespace(shell, namespace):
    _, binding = yaml.safe_load_all(shell.run("%kt_cluster role --service-account jupyter"))
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "jupyter", "namespace": namespace}]


def test_a_role_is_for_one_subject(shell):
    with pytest.raises(UsageError, match="--user and --service-account exclude each other"):
        shell.run("%kt_cluster role --user jane --service-account jupyter")


def test_a_server_that_cannot_list_rights_is_not_called_forbidden():
    assert Rights("team-a", (), incomplete=True).allows("create", ROLES)
