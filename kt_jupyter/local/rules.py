"""The seam between what is true of every object and what is true of one kind.

The registry runs a write through these steps, in the real server's order; ``kinds.py`` says what they do for each
kind. This base class does nothing, so that the registry can be tested and understood alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kt_jupyter.local.fields import Problem
from kt_jupyter.local.objects import Object
from kt_jupyter.local.resources import ResourceType

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry
    from kt_jupyter.local.users import User


@dataclass(slots=True)
class Request:
    """How a write was asked for, beside its object.

    ``dry_run`` does everything but store; ``warnings`` collects what goes into Warning headers; ``admission`` False
    skips admission (quota, limit ranges, Pod Security) for what the server itself does; ``manager`` owns what the write
    changes (empty: who owns what is not noted); ``user`` sends it (None: the server itself does); ``patched`` says that
    the object was made from the stored one, so that a uid in it is a change and not a precondition; ``api_version`` is
    the one that the object came in.
    """

    dry_run: bool = False
    admission: bool = True
    warnings: list[str] = field(default_factory=list)
    manager: str = ""
    user: User | None = None
    patched: bool = False
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One write on its way: the new object (changed in place by each step), the old one (None: it is created)."""

    registry: Registry
    resource: ResourceType
    obj: Object
    old: Object | None
    subresource: str | None
    call: Request


class Rules:
    """What depends on the kind of an object; every step may be left as it is."""

    def default(self, change: Change) -> None:
        """Fill in what the sender left out."""

    def admit(self, change: Change) -> None:
        """Change the object, or refuse it, before it is validated (mutating admission)."""

    def prepare(self, change: Change) -> None:
        """Set the fields that the server owns, and keep those that this kind of write may not touch."""

    def problems(self, change: Change) -> list[Problem]:  # noqa: ARG002  (for those who override it)
        """Return what is wrong with the object, or with the change."""
        return []

    def warn(self, change: Change) -> None:
        """Add the warnings that kubectl prints about an object that is accepted."""

    def check(self, change: Change) -> None:
        """Refuse a valid object for the state of the cluster (validating admission: quota, Pod Security)."""
