"""How a cluster and the doctor's report read, whole."""

from dataclasses import replace

from kt_jupyter.notebook.cluster.doctor import Answer, Check, Diagnosis
from kt_jupyter.notebook.cluster.summary import Summary
from kt_jupyter.notebook.views.cluster import diagnosis_view, summary_view
from kt_jupyter.notebook.views.text import to_text

REMOTE = Summary(
    "kind-dev",
    "https://10.0.0.4:6443",
    "team-a",
    "jane",
    is_local=False,
    source="kubeconfig /etc/kubeconfig",
    version="v1.34.1",
    nodes=3,
)


def test_a_cluster_says_where_it_is_and_who_asks():
    assert (
        to_text(summary_view(REMOTE))
        == """\
Cluster kind-dev    ● answers
namespace team-a · https://10.0.0.4:6443 · as jane · Kubernetes v1.34.1 · 3 nodes · from kubeconfig /etc/kubeconfig
next: %kt_cluster doctor   ·   %kt_volume"""
    )


def test_the_embedded_cluster_has_no_address_worth_reading():
    local = Summary(
        "kt-local", "https://127.0.0.1:4711", "default", "kt-local", is_local=True, version="v1.34.0", nodes=1
    )
    assert (
        to_text(summary_view(local))
        == """\
Cluster kt-local    ● embedded: folders and processes of this computer
namespace default · as kt-local · Kubernetes v1.34.0 · 1 node
next: %kt_cluster doctor   ·   %kt_volume"""
    )


def test_a_cluster_that_does_not_answer_is_still_described():
    silent = Summary("kind-dev", "https://10.0.0.4:6443", "team-a", "jane", is_local=False, trouble="nobody answered.")
    assert (
        to_text(summary_view(silent))
        == """\
Cluster kind-dev    ▲ no answer
namespace team-a · https://10.0.0.4:6443 · as jane
nobody answered.
next: %kt_cluster local"""
    )


def test_a_namespace_that_does_not_exist_is_said():
    lost = replace(REMOTE, namespace="taem-a", trouble='there is no namespace "taem-a" here.')
    assert to_text(summary_view(lost)).splitlines()[2] == '▲ there is no namespace "taem-a" here.'


def test_the_doctor_names_the_missing_verbs_and_the_way_to_get_them():
    checks = (
        Check("make volumes", Answer.YES),
        Check("see who uses a volume", Answer.NO, "needs list on pods"),
        Check("see namespaces", Answer.LIMITED, "needs list on namespaces"),
    )
    assert (
        to_text(diagnosis_view(Diagnosis("kind-dev", "team-a", checks)))
        == """\
Doctor for kind-dev, namespace team-a    ▲ 2 of 3 need a look
  CAN I                  DETAILS
✓ make volumes
✗ see who uses a volume  needs list on pods
▲ see namespaces         needs list on namespaces
next: %kt_cluster role -n team-a"""
    )


def test_a_healthy_cluster_needs_no_role():
    healthy = Diagnosis("kind-dev", "team-a", (Check("make volumes", Answer.YES),))
    assert (
        to_text(diagnosis_view(healthy))
        == """\
Doctor for kind-dev, namespace team-a    ● everything works
  CAN I         DETAILS
✓ make volumes"""
    )
