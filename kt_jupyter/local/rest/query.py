"""The options in a request's query, read and checked as Kubernetes does.

Source: ``k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`` and ``pkg/runtime/conversion.go`` (1.34).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kt_jupyter.local import status
from kt_jupyter.local.field_selectors import Term, matches_fields, parse_fields
from kt_jupyter.local.fields import Problem, forbidden, invalid, not_supported, quoted, required, too_long
from kt_jupyter.local.objects import Object, dig
from kt_jupyter.local.resources import ResourceType
from kt_jupyter.local.selectors import Requirement, matches_labels, parse_labels

Query = Mapping[str, str]
_META: Final = "meta.k8s.io"
_MANAGER_BYTES: Final = 128


def truth(query: Query, name: str) -> bool:
    """Read a boolean: absent, ``0`` and ``false`` are false; anything else, the empty text included, is true."""
    value = query.get(name)
    return value is not None and value.lower() not in ("0", "false")


def number(query: Query, name: str) -> int | None:
    """Read an integer; raises BadRequest (400)."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def revision(text: str) -> int:
    """Read a resource version, 0 for none; the real server calls a bad one its own fault (500)."""
    if not text:
        return 0
    if not text.isdecimal():
        why = (
            f"resourceVersion: Invalid value: {quoted(text)}: strconv.ParseUint: parsing {quoted(text)}: invalid syntax"
        )
        raise status.ApiStatus(500, "", why)
    return int(text)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind are meant."""

    labels: list[Requirement]
    fields: list[Term]

    @classmethod
    def read(cls, query: Query, resource: ResourceType) -> Selection:
        """Read ``labelSelector`` and ``fieldSelector``; raises BadRequest (400)."""
        return cls(parse_labels(query.get("labelSelector", "")), parse_fields(query.get("fieldSelector", ""), resource))

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.labels and not self.fields

    def matches(self, obj: Object) -> bool:
        """Return whether an object is meant."""
        if self.labels and not matches_labels(self.labels, dig(obj, "metadata", "labels")):
            return False
        return not self.fields or matches_fields(self.fields, obj)


@dataclass(frozen=True, slots=True)
class ListOptions:
    """How to list or watch."""

    selection: Selection
    limit: int
    page: str
    resource_version: str
    match: str
    watch: bool
    bookmarks: bool
    initial_events: bool
    timeout: int | None

    @classmethod
    def read(cls, query: Query, resource: ResourceType) -> ListOptions:
        """Read the options; raises BadRequest (400) or Invalid (422)."""
        options = cls(
            selection=Selection.read(query, resource),
            limit=max(number(query, "limit") or 0, 0),
            page=query.get("continue", ""),
            resource_version=query.get("resourceVersion", ""),
            match=query.get("resourceVersionMatch", ""),
            watch=truth(query, "watch"),
            bookmarks=truth(query, "allowWatchBookmarks"),
            initial_events=truth(query, "sendInitialEvents"),
            timeout=number(query, "timeoutSeconds"),
        )
        given = "sendInitialEvents" in query
        problems = options._watch_problems(given=given) if options.watch else options._list_problems(given=given)
        if problems:
            raise status.invalid(_META, "ListOptions", "", problems)
        return options

    @property
    def revision(self) -> int:
        """The resource version asked for, 0 for none; raises BadRequest (400), or 500 for a watch, if it is none."""
        try:
            return revision(self.resource_version)
        except status.ApiStatus as problem:
            if self.watch:
                raise
            raise status.bad_request(f"invalid resource version: {problem.message}") from None

    def _list_problems(self, *, given: bool) -> list[Problem]:
        found, field = [], "resourceVersionMatch"
        if self.match:
            if not self.resource_version:
                found.append(forbidden(field, f"{field} is forbidden unless resourceVersion is provided"))
            if self.page:
                found.append(forbidden(field, f"{field} is forbidden when continue is provided"))
            if self.match not in ("Exact", "NotOlderThan"):
                found.append(not_supported(field, self.match, ["Exact", "NotOlderThan", ""]))
            if self.match == "Exact" and self.resource_version == "0":
                found.append(forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"'))
        if given:
            found.append(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
        return found

    def _watch_problems(self, *, given: bool) -> list[Problem]:
        found, field = [], "resourceVersionMatch"
        if given and self.match != "NotOlderThan":
            found.append(forbidden(field, f"sendInitialEvents requires setting {field} to NotOlderThan"))
        if self.match:
            if not given:
                found.append(forbidden(field, f"{field} is forbidden for watch unless sendInitialEvents is provided"))
            if self.match != "NotOlderThan":
                found.append(not_supported(field, self.match, ["NotOlderThan"]))
            if self.page:
                found.append(forbidden(field, f"{field} is forbidden when continue is provided"))
        return found


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How to write."""

    dry_run: bool
    validation: str  # Strict | Warn | Ignore
    manager: str
    force: bool

    @classmethod
    def read(cls, query: Query, kind: str, *, applied: bool = False) -> WriteOptions:
        """Read the options of a create, update or patch (``applied``: one that is applied); raises Invalid (422)."""
        problems = []
        if applied and not query.get("fieldManager"):
            problems.append(required("fieldManager", "is required for apply patch"))
        if kind == "PatchOptions" and not applied and "force" in query:
            problems.append(forbidden("force", "may not be specified for non-apply patch"))
        problems += dry_run_problems(query.get("dryRun"))
        problems += _manager_problems(query.get("fieldManager", ""))
        validation = query.get("fieldValidation", "") or "Warn"
        if validation not in ("Strict", "Warn", "Ignore"):
            problems.append(not_supported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]))
        if problems:
            raise status.invalid(_META, kind, "", problems)
        return cls(
            dry_run=bool(query.get("dryRun")),
            validation=validation,
            manager=query.get("fieldManager", ""),
            force=truth(query, "force"),
        )


def dry_run_problems(value: str | None) -> list[Problem]:
    """Return what is wrong with a dryRun option: ``All`` is the only one there is."""
    if value in (None, "All"):
        return []
    return [not_supported("dryRun", [value], ["All"])]


def _manager_problems(manager: str) -> list[Problem]:
    found = []
    if len(manager.encode()) > _MANAGER_BYTES:
        found.append(too_long("fieldManager", _MANAGER_BYTES))
    for place, letter in enumerate(manager):
        if not letter.isprintable():
            why = f"invalid character U+{ord(letter):04X} (at position {place})"
            found.append(invalid("fieldManager", manager, why))
    return found
