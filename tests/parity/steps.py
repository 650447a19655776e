"""The vocabulary in which the themes are written: scenarios made of steps.

A step is one request. Strings in its path, query, headers and body may hold `{ns}`, the scenario's own fresh
namespace, and `{name}` for every value an earlier step kept. Braces around anything else stay as they are, so JSON
needs no escaping.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Json = Any

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True)
class Answer:
    """What came back: status, the headers that mean something, and the body, parsed where it is JSON."""

    status: int
    headers: dict[str, str]
    warnings: tuple[str, ...]
    body: Json
    events: tuple[Json, ...] | None = None
    ended: str | None = None


@dataclass(frozen=True)
class Step:
    """One request, and what of its answer counts."""

    method: str
    path: str
    body: Json = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    #: Ask again at each change of the collection until this holds: for what controllers do in their own time.
    until: Callable[[Answer], bool] | None = None
    #: Values for later steps: name → dotted path in the answer. Recorded answers show such a value as `{name}`.
    keep: dict[str, str] = field(default_factory=dict)
    #: What is compared, where the rest belongs to the cluster and not to the question.
    see: Callable[[Json], Json] | None = None
    #: Watches: how many events to read; None = until the server ends the stream.
    events: int | None = None
    #: Watches: leave the stream open under this name, for a later `read`.
    stream: str | None = None
    #: False = preparation: sent, but neither recorded nor compared.
    counts: bool = True

    def as_user(self, user: str, *groups: str) -> "Step":
        """The same request, made in another's name."""
        return replace(
            self,
            headers={
                **self.headers,
                "Impersonate-User": user,
                **({"Impersonate-Group": ",".join(groups)} if groups else {}),
            },
        )

    def quietly(self) -> "Step":
        """The same request as mere preparation."""
        return replace(self, counts=False)

    @property
    def title(self) -> str:
        """A short readable name: `POST persistentvolumeclaims/a?dryRun=All`."""
        place = self.path.split("/namespaces/{ns}/")[-1]
        query = "&".join(f"{key}={value}" for key, value in self.query.items())
        return f"{self.method} {place}{'?' + query if query else ''}"


@dataclass(frozen=True)
class Scenario:
    """Steps that build on each other, in one fresh namespace. The name is a sentence about the rule that they show."""

    name: str
    steps: tuple[Step, ...]
    #: Cluster-scoped objects that the steps make: paths, deleted at the end whatever happened.
    cleanup: tuple[str, ...] = ()
    #: Labels of the namespace (Pod Security levels).
    labels: dict[str, str] = field(default_factory=dict)


def scenario(name: str, *steps: Step, cleanup: tuple[str, ...] = (), labels: dict[str, str] | None = None) -> Scenario:
    """Write a scenario without the brackets."""
    return Scenario(name, steps, cleanup, labels or {})


def get(path: str, **options: Any) -> Step:
    """Read an object or a list."""
    return Step("GET", path, **options)


def post(path: str, body: Json, **options: Any) -> Step:
    """Create."""
    return Step("POST", path, body, **options)


def put(path: str, body: Json, **options: Any) -> Step:
    """Replace."""
    return Step("PUT", path, body, **options)


def patch(path: str, body: Json, kind: str = MERGE, *, headers: dict[str, str] | None = None, **options: Any) -> Step:
    """Patch, by default with a merge patch."""
    return Step("PATCH", path, body, headers={"Content-Type": kind, **(headers or {})}, **options)


def delete(path: str, body: Json = None, **options: Any) -> Step:
    """Delete an object or a collection."""
    return Step("DELETE", path, body, **options)


def table(path: str, **options: Any) -> Step:
    """Read as kubectl does: as a table."""
    return Step("GET", path, headers={"Accept": TABLE}, **options)


def watch(path: str, *, events: int | None = None, query: dict[str, str] | None = None, **options: Any) -> Step:
    """Watch, and read so many events (or until the server ends the stream)."""
    return Step("WATCH", path, query={"watch": "1", "timeoutSeconds": "20", **(query or {})}, events=events, **options)


def read(stream: str, events: int) -> Step:
    """Read so many events from a stream that an earlier step opened."""
    return Step("READ", stream, events=events)


# Conditions for `until`


def dig(value: Json, path: str) -> Json:
    """Follow a dotted path through objects and lists; None where it leads nowhere."""
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.lstrip("-").isdigit() and int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def shows(path: str, expected: Json) -> Callable[[Answer], bool]:
    """The answer has this value at this path."""
    return lambda answer: dig(answer.body, path) == expected


def has(path: str) -> Callable[[Answer], bool]:
    """The answer has something at this path."""
    return lambda answer: bool(dig(answer.body, path))


def gone(answer: Answer) -> bool:
    """The object is no more."""
    return answer.status == 404


def listed(count: int) -> Callable[[Answer], bool]:
    """The list has so many items."""
    return lambda answer: len((answer.body or {}).get("items") or []) == count


def event(*reasons: str) -> Callable[[Answer], bool]:
    """The list of events has one with each of these reasons, which several programs may have written."""
    return lambda answer: {item["reason"] for item in (answer.body or {}).get("items") or []} >= {*reasons}


def condition(kind: str, status: str = "True") -> Callable[[Answer], bool]:
    """The object's status has this condition."""
    return lambda answer: any(
        c["type"] == kind and c["status"] == status for c in dig(answer.body, "status.conditions") or []
    )


# Projections for `see`


def only(*paths: str) -> Callable[[Json], Json]:
    """Compare these dotted paths; refusals are compared whole."""

    def project(body: Json) -> Json:
        if isinstance(body, dict) and body.get("kind") == "Status":
            return body
        return {path: dig(body, path) for path in paths}

    return project


def each(*paths: str, sort: bool = True) -> Callable[[Json], Json]:
    """Compare these dotted paths of each item of a list."""

    def project(body: Json) -> Json:
        if not isinstance(body, dict) or "items" not in body:
            return body
        rows = [{path: dig(item, path) for path in paths} for item in body["items"]]
        return sorted(rows, key=repr) if sort else rows

    return project


def nothing(_body: Json) -> Json:
    """Compare status and warnings alone."""
    return "<not compared>"
