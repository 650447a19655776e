"""Who owns what after a change: what changed is taken from others, what is gone belongs to nobody."""

from __future__ import annotations

from typing import Final

from kt_jupyter.local import status
from kt_jupyter.local.ownership.differences import Difference
from kt_jupyter.local.ownership.owners import Owner, Owners
from kt_jupyter.local.ownership.sets import FieldSet, Path, path_text
from kt_jupyter.local.resources import ResourceType

# The server's own fields, which nobody owns.
UNOWNED: Final = FieldSet.of(
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    ("f:metadata", "f:creationTimestamp"),
    ("f:metadata", "f:generation"),
    ("f:metadata", "f:managedFields"),
    ("f:metadata", "f:name"),
    ("f:metadata", "f:namespace"),
    ("f:metadata", "f:resourceVersion"),
    ("f:metadata", "f:selfLink"),
    ("f:metadata", "f:uid"),
)


class Conflicts(Exception):  # noqa: N818  (what it is, before it is anybody's error)
    """Others have set these fields to something else."""

    def __init__(self, found: list[tuple[Owner, Path]]) -> None:
        super().__init__()
        self.found = found

    def refusal(self) -> status.ApiStatus:
        """Return the Conflict (409) that the real server answers with."""
        causes = [
            {"reason": "FieldManagerConflict", "message": f"conflict with {owner.text}", "field": path_text(path)}
            for owner, path in self.found
        ]
        return status.ApiStatus(409, "Conflict", f"Apply failed with {self._message()}", details={"causes": causes})

    def _message(self) -> str:
        if len(self.found) == 1:
            owner, path = self.found[0]
            return f"1 conflict: conflict with {owner.text}: {path_text(path)}"
        by_owner: dict[str, list[str]] = {}
        for owner, path in sorted(self.found, key=lambda found: found[0].identity):
            by_owner.setdefault(f"conflicts with {owner.text}:", []).append(f"- {path_text(path)}")
        lines = [line for title, paths in by_owner.items() for line in (title, *paths)]
        return f"{len(self.found)} conflicts: " + "\n".join(lines)


def settle(owners: Owners, changed: Difference, writer: str, *, force: bool) -> None:
    """Take from all owners but the writer what has changed or gone; those who have nothing left are forgotten.

    Raises:
        Conflicts: another owns what has changed, and it may not be taken by force.
    """
    touched = changed.modified | changed.added
    others = [owner for identity, owner in owners.items() if identity != writer]
    conflicts = [(owner, path) for owner in others for path in owner.fields & touched]
    if conflicts and not force:
        raise Conflicts(conflicts)
    for owner in others:
        owner.fields = owner.fields - touched - changed.removed
    for identity in [identity for identity, owner in owners.items() if not owner.fields]:
        del owners[identity]


def reset_fields(resource: ResourceType, subresource: str) -> FieldSet:
    """Return what a write of this kind leaves as it is, whatever it says: the other half of an object with a status."""
    if not resource.has_status:
        return FieldSet()
    if subresource != "status":
        return FieldSet.of(("f:status",))
    kept = FieldSet.of(("f:spec",))
    if resource.key == "pods":
        kept |= FieldSet.of(("f:metadata", "f:deletionTimestamp"), ("f:metadata", "f:ownerReferences"))
    return kept
