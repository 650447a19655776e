"""How a deletion reads, done or only tried out, and what a dry run of making a volume shows."""

from __future__ import annotations

from kt_jupyter.kube import current
from kt_jupyter.notebook.document import as_yaml
from kt_jupyter.notebook.outcomes import PlannedDeletion, WouldBeMade
from kt_jupyter.notebook.views.blocks import ABSENT, BUSY, YES, Code, Facts, Heading, Mark, Next, Note, View
from kt_jupyter.volumes.deletion import Deletion
from kt_jupyter.volumes.users import name_some

_UNSETTLED = ("creationTimestamp", "managedFields", "resourceVersion", "uid", "generation")


def deletion_view(deletion: Deletion) -> View:
    """Show what a deletion did."""
    if not deletion.existed:
        return View(
            (Heading("Volume", deletion.name, ABSENT, f"there is none in {deletion.namespace}, nothing to do"),)
        )
    if deletion.gone:
        return _told(deletion, YES, "deleted")
    return _told(deletion, BUSY, "is being deleted")


def planned_view(planned: PlannedDeletion) -> View:
    """Show what a deletion would do."""
    deletion = planned.deletion
    if not deletion.existed:
        return deletion_view(deletion)
    told = _told(deletion, ABSENT, "would be deleted (dry run: nothing was changed)")
    held = (
        [Note(f"It would be refused now, because it is used by {name_some(deletion.pods)}.")] if deletion.pods else []
    )
    here = deletion.namespace == current().namespace
    where = "" if here else f" -n {deletion.namespace}"
    return View((*told.blocks, *held, Next((f"%kt_volume delete {deletion.name}{where} --yes",))))


def would_be_made_view(would_be: WouldBeMade) -> View:
    """Show the claim that would be made, without what only a real one has."""
    metadata = {key: value for key, value in would_be.claim["metadata"].items() if key not in _UNSETTLED}
    claim = {**would_be.claim, "metadata": metadata}
    claim.pop("status", None)
    return View(
        (
            Heading("Volume", would_be.name, ABSENT, "would be made (dry run: the server checked it and kept nothing)"),
            Code(as_yaml(claim)),
        )
    )


def _told(deletion: Deletion, mark: Mark, what: str) -> View:
    facts = [f"namespace {deletion.namespace}", deletion.fate]
    if deletion.pods and not deletion.gone:
        facts.append(f"held by {name_some(deletion.pods)}")
    return View((Heading("Volume", deletion.name, mark, what), Facts(facts)))
