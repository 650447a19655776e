"""The steps of a write for kinds that have nothing of their own, and the frame for those that have."""

from __future__ import annotations

from kt_jupyter.local.fields import Problem
from kt_jupyter.local.objects import Object
from kt_jupyter.local.rules import Change, Rules
from kt_jupyter.local.strategies import metadata, names


class Strategy(Rules):
    """One kind's rules: subclasses say what they add.

    Attributes:
        name_check: which names the kind takes.
        twice: the real server checks the new object of an update two times, and lists each problem so.
    """

    name_check: names.Check = staticmethod(names.subdomain)
    twice = False

    def problems(self, change: Change) -> list[Problem]:
        """Return what is wrong with the object, or with the change."""
        obj, old = change.obj, change.old
        if old is None:
            return metadata.problems(obj, self.name_check) + self.wrong(change)
        found = [] if change.subresource == "status" else self.wrong(change) * (2 if self.twice else 1)
        return metadata.changes(obj, old) + found + self.changed(change, old)

    def wrong(self, change: Change) -> list[Problem]:  # noqa: ARG002  (for those who override it)
        """Return what is wrong with the object itself."""
        return []

    def changed(self, change: Change, old: Object) -> list[Problem]:  # noqa: ARG002
        """Return what may not become of the old object."""
        return []
