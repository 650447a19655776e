"""How a cluster, the doctor's report and the list of contexts look."""

from __future__ import annotations

from kt_jupyter.notebook.cluster.doctor import Answer, Check, Diagnosis
from kt_jupyter.notebook.cluster.summary import Summary
from kt_jupyter.notebook.views.blocks import (
    GOOD,
    LIMITED,
    NO,
    PROBLEM,
    YES,
    Block,
    Column,
    Facts,
    Heading,
    Next,
    Note,
    Row,
    Span,
    Table,
    View,
)
from kt_jupyter.specs import human

_MARKS = {Answer.YES: YES, Answer.NO: NO, Answer.LIMITED: LIMITED}


def summary_view(summary: Summary) -> View:
    """Show which cluster this kernel works on."""
    name = summary.context or "of this pod"
    facts = Facts(_facts(summary))
    if not summary.version:
        heading = Heading("Cluster", name, PROBLEM, "no answer")
        return View((heading, facts, Note(summary.trouble or ""), Next(("%kt_cluster local",))))
    kind = "embedded: folders and processes of this computer" if summary.is_local else "answers"
    heading = Heading("Cluster", name, GOOD, kind)
    if summary.trouble:
        return View((heading, facts, Note(summary.trouble, PROBLEM), Next(("%kt_cluster use -n default",))))
    return View((heading, facts, Next(("%kt_cluster doctor", "%kt_volume"))))


def _facts(summary: Summary) -> list[Span]:
    facts: list[Span] = [f"namespace {summary.namespace}"]
    if not summary.is_local:
        # The embedded cluster's port is another at every start and says nothing to a person.
        facts.append(summary.server)
    if summary.user:
        facts.append(f"as {summary.user}")
    if summary.version:
        facts.append(f"Kubernetes {summary.version}")
    if summary.nodes is not None:
        facts.append(human.count(summary.nodes, "node"))
    if summary.source and not summary.is_local:
        facts.append(f"from {summary.source}")
    return facts


def diagnosis_view(diagnosis: Diagnosis) -> View:
    """Show what may be done here."""
    where = f"{diagnosis.context}, namespace {diagnosis.namespace}"
    if diagnosis.complete:
        heading = Heading("Doctor for", where, GOOD, "everything works")
    else:
        open_points = sum(check.answer is not Answer.YES for check in diagnosis.checks)
        heading = Heading("Doctor for", where, PROBLEM, f"{open_points} of {len(diagnosis.checks)} need a look")
    table = Table("", (Column("CAN I"), Column("DETAILS", wide=True)), [_row(check) for check in diagnosis.checks])
    role: tuple[Block, ...] = (Next((f"%kt_cluster role -n {diagnosis.namespace}",)),) if diagnosis.lacks_rights else ()
    return View((heading, table, *role))


def _row(check: Check) -> Row:
    return Row(_MARKS[check.answer], (check.what, check.detail))
