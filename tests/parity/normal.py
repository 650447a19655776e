"""Takes out of recorded answers what no two clusters share, and nothing else. This module is the whole list.

Dropped:
- `metadata.managedFields`: bookkeeping of server-side apply; the conflicts that follow from it are compared instead.
- the `@@` diff that follows "field is immutable" texts: a dump of structs that exist only inside Kubernetes.
- whole structs that a message quotes (`Invalid value: {"Capabilities":null,...}`), for the same reason.
- the serialised object inside "patch: Invalid value": it holds managedFields.

Replaced by placeholders: the scenario's namespace `{ns}`, uids (`<uid of Kind/name>`), resource versions (`<rv>`),
values that a step kept (`{its name}`, so that "the version did not change" stays visible), times, ages, random name
suffixes, addresses, node names and counts, the names of provisioners, tokens, certificates and continue tokens, and the
host's paths.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from .player import Exchange, Run
from .steps import Json
from .wire import Server, whole

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
AGE = re.compile(r"^(\d+[smhd])+( ago)?$|^<invalid>$")
TEXT = (
    (TIME, "<time>"),
    (re.compile(r"kube-api-access-[a-z0-9]{5}"), "kube-api-access-<5>"),
    (re.compile(r"(?<=\.)[0-9a-f]{16}\b"), "<hash>"),  # names of events
    (re.compile(r"\b\d+/\d+ nodes"), "<n>/<n> nodes"),
    (re.compile(r"\b\d+ (?=node\(s\)|Insufficient|Preemption|No preemption)"), "<n> "),
    (re.compile(r"\b(10|127)\.\d+\.\d+\.\d+(:\d+)?\b"), "<address>"),
    (re.compile(r"-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----\n?", re.DOTALL), "<certificate>"),
    (re.compile(r"\n@@ [^\n]*(\n[ +\\-][^\n]*)*\n"), "\n<diff>\n"),
    (re.compile(r'(?<=patch: Invalid value: )"\{.*\}"(?=: )', re.DOTALL), "<the object>"),
    (re.compile(r'(?<=Invalid value: )"\{\\".*\}"(?=: )', re.DOTALL), "<the object>"),
    (re.compile(r'(?<=Invalid value: )\{.*"[A-Z]\w+":.*\}(?=: )'), "<struct>"),
    (re.compile(r',?\\?"managedFields\\?":\[.*\](?=\})'), ""),
    (re.compile(r"(?<=too old resource version: )\d+ \(\d+\)"), "<rv> (<rv>)"),
    (re.compile(r"(?<=ResourceVersion in record \()\d+"), "<rv>"),
    (re.compile(r"(?<=, current: )\d+"), "<rv>"),
    (re.compile(r"scheme\.go:\d+"), "scheme.go"),
)
SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}"


class Landscape:
    """The names that belong to a cluster and stand in its answers: nodes and provisioners."""

    def __init__(self, server: Server) -> None:
        connection = server.connect()

        def items(path: str) -> list[dict[str, Any]]:
            return whole(server.ask(connection, "GET", path)).body["items"]

        self.names = {node["metadata"]["name"]: "<node>" for node in items("/api/v1/nodes")}
        for kind in items("/apis/storage.k8s.io/v1/storageclasses"):
            self.names[kind["provisioner"]] = f"<provisioner of {kind['metadata']['name']}>"
        connection.close()
        self.pattern = re.compile(
            "|".join(re.escape(name) + r"(?![\w-])" for name in sorted(self.names, key=len, reverse=True))
        )

    def hide(self, text: str) -> str:
        """Replace these names in a text."""
        return self.pattern.sub(lambda match: self.names[match[0]], text)


def normal(run: Run, landscape: Landscape) -> list[dict[str, Json]]:
    """The comparable form of a played scenario: one entry for each step that counts."""
    hide = _Hider(run, landscape)
    return [hide.exchange(exchange) for exchange in run.exchanges if exchange.step.counts]


class _Hider:
    def __init__(self, run: Run, landscape: Landscape) -> None:
        self.landscape = landscape
        self.namespace = run.namespace
        self.kept = {value: f"{{{name}}}" for name, value in run.kept.items() if value and value != "None"}
        self.uids: dict[str, str] = {}
        self.prefixes: set[str] = set()
        for exchange in run.exchanges:
            self._learn(exchange.step.body)
            self._learn(exchange.answer.body)
            self._learn(list(exchange.answer.events or ()))

    def exchange(self, exchange: Exchange) -> dict[str, Json]:
        step, answer = exchange.step, exchange.answer
        entry: dict[str, Json] = {"request": step.title, "status": answer.status}
        if not exchange.settled:
            entry["settled"] = False
        if answer.headers.get("Content-Type", "application/json") != "application/json":
            entry["type"] = answer.headers["Content-Type"]
        entry.update(
            {name.lower(): self.text(value) for name, value in answer.headers.items() if name != "Content-Type"}
        )
        if answer.warnings:
            entry["warnings"] = [self.text(warning) for warning in answer.warnings]
        if answer.events is None:
            entry["body"] = self.value(step.see(answer.body) if step.see else answer.body)
        else:
            entry["ended"] = answer.ended
            entry["events"] = [
                self.value({**event, "object": step.see(event["object"])} if step.see and "object" in event else event)
                for event in answer.events
            ]
        return entry

    def _learn(self, value: Json) -> None:
        """Remember whose uids and generated names appear, so that they can be told apart afterwards."""
        if isinstance(value, list):
            for item in value:
                self._learn(item)
        elif isinstance(value, dict):
            metadata = value.get("metadata")
            if isinstance(metadata, dict):
                self._meet(value.get("kind"), metadata)
            for item in value.values():
                self._learn(item)

    def _meet(self, kind: str | None, metadata: dict[str, Any]) -> None:
        if metadata.get("generateName"):
            self.prefixes.add(metadata["generateName"][:58])
        if kind and metadata.get("uid"):
            self.uids.setdefault(metadata["uid"], f"<uid of {kind}/{metadata.get('name')}>")

    def value(self, value: Json, key: str = "") -> Json:
        if isinstance(value, dict):
            shown = {
                self.text(name): self.value(item, name)
                for name, item in sorted(value.items())
                if name != "managedFields"
            }
            if str(value.get("kind")).endswith("List") and value.get("metadata", {}).get("resourceVersion"):
                # The whole cluster's: a kept one only while nobody writes anything, which is luck.
                shown["metadata"]["resourceVersion"] = "<rv>"
            return shown
        if isinstance(value, list | tuple):
            return ["<age>" if isinstance(item, str) and AGE.match(item) else self.value(item, key) for item in value]
        if isinstance(value, str):
            return self.text(value, key)
        return value

    def text(self, value: str, key: str = "") -> str:
        if value in self.kept:
            return self.kept[value]
        if key in BY_KEY and value:
            return BY_KEY[key](value)
        value = value.replace("\u00a0", " ")
        value = UID.sub(lambda match: self.kept.get(match[0]) or self.uids.get(match[0], "<uid>"), value)
        for prefix in self.prefixes:
            value = re.sub(re.escape(prefix) + SUFFIX, lambda _match, prefix=prefix: f"{prefix}<5>", value)
        value = self.landscape.hide(value.replace(self.namespace, "{ns}"))
        for pattern, shown in TEXT:
            value = pattern.sub(shown, value)
        return value


def _as(placeholder: str) -> Callable[[str], str]:
    return lambda _value: placeholder


#: Fields whose values are the cluster's own, by name.
BY_KEY: dict[str, Callable[[str], str]] = {
    "resourceVersion": lambda value: value if value == "0" else "<rv>",
    "continue": _as("<continue>"),
    "creationTimestamp": _as("<time>"),
    "containerID": _as("<container>"),
    "imageID": _as("<image id>"),
    "hostIP": _as("<address>"),
    "podIP": _as("<address>"),
    "ip": _as("<address>"),
    "reportingInstance": _as("<node>"),
}


def pretty(value: Json) -> str:
    """JSON as it stands in the record and in diffs: stable and readable."""
    return json.dumps(value, indent=1, ensure_ascii=False)
