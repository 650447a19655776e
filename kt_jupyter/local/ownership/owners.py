"""The entries of ``metadata.managedFields``: who owns which fields, since when, and by which way of writing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.ownership.sets import FieldSet

Operation = Literal["Apply", "Update"]

_MOST_UPDATERS: Final = 10
_ANCIENT: Final = "ancient-changes"


@dataclass(slots=True)
class Owner:
    """One owner. Who updates owns by version and subresource, who applies by subresource alone."""

    manager: str
    operation: Operation
    api_version: str
    subresource: str = ""
    time: str = ""
    fields: FieldSet = field(default_factory=FieldSet)

    @property
    def identity(self) -> str:
        """What makes it this owner; the real server sorts by this text."""
        parts = {"manager": self.manager, "operation": self.operation, "apiVersion": self.api_version}
        if self.operation == "Apply":
            del parts["apiVersion"]
        if self.subresource:
            parts["subresource"] = self.subresource
        return json.dumps({key: value for key, value in parts.items() if value}, separators=(",", ":"))

    @property
    def text(self) -> str:
        """How a conflict names it."""
        text = json.dumps(self.manager, ensure_ascii=False)
        if self.subresource:
            text += f" with subresource {json.dumps(self.subresource)}"
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


Owners = dict[str, Owner]


def read(obj: Object) -> Owners | None:
    """Return an object's owners; None where its ``managedFields`` cannot be read."""
    entries = dig(obj, "metadata", "managedFields") or []
    try:
        owners = [_read(entry) for entry in entries]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return {owner.identity: owner for owner in owners}


def _read(entry: dict[str, Any]) -> Owner:
    operation: Operation = {"Apply": "Apply", "Update": "Update"}[entry["operation"]]  # type: ignore[assignment]
    if not entry["apiVersion"] or entry["fieldsType"] != "FieldsV1":
        raise ValueError("an owner of a version and a form of fields that are not known")
    fields = FieldSet.read(entry.get("fieldsV1") or {})
    who = entry.get("manager", ""), operation, entry["apiVersion"], entry.get("subresource", "")
    return Owner(*who, time=entry.get("time") or "", fields=fields)


def write(obj: Object, owners: Owners) -> None:
    """Set an object's ``managedFields``."""
    meta = obj["metadata"]
    if owners:
        meta["managedFields"] = [_write(owner) for owner in sorted(owners.values(), key=_order)]
    else:
        meta.pop("managedFields", None)


def _order(owner: Owner) -> tuple[str, ...]:
    return (owner.operation, owner.time, owner.manager, owner.api_version, owner.subresource)


def _write(owner: Owner) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "manager": owner.manager,
        "operation": owner.operation,
        "apiVersion": owner.api_version,
        "time": owner.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": owner.fields.write(),
        "subresource": owner.subresource,
    }
    return {key: value for key, value in entry.items() if value or key == "fieldsV1"}


def without_owners(obj: Object) -> Object:
    """Return the object without its ``managedFields``, sharing the rest."""
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key != "managedFields"}
    return {**obj, "metadata": meta}


def forget_oldest(owners: Owners) -> None:
    """Put the oldest updaters together as one when they are too many."""
    updaters = [owner for owner in owners.values() if owner.operation == "Update"]
    spare = len(updaters) - _MOST_UPDATERS
    if spare <= 0:
        return
    oldest = sorted(updaters, key=lambda owner: (owner.time, owner.identity))[: spare + 1]
    for owner in oldest:
        del owners[owner.identity]
    ancient = Owner(_ANCIENT, "Update", oldest[-1].api_version, time=oldest[-1].time)
    ancient = owners.setdefault(ancient.identity, ancient)
    for owner in oldest:
        ancient.fields |= owner.fields
